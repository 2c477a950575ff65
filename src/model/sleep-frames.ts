/**
 * What the hosts of a cell's peers say to one another about its sleep (`store/sleep.ts`); Raft knows nothing of it. Many
 * in one message of the actors. Little-endian:
 *
 * ```
 * u8 word │ u8 – │ u16 – │ u32 to store │ u32 from store │ u32 – │ f64 cell │ f64 to │ f64 from │ f64 term │ f64 index │ f64 ask
 * ```
 */
import { RecordWriter } from './commands.ts'

/** Divides the length of a batch that may be dropped: a batch is cut between two records. */
const RECORD_BYTES = 64

/** `ask`: will you sleep? `agree`: I do already. `wake`: I was woken, and not by you: are you there? */
export const SleepWord = { ask: 1, agree: 2, wake: 3 } as const
export type SleepWord = (typeof SleepWord)[keyof typeof SleepWord]

export interface SleepNote {
  readonly word: SleepWord
  readonly toStore: number
  readonly fromStore: number
  readonly cell: number
  /** Peers. */
  readonly to: number
  readonly from: number
  /** The leader's term, the end of its log, and the number of its question: an answer carries them back. */
  readonly term: number
  readonly index: number
  readonly ask: number
}

export class SleepWriter extends RecordWriter {
  add(note: SleepNote): void {
    const at = this.reserve(RECORD_BYTES)
    const { data } = this
    data.setUint32(at, note.word, true)
    data.setUint32(at + 4, note.toStore, true)
    data.setUint32(at + 8, note.fromStore, true)
    data.setUint32(at + 12, 0, true)
    data.setFloat64(at + 16, note.cell, true)
    data.setFloat64(at + 24, note.to, true)
    data.setFloat64(at + 32, note.from, true)
    data.setFloat64(at + 40, note.term, true)
    data.setFloat64(at + 48, note.index, true)
    data.setFloat64(at + 56, note.ask, true)
  }
}

export function readSleepNotes(records: Uint8Array, handle: (note: SleepNote) => void): void {
  const data = new DataView(records.buffer, records.byteOffset, records.byteLength)
  for (let at = 0; at + RECORD_BYTES <= records.length; at += RECORD_BYTES) {
    handle({
      word: data.getUint32(at, true) as SleepWord,
      toStore: data.getUint32(at + 4, true),
      fromStore: data.getUint32(at + 8, true),
      cell: data.getFloat64(at + 16, true),
      to: data.getFloat64(at + 24, true),
      from: data.getFloat64(at + 32, true),
      term: data.getFloat64(at + 40, true),
      index: data.getFloat64(at + 48, true),
      ask: data.getFloat64(at + 56, true),
    })
  }
}
