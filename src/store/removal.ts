/**
 * A peer that is no more on this store (rule 15). Phases: out of service → its tombstone gathered, synced → its range
 * and its state deleted from the engine, again at recovery if a crash came between.
 */

import { type Cell, Refusal, shareKeys } from '../model/index.ts'
import { type EngineBatch, metaKey, stagingRange } from '../storage/index.ts'
import { rangeOfCell } from './cell-range.ts'
import type { Peer } from './peer.ts'
import type { Store } from './store.ts'
import type { Stores } from './stores.ts'

export class Removals {
  readonly #stores: Stores
  /** Buried and synced; their data waits until the engine is free. */
  #buried: Peer[] = []
  /** To be removed as soon as what they were born with is written, and what their children were born with is durable. */
  readonly #staying = new Set<Peer>()
  /** Removed, but their data is still there. */
  readonly #leaving = new Set<Peer>()

  constructor(stores: Stores) {
    this.#stores = stores
  }

  get isIdle(): boolean {
    return this.#buried.length === 0 && this.#staying.size === 0 && this.#leaving.size === 0
  }

  remove(peer: Peer): void {
    const { store } = peer
    if (mustStay(peer)) {
      this.#staying.add(peer)
      return
    }
    this.#stores.evaluator.refuseParked(peer, Refusal.cellNotFound)
    this.#stores.writeBack.forget(peer)
    retire(this.#stores, peer)
    peer.dropOverlay()
    this.#leaving.add(peer)
    store.log.bury(peer.group, peer.cell.epoch.confVer)
    this.#stores.afterSync(() => {
      this.#buried.push(peer)
    })
  }

  /**
   * Others say that it was removed; its own log does not, or not yet. Whoever says so says it again.
   *
   * What is known to be committed is applied first. After a crash there may be a split among it, and nothing but this
   * peer's log knows what the child here was born with.
   */
  removeUnknowing(peer: Peer): void {
    if (peer.applied === peer.node.committed) return this.remove(peer)
    this.#stores.sleep.wake(peer)
    this.#stores.touch(peer)
  }

  /** Until its data is deleted no other peer of the cell may come to be here: it would lose its own. */
  isUnderWay(store: Store, cell: number): boolean {
    for (const peer of this.#leaving) if (peer.store === store && peer.cell.id === cell) return true
    return false
  }

  /** Is data still to be deleted in the range of the cell? Whoever comes to be there would lose his own with it. */
  willClear(store: Store, cell: Cell): boolean {
    for (const peer of this.#leaving) {
      if (peer.store === store && peer.initialized && shareKeys(peer.cell, cell)) return true
    }
    return false
  }

  /** Deletes what is buried where the engine is free; called each turn. */
  advance(): void {
    for (const peer of this.#staying) {
      if (peer.destroyed || !mustStay(peer)) {
        this.#staying.delete(peer)
        if (!peer.destroyed) this.remove(peer)
      } else if (peer.barrier === null && peer.bornOf === null && !peer.store.flushing)
        this.#stores.flushes.flush(peer.store, () => {})
    }
    if (this.#buried.length === 0) return
    const waiting: Peer[] = []
    for (const peer of this.#buried) {
      const { store, cell } = peer
      if (store.writing !== null) {
        waiting.push(peer)
        continue
      }
      store.writing = 'delete'
      const batch: EngineBatch = { deleteRanges: [stagingRange(cell.id)], keys: [metaKey(cell.id)], values: [null] }
      if (peer.initialized) batch.deleteRanges.push(rangeOfCell(cell))
      store.engine.write(batch, (error) => {
        this.#stores.complete(() => {
          store.writing = null
          this.#leaving.delete(peer)
          if (error !== null) this.#stores.engineFailed(store, error)
        })
      })
    }
    this.#buried = waiting
  }
}

/**
 * What a child was born with is only in its parent's log until the engine has it for good: the log stays till then. And
 * what the child's birth still writes must not come behind the deletion of all that is the child's.
 */
function mustStay({ durable, splitIndex, bornOf }: Peer): boolean {
  return durable < splitIndex || bornOf !== null
}

/** Nothing more is heard, said or evaluated. */
export function retire(stores: Stores, peer: Peer): void {
  const { store } = peer
  stores.snapshots.cancel(peer)
  peer.pending.abandon()
  peer.working = null
  stores.sleep.takeBack(peer)
  stores.sleep.wake(peer)
  store.active.delete(peer)
  store.peers.delete(peer.cell.id)
  peer.destroyed = true
}
