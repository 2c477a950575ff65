import { type Entry, EntryType } from '../raft/index.ts'
import { ENTRY_KIND } from '../storage/index.ts'

/** Effects, or a part of a group of them. */
export function isEffects(entry: Entry): boolean {
  if (entry.type !== EntryType.normal || entry.data.length === 0) return false
  return entry.data[0] === ENTRY_KIND.effects || isPart(entry)
}

export function isPart(entry: Entry): boolean {
  return entry.type === EntryType.normal && entry.data.length > 0 && entry.data[0] === ENTRY_KIND.part
}

const NONE: readonly Entry[] = []

/**
 * Puts together what a command's effects were spread over. A group is proposed whole, but its leader may fall before all
 * of it is committed: then another entry stands where the group would go on, and what there is of it never counts. So
 * nobody sees half of a value, and nothing of it has to be cleaned up.
 */
export class EntryGroups {
  #parts: Entry[] = []

  /** The next entry of a log, in order; returns those whose effects count from now on. */
  take(entry: Entry): readonly Entry[] {
    if (isPart(entry)) {
      this.#parts.push(entry)
      return NONE
    }
    const parts = this.#parts
    if (parts.length > 0) this.#parts = []
    if (!isEffects(entry)) return NONE
    return parts.length === 0 ? [entry] : [...parts, entry]
  }
}
