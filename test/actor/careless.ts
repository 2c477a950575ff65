/** As a first program may look: the actor and the system in one module, which each thread imports whole. */
import { isMainThread } from 'node:worker_threads'
import { actor, createSystem } from '../../src/actor/index.ts'

export const careless = actor<never>({
  module: import.meta.url,
  name: 'careless',
  start: () => ({ receive() {} }),
})

// Tests import it for the definition.
if (!isMainThread) await createSystem({ executors: 1 })
