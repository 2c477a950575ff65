/** comedy: an actor framework for Node; actors in its mode for worker threads. Not a dependency: measured where it is found. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Contender, floodByCalls } from './contender.ts'

/** What is used of it. */
interface ComedyActor {
  createChild(definition: string, options: { mode: 'threaded' }): Promise<ComedyActor>
  sendAndReceive(topic: string, message: unknown): Promise<number>
}

interface Comedy {
  createSystem(options: object): { rootActor(): Promise<ComedyActor>; destroy(): Promise<unknown> }
}

export const comedy: Contender = {
  name: 'comedy, threaded',
  async open(directory) {
    const from = createRequire(directory === '' ? import.meta.url : join(directory, 'package.json'))
    let library: Comedy
    try {
      library = from('comedy') as Comedy
    } catch {
      return null
    }
    // Its way to be silent.
    const system = library.createSystem({ test: true, loggerConfig: {} })
    const root = await system.rootActor()
    // With one slash it would be looked for beside comedy's own node_modules.
    const definition = `/${fileURLToPath(new URL('./comedy-actor.cjs', import.meta.url))}`
    const child = await root.createChild(definition, { mode: 'threaded' })
    // Its messages are JSON: bytes travel as text of the same length.
    const ask = (sequence: number, bytes: Uint8Array) =>
      child.sendAndReceive('take', { sequence, bytes: Buffer.from(bytes).toString('latin1') })
    return {
      flood: (messages, payload) => floodByCalls((sequence) => ask(sequence, payload), messages),
      ask,
      async spawn() {
        await root.createChild(definition, { mode: 'threaded' })
      },
      close: () => system.destroy(),
    }
  },
}
