/** Whether this thread is an executor's. A module has its state once on each thread. */
let isExecutor = false

export function markExecutorThread(): void {
  isExecutor = true
}

/**
 * A system that an executor's thread creates is a mistake with a bad end: a module that defines an actor and creates a
 * system does both again on each thread that imports it, and so would that system's threads, and theirs.
 */
export function refuseInnerSystem(): void {
  if (!isExecutor) return
  throw new Error(
    'createSystem was called on a thread of a system, which imports the modules of its actors: define actors in modules that do nothing else',
  )
}
