/**
 * The smallest thing: one actor that counts, on another thread.
 *
 * Its definition is an exported constant that knows its own module: so a worker thread can import it, and no function
 * has to cross from one thread to another.
 */
import { actor, createSystem, type Ref } from 'cellarium/actor'

export type CounterMessage = { kind: 'add'; amount: number } | { kind: 'read'; replyTo: Ref<number> }

export const counter = actor<CounterMessage>({
  module: import.meta.url,
  name: 'counter',
  start() {
    let count = 0
    return {
      receive(message) {
        if (message.kind === 'add') count += message.amount
        else message.replyTo.tell(count)
      },
    }
  },
})

export async function example(print: (line: string) => void): Promise<void> {
  const system = await createSystem({ executors: 2 })
  const ref = await system.spawn(counter, undefined, { executor: 1 })
  for (let i = 0; i < 1000; i++) ref.tell({ kind: 'add', amount: 2 })
  // Asked after the last add was told, answered after it was handled: messages of one sender keep their order.
  const count = await ref.ask<number>((replyTo) => ({ kind: 'read', replyTo }), { timeoutMs: 5000 })
  print(`counted ${count}`)
  await system.stop()
}
