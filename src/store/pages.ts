/**
 * Walks over the keys of a cell in order, a page at a time: SCAN and its like.
 *
 * The leader's memory has some keys, and changes that the engine lacks; the engine has the rest. So a page is both,
 * merged: what memory knows of a key, even that it is gone, counts, and the engine counts for the others. Phases of a
 * command that walks: the keys in memory are put in order, some each turn → unless all keys of the cell are there, it is
 * parked, and a page is read from the engine → the two are merged, and it runs.
 *
 * Between the reading of a page and its use nothing that the engine lacked then is forgotten (`forgettableIndex`), else
 * a key that was changed and written back meanwhile would be taken from the page as it was. What the page says is void
 * after a change of term, of range, or of the whole range, as with loads (rule 6).
 */
import { fromLatin1, latin1 } from '../base/index.ts'
import { isMainKey, rangeOf, userKeyOf } from '../storage/index.ts'
import { rangeOfCell, scopeOfCell } from './cell-range.ts'
import { type Asked, isCurrent } from './loads.ts'
import type { ParkedCommand } from './parking.ts'
import type { Peer } from './peer.ts'
import type { Stores } from './stores.ts'
import type { Walker } from './walker.ts'

const PAGE_PAIRS = 1000
const PAGE_BYTES = 1024 * 1024
/** Keys put in order in one turn: a few milliseconds. */
const ORDERED_PER_TURN = 3000
/** The order of keys is kept for so long after the last walk. */
const ORDER_KEPT_MS = 60_000

/** What the engine has from `from` on. */
export interface EnginePage extends Asked {
  readonly command: ParkedCommand
  readonly from: string
  /** Up to here the engine had the effects when it was asked. */
  readonly written: number
  keys: string[]
  values: Uint8Array[]
  /** Up to and with which key; null: to the end of the cell. */
  last: string | null
  /** The turn in which it arrived; -1: not yet. */
  arrivedTurn: number
}

export class Pages {
  readonly #stores: Stores
  /** Peers that put keys in order in the present turn have done their share of it. */
  #orderedTurn = -1
  readonly #ordered = new Set<Peer>()
  /** Peers that wait until the engine of their store has read a page for another one. */
  readonly #waiting = new Set<Peer>()

  constructor(stores: Stores) {
    this.#stores = stores
  }

  /** Whether a walk from there (null: a random stride) may run now; else it is to be parked, and the peer will be looked at again. */
  ready(peer: Peer, key: string | null, command: ParkedCommand | null): boolean {
    const working = peer.working as NonNullable<Peer['working']>
    const walker = working.walker()
    peer.walkedMs = this.#stores.nowMs
    if (!this.#order(peer, walker)) return this.#later(peer)
    walker.page = null
    if (working.isWhole) return true
    if (command === null) return this.#later(peer)
    const from = key ?? walker.strideFrom
    const page = peer.page
    if (page !== null && page.arrivedTurn < 0) return false
    if (page?.command === command) {
      peer.page = null
      walker.page = page
      if (page.from === from && isCurrent(peer, page)) return true
    } else if (page?.arrivedTurn === this.#stores.turnNumber) {
      // Whoever asked for it has this turn to use it.
      return this.#later(peer)
    }
    this.#read(peer, from, command)
    return false
  }

  tick(peer: Peer): void {
    // A page is for a command that is parked. If there is none, it would keep the peer from forgetting anything, for ever.
    if (peer.page !== null && peer.parked.isEmpty) peer.page = null
    if (peer.walkedMs === 0 || this.#stores.nowMs - peer.walkedMs < ORDER_KEPT_MS) return
    peer.walkedMs = 0
    peer.working?.forgetWalker()
  }

  #order(peer: Peer, walker: Walker): boolean {
    const { turnNumber } = this.#stores
    if (this.#orderedTurn !== turnNumber) this.#ordered.clear()
    this.#orderedTurn = turnNumber
    const share = this.#ordered.has(peer) ? 0 : ORDERED_PER_TURN
    this.#ordered.add(peer)
    return walker.orderKeys(share)
  }

  #later(peer: Peer): false {
    this.#stores.lookAgain(peer)
    return false
  }

  #read(peer: Peer, from: string, command: ParkedCommand): void {
    const { store, cell } = peer
    const stores = this.#stores
    const working = peer.working as NonNullable<Peer['working']>
    if (store.paging) {
      this.#waiting.add(peer)
      return
    }
    const page: EnginePage = {
      command,
      from,
      term: working.term,
      version: cell.epoch.version,
      rangeEffects: working.rangeEffects,
      written: peer.written,
      keys: [],
      values: [],
      last: null,
      arrivedTurn: -1,
    }
    peer.page = page
    store.paging = true
    const start = rangeOf(scopeOfCell(cell), fromLatin1(from), null).start
    const limits = { pairsMax: PAGE_PAIRS, bytesMax: PAGE_BYTES }
    store.engine.scan(start, rangeOfCell(cell).end, limits, (error, pairs, more) => {
      store.paging = false
      stores.complete(() => {
        if (error !== null) return stores.engineFailed(store, error)
        for (const { key, value } of pairs) {
          if (!isMainKey(key)) continue
          page.keys.push(latin1(userKeyOf(key)))
          page.values.push(value)
        }
        const last = pairs[pairs.length - 1]
        if (more && last !== undefined) page.last = latin1(userKeyOf(last.key))
        page.arrivedTurn = stores.turnNumber
        stores.touch(peer)
        for (const other of this.#waiting) stores.touch(other)
        this.#waiting.clear()
      })
    })
  }
}
