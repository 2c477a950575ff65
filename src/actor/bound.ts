/** For a behavior around another one. */
import type { Behavior } from './types.ts'

/** All its calls but `receive`, those that it has, as functions of their own. */
export function bound<M>(behavior: Behavior<M>): Omit<Behavior<M>, 'receive'> {
  const { turn, stop, terminated, executorLost, executorUp, undelivered } = behavior
  return {
    ...(turn === undefined ? {} : { turn: () => turn.call(behavior) }),
    ...(stop === undefined ? {} : { stop: (why) => stop.call(behavior, why) }),
    ...(terminated === undefined ? {} : { terminated: (ref, why) => terminated.call(behavior, ref, why) }),
    ...(executorLost === undefined ? {} : { executorLost: (executor, i) => executorLost.call(behavior, executor, i) }),
    ...(executorUp === undefined ? {} : { executorUp: (executor, i) => executorUp.call(behavior, executor, i) }),
    ...(undelivered === undefined ? {} : { undelivered: (to, message) => undelivered.call(behavior, to, message) }),
  }
}
