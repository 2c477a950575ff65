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
import { LOSSY_BATCH_BYTES, LossyLane } from './lossy-lane.ts'

/** A message without entries is hardly ever longer, with the range of its cell. */
const LARGEST_USUAL_BYTES = 256

/**
 * Entries for one executor leave in messages that are hardly longer. What a turn has for it may be much more: when a thread
 * comes back, the followers of all cells there are sent what each of them may be sent at once. One message of all that would
 * be more than the runtime carries, or the other side has memory for.
 */
const APPENDS_BATCH_BYTES = 4 * 1024 * 1024

/**
 * Raft's messages on their way out: gathered for each executor, sent when the turn says so. What goes to a store of
 * this very executor is handed over as it is, entries and all, and is stepped in the next turn.
 */
export class Transport {
  readonly #executor: number
  readonly #executorOf = new Map<number, number>()
  readonly #refs: Ref<StoresMessage>[] = []
  readonly #lossy: LossyLane[] = []
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
      const ref = named(actorNames.stores(i))
      this.#refs.push(ref)
      this.#lossy.push(new LossyLane(ref))
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
    if (message.entries.length > 0) {
      const appends = this.#appends[executor] as RaftWriter
      appends.add(toStore, fromStore, cell, round, message, range)
      if (appends.length > APPENDS_BATCH_BYTES) this.#sendAppends(executor, appends)
      return
    }
    const others = this.#others[executor] as RaftWriter
    others.add(toStore, fromStore, cell, round, message, range)
    if (others.length > LOSSY_BATCH_BYTES - LARGEST_USUAL_BYTES) this.#sendOthers(executor, others)
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
    return executor !== undefined && this.tellExecutor(executor, message)
  }

  tellExecutor(executor: number, message: StoresMessage): boolean {
    return (this.#refs[executor] as Ref<StoresMessage>).tell(message)
  }

  get hasLocal(): boolean {
    return this.#local.length > 0 || this.#localNotes.length > 0
  }

  /** Something waits for room in a ring. */
  get isHeldUp(): boolean {
    for (const lane of this.#lossy) if (lane.isHeldUp) return true
    return false
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
      ;(this.#lossy[executor] as LossyLane).retry()
      this.#sendAppends(executor, this.#appends[executor] as RaftWriter)
      this.#sendOthers(executor, this.#others[executor] as RaftWriter)
      this.#sendNotes(executor, this.#notes[executor] as SleepWriter)
    }
  }

  /** Its thread has died. */
  lostExecutor(executor: number): void {
    this.#lossy[executor]?.lost()
  }

  #sendAppends(executor: number, writer: RaftWriter): void {
    if (writer.count === 0) return
    // No room is as good as a lost message: Raft sends again.
    this.tellExecutor(executor, { kind: 'raft', carriesEntries: true, records: writer.view() })
    writer.clear()
  }

  #sendOthers(executor: number, writer: RaftWriter): void {
    if (writer.count === 0) return
    ;(this.#lossy[executor] as LossyLane).tell({ kind: 'raft', carriesEntries: false, records: writer.view() })
    writer.clear()
  }

  #sendNotes(executor: number, writer: SleepWriter): void {
    if (writer.count === 0) return
    const sender = { executor: this.#executor, incarnation: this.#incarnation }
    const all = writer.view()
    for (let at = 0; at < all.length; at += LOSSY_BATCH_BYTES) {
      const records = all.subarray(at, at + LOSSY_BATCH_BYTES)
      ;(this.#lossy[executor] as LossyLane).tell({ kind: 'sleep', ...sender, records })
    }
    writer.clear()
  }
}
