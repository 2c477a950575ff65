import { type CommandBatch, CommandWriter, type Topology } from '../model/index.ts'

/**
 * The commands of a pass, gathered by executor: one batch each, whatever the number of sessions, cells and stores there.
 * Knows which executor a store lives on, and which executors are gone.
 */
export class Outbox {
  readonly #origin: string
  readonly #generation: number
  readonly #executorOf: Map<number, number>
  readonly #writers: CommandWriter[]
  readonly #down: Set<number>

  constructor(origin: string, generation: number, topology: Topology) {
    this.#origin = origin
    this.#generation = generation
    this.#executorOf = new Map(topology.stores.map((store) => [store.id, store.executor]))
    this.#writers = []
    this.#down = new Set()
    for (const store of topology.stores) {
      while (this.#writers.length <= store.executor) this.#writers.push(new CommandWriter())
    }
  }

  /** −1: there is no such store. */
  executorOf(store: number): number {
    return this.#executorOf.get(store) ?? -1
  }

  setUp(executor: number, isUp: boolean): void {
    if (isUp) this.#down.delete(executor)
    else this.#down.add(executor)
  }

  isUp(executor: number): boolean {
    return executor >= 0 && !this.#down.has(executor)
  }

  writer(executor: number): CommandWriter {
    return this.#writers[executor]!
  }

  /** What was gathered for an executor and has not left; null: nothing. */
  recall(executor: number): CommandBatch | null {
    const writer = this.#writers[executor]
    return writer === undefined || writer.count === 0 ? null : this.#batch(writer)
  }

  #batch(writer: CommandWriter): CommandBatch {
    return { kind: 'commands', origin: this.#origin, generation: this.#generation, records: writer.take() }
  }

  /**
   * Gives each executor's batch to `send`, and those it could not take to `refused`, until nothing is left: what comes
   * back may leave at once for an executor whose turn was before, and nobody would come by for it until the next pass.
   */
  flush(
    send: (executor: number, batch: CommandBatch) => boolean,
    refused: (executor: number, batch: CommandBatch) => void,
  ): void {
    for (let wasRefused = true; wasRefused; ) {
      wasRefused = false
      for (let executor = 0; executor < this.#writers.length; executor++) {
        const writer = this.#writers[executor]!
        if (writer.count === 0) continue
        const batch = this.#batch(writer)
        if (send(executor, batch)) continue
        refused(executor, batch)
        wasRefused = true
      }
    }
  }
}
