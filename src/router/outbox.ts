import { type CommandBatch, CommandWriter, type Topology } from '../model/index.ts'

const NONE: readonly CommandBatch[] = []
/** A message takes memory whole, at the sender and at the receiver. */
const BATCH_BYTES_MAX = 8 * 1024 * 1024

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
  /** By executor: batches that are whole, in order. Invariant: there is always one being written behind them. */
  readonly #whole: Uint8Array[][]

  constructor(origin: string, generation: number, topology: Topology) {
    this.#origin = origin
    this.#generation = generation
    this.#executorOf = new Map(topology.stores.map((store) => [store.id, store.executor]))
    this.#writers = []
    this.#down = new Set()
    this.#whole = []
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

  /** For a command of so many bytes: a batch holds no more than one that is larger than batches should be. */
  writer(executor: number, bytes: number): CommandWriter {
    const writer = this.#writers[executor]!
    if (writer.length > 0 && writer.length + bytes > BATCH_BYTES_MAX) {
      this.#whole[executor] ??= []
      this.#whole[executor].push(writer.take())
    }
    return writer
  }

  /** What was gathered for an executor and has not left. */
  recall(executor: number): readonly CommandBatch[] {
    const writer = this.#writers[executor]
    if (writer === undefined || writer.count === 0) return NONE
    const whole = this.#whole[executor]
    if (whole === undefined || whole.length === 0) return [this.#batch(writer.take())]
    this.#whole[executor] = []
    return [...whole, writer.take()].map((records) => this.#batch(records))
  }

  #batch(records: Uint8Array): CommandBatch {
    return { kind: 'commands', origin: this.#origin, generation: this.#generation, records }
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
        for (const batch of this.recall(executor)) {
          if (send(executor, batch)) continue
          refused(executor, batch)
          wasRefused = true
        }
      }
    }
  }
}
