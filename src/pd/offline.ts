/**
 * A store that a person empties.
 *
 *   ordered     refused when fewer stores than copies would remain; else remembered in the system range, then answered
 *   offline     it gets no new peers (choose.ts); each cell that it leads is led by another, then its peer there is
 *               replaced (replica.ts), one small operator after the other, as for a store that is gone
 *   tombstone   nothing is left on it; its directory may be deleted, and it is never used again
 *
 * Until it is empty the order can be taken back.
 */
import { pdKeys } from './keys.ts'
import type { Notes } from './notes.ts'
import { justBegun, noStore, notPossible, type Refusal } from './refusal.ts'
import type { View } from './view.ts'

export type OrderedState = 'offline' | 'tombstone'

/** `3 offline,5 tombstone` */
export function parseStores(note: string): Map<number, OrderedState> {
  const states = new Map<number, OrderedState>()
  for (const word of note.split(',')) {
    const [id, state] = word.split(' ')
    if (state === 'offline' || state === 'tombstone') states.set(Number(id), state)
  }
  return states
}

function formatStores(states: ReadonlyMap<number, OrderedState>): string {
  return [...states].map(([id, state]) => `${id} ${state}`).join(',')
}

/** Wants it noted; or says why not. Nothing to do is no reason to refuse. */
export function orderStore(store: number, offline: boolean, view: View, notes: Notes, nowMs: number): Refusal | null {
  const note = notes.planned(pdKeys.stores)
  if (note === null) return justBegun
  if (view.store(store) === undefined) return noStore(store)
  const state = view.storeState(store, nowMs)
  if (state === 'lost' || state === 'tombstone') {
    return notPossible(`store ${store} is ${state}, for good`)
  }
  const states = parseStores(note)
  if (offline) {
    const remaining = [...view.stores()].filter(({ report }) => {
      return report.store !== store && !states.has(report.store) && !view.isGone(report.store, nowMs)
    })
    const { replicas } = view.settings
    if (remaining.length < replicas) {
      return notPossible(`${remaining.length} stores would remain for ${replicas} copies of each cell`)
    }
    states.set(store, 'offline')
  } else states.delete(store)
  notes.want(pdKeys.stores, formatStores(states))
  return null
}

/** The order is in the system range. */
export function isNoted(store: number, offline: boolean, notes: Notes): boolean {
  return parseStores(notes.get(pdKeys.stores) ?? '').has(store) === offline
}

/** Stores that have become empty are buried. */
export function buryEmptied(view: View, notes: Notes): void {
  // What nobody has reported may have a peer there.
  if (!view.complete) return
  const note = notes.planned(pdKeys.stores)
  if (note === null || !note.includes('offline')) return
  const states = parseStores(note)
  let buried = false
  for (const [id, state] of states) {
    const store = view.store(id)
    if (state !== 'offline' || view.tally(id).cells.size > 0) continue
    // Its own word counts too, while it is heard: a peer that was removed may still be there.
    if (store !== undefined && store.report.cells > 0) continue
    states.set(id, 'tombstone')
    buried = true
  }
  if (buried) notes.want(pdKeys.stores, formatStores(states))
}
