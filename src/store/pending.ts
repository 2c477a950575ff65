import { assert, EMPTY } from '../base/index.ts'
import { AnswerWriter, Fate, Refusal } from '../model/index.ts'
import type { Origin } from './origin.ts'

/** The answers that wait for one entry, written as they will be sent, one list for each origin. */
class AnswerGroup {
  readonly index: number
  readonly term: number
  readonly origins: Origin[] = []
  readonly writers: AnswerWriter[] = []

  constructor(index: number, term: number) {
    this.index = index
    this.term = term
  }

  get bytes(): number {
    let bytes = 0
    for (let i = 0; i < this.writers.length; i++) bytes += (this.writers[i] as AnswerWriter).length
    return bytes
  }

  writerOf(origin: Origin): AnswerWriter {
    for (let i = 0; i < this.origins.length; i++) {
      if (this.origins[i] === origin) return this.writers[i] as AnswerWriter
    }
    const writer = spareWriters.pop() ?? new AnswerWriter(1024)
    this.origins.push(origin)
    this.writers.push(writer)
    return writer
  }
}

/** A group lives a few milliseconds and there is one a turn: their buffers are used again. */
const spareWriters: AnswerWriter[] = []
const SPARE_WRITERS_MAX = 64
const SPARE_BYTES_MAX = 256 * 1024
/** Answers to one entry lie in one buffer for each origin, and pile up while nothing is committed. */
const GROUP_BYTES_MAX = 32 * 1024 * 1024

/**
 * Answers whose release index is not committed yet (rule 1), in order of index. A peer that steps down keeps them:
 * their fate is known when the log is committed up to them, or it is *unknown* (rule 5).
 */
export class PendingAnswers {
  #groups: AnswerGroup[] = []
  #first = 0
  count = 0

  /** Enough bytes wait: no more commands are to be executed just now. */
  get isLoaded(): boolean {
    const last = this.#groups.length - 1
    return last >= this.#first && (this.#groups[last] as AnswerGroup).bytes > GROUP_BYTES_MAX
  }

  get isEmpty(): boolean {
    return this.#first === this.#groups.length
  }

  /** Where an answer that waits for `index` is to be written. */
  writer(index: number, term: number, origin: Origin): AnswerWriter {
    const groups = this.#groups
    let at = groups.length
    while (at > this.#first && (groups[at - 1] as AnswerGroup).index > index) at--
    let group = at > this.#first ? (groups[at - 1] as AnswerGroup) : undefined
    if (group === undefined || group.index !== index) {
      group = new AnswerGroup(index, term)
      groups.splice(at, 0, group)
    }
    assert(group.term === term, 'answers of two terms wait for one index')
    this.count++
    return group.writerOf(origin)
  }

  /**
   * `committed` is known: what waited for it leaves. `termAt` tells which entry it was that was committed there:
   * another one than the command's own, and the command was not executed. Decided only when it is committed, for an
   * entry that was overwritten in one log may live on in another, and win.
   *
   * What lies behind is decided, too, once the last committed entry is of a later term: along a log terms never fall,
   * so none of an earlier term will ever be committed behind it. Whoever leads in the later term has thus no answers
   * of an earlier one left when it begins to evaluate.
   */
  commit(committed: number, termAt: (index: number) => number): void {
    while (this.#first < this.#groups.length) {
      const group = this.#groups[this.#first] as AnswerGroup
      if (group.index > committed) break
      const term = termAt(group.index)
      // A log that begins behind the index cannot tell any more: a snapshot has taken its place.
      if (term === group.term) this.#release(group)
      else this.#fail(group, term > 0 ? Fate.notExecuted : Fate.unknown)
      this.#drop()
    }
    if (this.isEmpty) return
    const term = termAt(committed)
    while (this.#first < this.#groups.length && (this.#groups[this.#first] as AnswerGroup).term < term) {
      this.#fail(this.#groups[this.#first] as AnswerGroup, Fate.notExecuted)
      this.#drop()
    }
  }

  /** Nobody here will ever know what became of any of them: *unknown*. */
  abandon(): void {
    while (this.#first < this.#groups.length) {
      this.#fail(this.#groups[this.#first] as AnswerGroup, Fate.unknown)
      this.#drop()
    }
  }

  #release(group: AnswerGroup): void {
    for (let i = 0; i < group.origins.length; i++) {
      const writer = group.writers[i] as AnswerWriter
      const origin = group.origins[i] as Origin
      this.count -= writer.count
      origin.release(writer.view(), writer.count)
      recycle(writer)
    }
  }

  #fail(group: AnswerGroup, fate: Fate): void {
    for (let i = 0; i < group.origins.length; i++) {
      const writer = group.writers[i] as AnswerWriter
      this.count -= writer.count
      const out = (group.origins[i] as Origin).answers
      const refusal = fate === Fate.notExecuted ? Refusal.notLeader : Refusal.none
      writer.forEach((session, sequence) => {
        const payload = refusal === Refusal.notLeader ? NO_LEADER : EMPTY
        out().add(session, sequence, fate, refusal, payload, 0, payload.length)
      })
      recycle(writer)
    }
  }

  #drop(): void {
    this.#first++
    // The consumed head is cut off now and then, so that the array does not grow for ever.
    if (this.#first === this.#groups.length) {
      this.#groups.length = 0
      this.#first = 0
    } else if (this.#first > 256) {
      this.#groups.splice(0, this.#first)
      this.#first = 0
    }
  }
}

/** The payload of *not leader* with nobody named. */
const NO_LEADER = new Uint8Array(8)

function recycle(writer: AnswerWriter): void {
  if (spareWriters.length < SPARE_WRITERS_MAX && writer.length <= SPARE_BYTES_MAX) {
    writer.clear()
    spareWriters.push(writer)
  }
}
