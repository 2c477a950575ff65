import type { Ref } from '../actor/index.ts'
import {
  actorNames,
  type Envelope,
  RaftWriter,
  type SleepNote,
  SleepWriter,
  type StoresMessage,
  type Topology,
} from '../model/index.ts'
import type { Message } from '../raft/index.ts'

/**
 * Raft's messages on their way out: gathered for each executor, sent when the turn says so. What goes to a store of
 * this very executor is handed over as it is, entries and all, and is stepped in the next turn.
 */
export class Transport {
  readonly #executor: number
  readonly #executorOf = new Map<number, number>()
  readonly #refs: Ref<StoresMessage>[] = []
  /** By executor: with entries, and without, which may be dropped and overtake. */
  readonly #appends: RaftWriter[] = []
  readonly #others: RaftWriter[] = []
  readonly #notes: SleepWriter[] = []
  readonly #incarnation: number
  #local: Envelope[] = []
  #localNotes: SleepNote[] = []

  constructor(executor: number, incarnation: number, topology: Topology, named: (name: string) => Ref<StoresMessage>) {
    this.#executor = executor
    this.#incarnation = incarnation
    for (const store of topology.stores) this.#executorOf.set(store.id, store.executor)
    for (let i = 0; i < topology.executors; i++) {
      this.#refs.push(named(actorNames.stores(i)))
      this.#appends.push(new RaftWriter())
      this.#others.push(new RaftWriter())
      this.#notes.push(new SleepWriter())
    }
  }

  executorOf(store: number): number | undefined {
    return this.#executorOf.get(store)
  }

  send(
    fromStore: number,
    toStore: number,
    cell: number,
    round: number,
    message: Message,
    range: Uint8Array | null,
  ): void {
    const executor = this.#executorOf.get(toStore)
    if (executor === undefined) return
    if (executor === this.#executor) {
      this.#local.push({ fromStore, toStore, cell, round, message, range })
      return
    }
    const writers = message.entries.length > 0 ? this.#appends : this.#others
    ;(writers[executor] as RaftWriter).add(toStore, fromStore, cell, round, message, range)
  }

  /** About the sleep of a cell: behind Raft's messages of the same turn. */
  sendNote(note: SleepNote): void {
    const executor = this.#executorOf.get(note.toStore)
    if (executor === undefined) return
    if (executor === this.#executor) this.#localNotes.push(note)
    else (this.#notes[executor] as SleepWriter).add(note)
  }

  /** Any other message to the actor that holds a store. */
  tell(toStore: number, message: StoresMessage): boolean {
    const executor = this.#executorOf.get(toStore)
    return executor !== undefined && (this.#refs[executor] as Ref<StoresMessage>).tell(message)
  }

  get hasLocal(): boolean {
    return this.#local.length > 0 || this.#localNotes.length > 0
  }

  /** What stores of this executor said to one another since the last call. */
  takeLocal(): Envelope[] {
    const local = this.#local
    this.#local = []
    return local
  }

  takeLocalNotes(): SleepNote[] {
    const notes = this.#localNotes
    this.#localNotes = []
    return notes
  }

  flush(): void {
    for (let executor = 0; executor < this.#refs.length; executor++) {
      this.#send(executor, this.#appends[executor] as RaftWriter, true)
      this.#send(executor, this.#others[executor] as RaftWriter, false)
      this.#sendNotes(executor, this.#notes[executor] as SleepWriter)
    }
  }

  #send(executor: number, writer: RaftWriter, carriesEntries: boolean): void {
    if (writer.count === 0) return // No room is as good as a lost message: Raft sends again.
    ;(this.#refs[executor] as Ref<StoresMessage>).tell({ kind: 'raft', carriesEntries, records: writer.view() })
    writer.clear()
  }

  #sendNotes(executor: number, writer: SleepWriter): void {
    if (writer.count === 0) return
    const sender = { executor: this.#executor, incarnation: this.#incarnation }
    ;(this.#refs[executor] as Ref<StoresMessage>).tell({ kind: 'sleep', ...sender, records: writer.view() })
    writer.clear()
  }
}
