/**
 * The engine made durable, and the log trimmed behind it.
 *
 * One flush of a store at a time. Each makes a file, however little is in it, and of a few files the engine makes one
 * again: so whoever comes while a flush is under way shares the next one with all the others who do.
 */
import type { Peer } from './peer.ts'
import type { Store } from './store.ts'
import type { Stores } from './stores.ts'
import { trimMax } from './write-back-job.ts'

/** A follower that lacks more than this is not waited for: it gets a snapshot. */
const KEEP_FOR_FOLLOWERS_BYTES = 64 * 1024 * 1024
/** Nor one that lacks more than this: a small entry takes more memory than its bytes. */
const KEEP_FOR_FOLLOWERS_ENTRIES = 20_000

export class Flushes {
  readonly #stores: Stores

  constructor(stores: Stores) {
    this.#stores = stores
  }

  /** All that is written there now is durable when `done`. */
  flush(store: Store, done: () => void): void {
    if (store.flushing) {
      store.flushWanted.push(done)
      return
    }
    // `written` as of now, before the flush begins: only that is sure to be in it.
    const marks: [Peer, number][] = []
    for (const peer of store.peers.values()) marks.push([peer, peer.written])
    store.flushing = true
    store.unflushedBytes = 0
    store.engine.flush((error) => {
      this.#stores.complete(() => {
        store.flushing = false
        if (error !== null) {
          this.#stores.engineFailed(store, error)
          return
        }
        for (const [peer, written] of marks) if (!peer.destroyed) this.#trim(peer, written)
        // A full log gets its segments back with the next record, and takes none before that.
        if (store.log.full) this.#stores.syncSoon()
        this.#flushAgain(store)
        done()
      })
    })
  }

  /** One for all that came meanwhile. */
  #flushAgain(store: Store): void {
    const wanted = store.flushWanted
    if (wanted.length === 0) return
    store.flushWanted = []
    this.flush(store, () => {
      for (const done of wanted) done()
    })
  }

  #trim(peer: Peer, written: number): void {
    if (written > peer.durable) peer.durable = written
    let to = trimMax(peer)
    const keptBytesMax = Math.min(KEEP_FOR_FOLLOWERS_BYTES, this.#stores.overlayBytesMax / peer.store.peers.size)
    const entries = peer.group.lastIndex() + 1 - peer.group.firstIndex()
    if (peer.isLeader && peer.group.bytes < keptBytesMax && entries < KEEP_FOR_FOLLOWERS_ENTRIES) {
      for (const member of peer.cell.peers) {
        const progress = peer.node.progress(member.id)
        if (progress !== undefined && progress.match < to) to = progress.match
      }
    }
    if (to >= peer.group.firstIndex()) peer.store.log.trim(peer.group, to)
  }
}
