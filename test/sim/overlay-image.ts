/**
 * What the entries that a peer's engine lacks make of whatever lies below them. Kept from one comparison to the next: to
 * replay hundreds of entries for each peer, each time, was most of what the comparisons cost.
 *
 * Each entry is held against the record when it comes in, and all that are left when the peer has written something back.
 * Of those that stay some are looked at again each time, in turn, and all of them where it is asked to be thorough.
 */
import {
  applyEntry,
  type Changing,
  change,
  clearIn,
  effectsOf,
  type OpenGroup,
  putIn,
  type RawSpace,
} from './effects.ts'
import type { RecordedEntry } from './recorded.ts'

/** Entries that are looked at again in one comparison. */
const AGAIN = 32

interface Entry {
  readonly type: number
  readonly data: Uint8Array
}

/** Of a peer: where its engine is, where it is itself, and what lies between. */
interface Behind {
  readonly written: number
  readonly applied: number
  readonly group: { entry(index: number): Entry }
}

export class OverlayImage implements Changing {
  #from = -1
  #upTo = -1
  /** The next to be looked at again. */
  #again = 0
  /** Cleared before the changes: what was changed in them earlier is in the changes no more. */
  #ranges: { readonly start: string; readonly end: string }[] = []
  /** By key, the newest; null: deleted. */
  #changes = new Map<string, string | null>()
  #open: OpenGroup = []

  /** Goes on to where the peer is now. The index of an entry that is not what it was when it came in; 0: there is none. */
  follow(peer: Behind, recorded: ReadonlyMap<number, RecordedEntry>, thorough: boolean): number {
    const { written, applied, group } = peer
    if (this.#from !== written) this.#begin(written)
    const old = this.#upTo - written
    const looks = thorough ? old : Math.min(AGAIN, old)
    for (let i = 0; i < looks; i++) {
      this.#again = this.#again >= this.#upTo || this.#again < written ? written + 1 : this.#again + 1
      const entry = group.entry(this.#again)
      if (entry.type === 0 && recorded.get(this.#again)?.holds(entry.data) === false) return this.#again
    }
    for (let at = this.#upTo + 1; at <= applied; at++) {
      const entry = group.entry(at)
      const data = entry.type === 0 ? entry.data : null
      const known = recorded.get(at)
      const effects = data === null || known === undefined ? effectsOf(data) : known.effectsOf(data)
      applyEntry(this, this.#open, effects, change)
    }
    this.#upTo = applied
    return 0
  }

  /** As it is now, whatever comes later. */
  taken(): (space: RawSpace) => void {
    const ranges = [...this.#ranges]
    const changes = [...this.#changes]
    return (space) => {
      for (const { start, end } of ranges) clearIn(space, start, end)
      for (const [key, value] of changes) putIn(space, key, value)
    }
  }

  #begin(written: number): void {
    this.#from = written
    this.#upTo = written
    this.#again = written
    this.#ranges = []
    this.#changes = new Map()
    this.#open = []
  }

  put(key: string, value: string | null): void {
    this.#changes.set(key, value)
  }

  clear(start: string, end: string): void {
    clearIn(this.#changes, start, end)
    this.#ranges.push({ start, end })
  }
}
