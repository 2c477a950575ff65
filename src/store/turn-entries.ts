/**
 * The entries that a turn builds, one for each cell that it evaluates for: begun with the first command of the cell that
 * may run, within what Raft would take, and proposed when all have run (rule 3).
 */
import { assert } from '../base/index.ts'
import { EntryWriter } from './entry.ts'
import type { Peer } from './peer.ts'
import type { Stores } from './stores.ts'

/**
 * So many cells of one turn have memory of the full size for what they write; with more, each has a little, for a value that
 * stays in memory keeps all of the slab that it lies in.
 */
const LARGE_WRITERS = 8
const SMALL_SLAB_BYTES = 512
/** Writers that are kept for the next turns. */
const SPARE_WRITERS_MAX = 32
/** A turn gathers no more effects of a cell than this, but for one large command. */
const TURN_BYTES_MAX = 1024 * 1024
/**
 * What Raft takes beyond the bytes at which writes begin to wait. What a command writes is known only when it has run,
 * and then it must be taken: so there is room for any one command, however large its values.
 */
export const UNCOMMITTED_RESERVE_BYTES = 2 ** 40
/** A command that reads writes, too, when it meets a dead key. That it need not wait whenever writes do, it has more room. */
const READ_RESERVE_BYTES = UNCOMMITTED_RESERVE_BYTES - 16 * 1024 * 1024

export class TurnEntries {
  readonly #stores: Stores
  readonly #peers: Peer[] = []
  readonly #budgets = new Map<Peer, number>()
  readonly #writers = new Map<Peer, EntryWriter>()
  readonly #spareWriters: EntryWriter[] = []

  constructor(stores: Stores) {
    this.#stores = stores
  }

  begin(peer: Peer): void {
    const working = peer.working as NonNullable<Peer['working']>
    const writer = this.#spareWriters.pop() ?? this.#newWriter()
    writer.begin()
    // A cell's clock never goes back, also when its leader changes (rule 7).
    working.begin(writer, Math.max(this.#stores.wallMs, peer.clockFloorMs), peer.node.lastIndex + 1)
    this.#writers.set(peer, writer)
    this.#budgets.set(peer, peer.node.proposalBudgetBytes())
    peer.evaluating = true
    this.#peers.push(peer)
  }

  #newWriter(): EntryWriter {
    const { entryBytesMax } = this.#stores.sizes
    return this.#peers.length < LARGE_WRITERS
      ? new EntryWriter(entryBytesMax)
      : new EntryWriter(entryBytesMax, SMALL_SLAB_BYTES)
  }

  /** What Raft would take now, less what this turn has written (rule 3). What does not fit waits for the next turn. */
  hasBudget(peer: Peer, writes: boolean): boolean {
    const reserve = writes ? UNCOMMITTED_RESERVE_BYTES : READ_RESERVE_BYTES
    const written = (this.#writers.get(peer) as EntryWriter).bytes
    return written < TURN_BYTES_MAX && written < (this.#budgets.get(peer) as number) - reserve
  }

  /** The last entry there is, the one being built included. */
  lastIndex(peer: Peer): number {
    const writer = this.#writers.get(peer)
    return writer?.hasEffects ? (peer.working?.entryIndex ?? 0) : peer.node.lastIndex
  }

  /** The effects of the turn become one entry of each cell. */
  propose(): void {
    for (const peer of this.#peers) {
      peer.evaluating = false
      const writer = this.#writers.get(peer) as EntryWriter
      const working = peer.working
      assert(working !== null && working.term === peer.node.term, 'evaluated in another term than it is proposed in')
      if (writer.hasEffects) {
        const last = writer.finish(peer.cell.epoch.version, working.nowMs, working.count, working.sizeBytes)
        const isOne = writer.sealed.length === 0
        const taken = isOne ? peer.node.propose(last) : peer.node.proposeAll([...writer.sealed, last])
        // The budget was asked for in this very turn, so Raft takes it, at the index that answers already wait for.
        assert(taken && peer.node.lastIndex === working.entryIndex, 'Raft refused an entry that it had room for')
        peer.clockFloorMs = working.nowMs
        this.#stores.touch(peer)
      } else {
        writer.abandon()
      }
      if (this.#spareWriters.length < SPARE_WRITERS_MAX) this.#spareWriters.push(writer)
    }
    this.#peers.length = 0
    this.#budgets.clear()
    this.#writers.clear()
  }
}
