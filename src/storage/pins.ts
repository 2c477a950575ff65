/**
 * Which segments are needed, and by whom.
 *
 * A segment may go when nothing needs it nor any segment before it. Each group and each tombstone pins one segment,
 * the oldest that recovery would have to read for its sake: where the entries begin that its newest record still
 * counts as held, or else where that newest record lies. What was trimmed in memory only does not count, because
 * recovery does not know of it.
 */

import type { HardState } from '../raft/index.ts'
import { RECORD } from './format.ts'
import type { Touch } from './gather.ts'
import { GroupImage } from './group-image.ts'
import type { LogStart, Tombstone } from './raft-log.ts'
import type { Segment } from './segments.ts'

/** From `first` on (and up to the next span), the newest copy of the entries lies in `segment`. */
interface Span {
  readonly first: number
  readonly segment: Segment
}

export class FileGroup extends GroupImage {
  pin: Segment | null
  /** Start of the log in the newest record that has its place on disk. */
  recordedStart: number
  /** The last entry that has its place on disk. */
  recordedLast: number
  /** During recovery: entries are missing before those held, and only a later start of the log can excuse that. */
  hole: boolean
  #spans: Span[]

  constructor(store: number, cell: number, peer: number, start: LogStart, hardState: HardState) {
    super(store, cell, peer, start, hardState)
    this.pin = null
    this.recordedStart = start.index
    this.recordedLast = start.index
    this.hole = false
    this.#spans = []
  }

  /** A record of this group has got its place. */
  place(touch: Touch, segment: Segment): void {
    if (touch.kind === RECORD.restart) {
      this.#spans.length = 0
      this.recordedLast = touch.startIndex
    }
    this.recordedStart = touch.startIndex
    if (touch.first <= touch.last) {
      while (this.#spans.length > 0 && (this.#spans[this.#spans.length - 1] as Span).first >= touch.first) {
        this.#spans.pop()
      }
      this.#addSpan(touch.first, segment)
      this.recordedLast = touch.last
    }
    if (this.recordedLast <= this.recordedStart) {
      this.recordedLast = this.recordedStart
      this.#spans.length = 0
    }
    while (this.#spans.length > 1 && (this.#spans[1] as Span).first <= this.recordedStart + 1) this.#spans.shift()
    repin(this, this.#spans[0]?.segment ?? segment)
  }

  #addSpan(first: number, segment: Segment): void {
    const spans = this.#spans
    // Mostly there is one; the first push to an empty array would reserve room for seventeen.
    if (spans.length === 0) this.#spans = [{ first, segment }]
    else if (spans[spans.length - 1]?.segment !== segment) spans.push({ first, segment })
  }

  /** Whether a record written now, with the start as it is in memory, would free the segment that is pinned. */
  couldMove(): boolean {
    const needed = this.start.index + 1
    if (needed > this.recordedLast) return true
    let segment = this.#spans[0]?.segment
    for (const span of this.#spans) if (span.first <= needed) segment = span.segment
    return segment !== this.pin
  }
}

export class FileTombstone implements Tombstone {
  readonly store: number
  readonly cell: number
  readonly peer: number
  readonly confVer: number
  pin: Segment | null
  /** The group and the older tombstone that need nothing any more once this one has its place. */
  supersedes: Pinned[]

  constructor({ store, cell, peer, confVer }: Tombstone, supersedes: Pinned[]) {
    this.store = store
    this.cell = cell
    this.peer = peer
    this.confVer = confVer
    this.pin = null
    this.supersedes = supersedes
  }

  place(segment: Segment): void {
    for (const item of this.supersedes) repin(item, null)
    this.supersedes = []
    repin(this, segment)
  }
}

export type Pinned = FileGroup | FileTombstone

export function place(touch: Touch, segment: Segment): void {
  if (touch.item instanceof FileGroup) touch.item.place(touch, segment)
  else touch.item.place(segment)
}

export function repin(item: Pinned, segment: Segment | null): void {
  if (item.pin === segment) return
  item.pin?.pins.delete(item)
  segment?.pins.add(item)
  item.pin = segment
}
