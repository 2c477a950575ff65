/** Keeps one placement driver running: on the first executor, and on another as soon as that one's thread has exited. */
import { ActorError, type System } from '../actor/index.ts'
import { actorNames } from '../model/index.ts'
import { type PdArgs, pd } from '../pd/index.ts'

const RETRY_MS = 200

export class PdHome {
  readonly #args: PdArgs
  readonly #say: (message: string) => void
  readonly #up = new Set<number>()
  #home: number | null = null
  #stopped = false

  constructor(args: PdArgs, say: (message: string) => void) {
    this.#args = args
    this.#say = say
  }

  async executorUp(executor: number, system: System): Promise<void> {
    this.#up.add(executor)
    await this.#place(system)
  }

  async executorExit(executor: number, system: System): Promise<void> {
    this.#up.delete(executor)
    if (this.#home !== executor) return
    this.#home = null
    await this.#place(system)
  }

  stop(): void {
    this.#stopped = true
  }

  async #place(system: System): Promise<void> {
    const [executor] = [...this.#up].sort((a, b) => a - b)
    if (this.#home !== null || this.#stopped || executor === undefined) return
    this.#home = executor
    try {
      await system.spawn(pd, this.#args, { executor, name: actorNames.pd })
    } catch (error) {
      if (this.#stopped || (error instanceof ActorError && error.code === 'SystemStopped')) return
      this.#say(`the placement driver could not begin on executor ${executor}: ${String(error)}`)
      // Its exit, if it is on its way, places it elsewhere; else it is tried again.
      setTimeout(() => {
        if (this.#home !== executor) return
        this.#home = null
        void this.#place(system)
      }, RETRY_MS).unref()
    }
  }
}
