/**
 * Stores that obey in virtual time, without Raft and without data: what they hold is a number of bytes, and a snapshot
 * takes the time that its bytes take at the rate of the slower of two stores. Idle cells report nothing but what changes.
 */
import { compareBytes, type Random } from '../../src/base/index.ts'
import {
  type Absorbed,
  type Cell,
  type CellLoad,
  type CellReport,
  type Heartbeat,
  type Order,
  type Peer,
  peerOn,
  type StorePlace,
  type StoreReport,
} from '../../src/model/index.ts'

const MIB = 1024 * 1024
const SNAPSHOT_BYTES_PER_MS = (64 * MIB) / 1000
/** What a change of members, or of leaders, takes. */
const ROUND_MS = 30
const SPLIT_ASK_MS = 5_000
/** What a command costs, in microseconds of its thread. */
const COMMAND_MICROS = 12

export interface SimStore {
  readonly place: StorePlace
  lost: boolean
  silent: boolean
  /** Of its disk, beside the cells. */
  filledShare: number
  snapshotsIn: number
  snapshotsOut: number
}

export interface SimCell {
  cell: Cell
  leader: number
  term: number
  sizeBytes: number
  commands: number
  askedMs: number
  absorbed: readonly Absorbed[]
}

interface Copy {
  readonly cell: SimCell
  readonly peer: Peer
  readonly from: SimStore
  readonly to: SimStore
  bytesLeft: number
}

interface Due {
  readonly atMs: number
  readonly act: () => void
}

export class SimStores {
  readonly stores = new Map<number, SimStore>()
  readonly cells = new Map<number, SimCell>()
  readonly ids = new Set<number>()
  readonly faults: string[] = []
  readonly smallBytes: number
  readonly snapshotsMax: number
  readonly cellBytesMax: number
  splits = 0
  merges = 0
  growth = 0
  executors = 0
  disks = 1
  capacityBytes = 2 ** 50
  readonly #random: Random
  #changed = new Set<SimCell>()
  readonly #loaded = new Set<SimCell>()
  readonly #copies = new Set<Copy>()
  readonly #pending = new Map<number, Copy>()
  #due: Due[] = []
  #growing: SimCell[] = []
  #grownAt = 0

  constructor(random: Random, limits: { smallBytes: number; snapshotsMax: number; cellBytesMax: number }) {
    this.#random = random
    this.smallBytes = limits.smallBytes
    this.snapshotsMax = limits.snapshotsMax
    this.cellBytesMax = limits.cellBytesMax
  }

  addStore(): number {
    const id = this.stores.size + 1
    const labels = { disk: String(((id - 1) % this.disks) + 1) }
    const place = { id, executor: (id - 1) % this.executors, dir: `/d/${id}`, logDir: '', labels }
    this.stores.set(id, { place, lost: false, silent: false, filledShare: 0, snapshotsIn: 0, snapshotsOut: 0 })
    return id
  }

  addCell(cell: Cell, sizeBytes: number): void {
    const [first] = cell.peers
    const held = {
      cell,
      leader: first?.store ?? 0,
      term: 6,
      sizeBytes,
      commands: 0,
      askedMs: -SPLIT_ASK_MS,
      absorbed: [],
    }
    for (const peer of cell.peers) this.ids.add(peer.id)
    this.cells.set(cell.id, held)
    this.#growing.push(held)
    this.#changed.add(held)
  }

  load(count: number, commands: number, spread: boolean): void {
    for (const cell of this.#loaded) cell.commands = 0
    this.#loaded.clear()
    const users = [...this.cells.values()].filter(({ cell }) => !cell.system)
    users.sort((a, b) => compareBytes(a.cell.start, b.cell.start))
    for (let i = 0; i < count; i++) {
      const cell = users[spread ? Math.floor((i * users.length) / count) : i] as SimCell
      cell.commands = commands
      this.#loaded.add(cell)
    }
  }

  /** What leads there is led elsewhere, as followers see to it. */
  lose(id: number): void {
    const store = this.stores.get(id) as SimStore
    store.lost = true
    for (const copy of this.#copies) if (copy.from === store || copy.to === store) this.#drop(copy)
    for (const held of this.cells.values()) if (held.leader === id) this.#elect(held)
  }

  #elect(held: SimCell): void {
    const next = held.cell.peers.find(
      (peer) => peer.role === 'voter' && !this.stores.get(peer.store)?.lost && !this.#pending.has(peer.id),
    )
    if (next === undefined) {
      this.faults.push(`cell ${held.cell.id} has no copy left that could lead`)
      return
    }
    held.leader = next.store
    held.term++
    this.#changed.add(held)
  }

  /** Everything that happens in the next `stepMs`. */
  advance(nowMs: number, stepMs: number): void {
    const due = this.#due.filter(({ atMs }) => atMs <= nowMs)
    this.#due = this.#due.filter(({ atMs }) => atMs > nowMs)
    for (const { act } of due) act()
    for (const copy of this.#copies) {
      const sharing = Math.max(1, copy.from.snapshotsOut, copy.to.snapshotsIn)
      copy.bytesLeft -= (SNAPSHOT_BYTES_PER_MS / sharing) * stepMs
      if (copy.bytesLeft > 0) continue
      this.#drop(copy)
      this.#changed.add(copy.cell)
    }
    let bytes = (this.growth * stepMs) / 1000
    // In portions, so that a hundred thousand cells need not be touched in every step.
    for (; bytes > 0 && this.#growing.length > 0; bytes -= MIB / 4) {
      const cell = this.#growing[this.#grownAt++ % this.#growing.length] as SimCell
      cell.sizeBytes += Math.min(bytes, MIB / 4)
      this.#changed.add(cell)
    }
  }

  #drop(copy: Copy): void {
    if (!this.#copies.delete(copy)) return
    this.#pending.delete(copy.peer.id)
    copy.from.snapshotsOut -= this.#share(copy.cell)
    copy.to.snapshotsIn -= this.#share(copy.cell)
  }

  #share({ sizeBytes }: SimCell): number {
    return sizeBytes < this.smallBytes ? 0.25 : 1
  }

  obey(order: Order, nowMs: number): void {
    this.#due.push({ atMs: nowMs + ROUND_MS * (1 + this.#random.float()), act: () => this.#carryOut(order, nowMs) })
  }

  #carryOut(order: Order, nowMs: number): void {
    const held = this.cells.get(order.cell)
    if (held === undefined || held.leader !== order.store || this.stores.get(order.store)?.lost) return
    const { cell } = held
    if (cell.epoch.version !== order.epoch.version || cell.epoch.confVer !== order.epoch.confVer) return
    const { step } = order
    this.#changed.add(held)
    switch (step.kind) {
      case 'transferLeader': {
        const target = peerOn(cell, step.toStore)
        if (target?.role !== 'voter' || this.stores.get(step.toStore)?.lost) return
        held.leader = step.toStore
        held.term++
        return
      }
      case 'split':
        this.#split(held, step)
        return
      case 'addLearner':
        this.#addLearner(held, step.peer)
        return
      case 'removePeer':
        this.#members(
          held,
          cell.peers.filter(({ id }) => id !== step.peer.id),
        )
        return
      case 'promoteLearner':
        if (this.#pending.has(step.peer.id)) return
        this.#members(held, [...cell.peers.filter(({ id }) => id !== step.peer.id), step.peer])
        return
      case 'replacePeer': {
        if (this.#pending.has(step.peer.id) || step.removed.store === held.leader) return
        const others = cell.peers.filter(({ id }) => id !== step.peer.id && id !== step.removed.id)
        this.#members(held, [...others, step.peer])
        return
      }
      case 'merge':
        this.#merge(held, step.target)
        return
      default:
        throw new Error(`an order at ${nowMs} ms that no store knows`)
    }
  }

  #addLearner(held: SimCell, peer: Peer): void {
    if (this.ids.has(peer.id)) this.faults.push(`the id ${peer.id} was given twice`)
    this.ids.add(peer.id)
    const from = this.stores.get(held.leader) as SimStore
    const to = this.stores.get(peer.store) as SimStore
    if (to.lost || peerOn(held.cell, peer.store) !== undefined) return
    this.#members(held, [...held.cell.peers, peer])
    const copy: Copy = { cell: held, peer, from, to, bytesLeft: held.sizeBytes }
    const share = this.#share(held)
    from.snapshotsOut += share
    to.snapshotsIn += share
    for (const [store, count] of [
      [from, from.snapshotsOut],
      [to, to.snapshotsIn],
    ] as const) {
      if (count > this.snapshotsMax) this.faults.push(`store ${store.place.id} has ${count} snapshots under way`)
    }
    if (to.filledShare > 0.8) this.faults.push(`store ${to.place.id}, which is full, got a peer`)
    this.#copies.add(copy)
    this.#pending.set(peer.id, copy)
  }

  #members(held: SimCell, peers: readonly Peer[]): void {
    const { epoch } = held.cell
    held.cell = { ...held.cell, peers, epoch: { version: epoch.version, confVer: epoch.confVer + 1 } }
    const voters = peers.filter(({ role }) => role === 'voter')
    const alive = voters.filter(({ store }) => !this.stores.get(store)?.lost)
    if (alive.length <= voters.length / 2) this.faults.push(`cell ${held.cell.id} has no majority left`)
  }

  #split(held: SimCell, step: Extract<Order['step'], { kind: 'split' }>): void {
    const { cell } = held
    const key = step.key ?? middleOf(cell)
    for (const peer of step.childPeers) {
      if (this.ids.has(peer.id)) this.faults.push(`the id ${peer.id} was given twice`)
    }
    const epoch = { version: cell.epoch.version + 1, confVer: cell.epoch.confVer }
    held.cell = { ...cell, end: key, epoch }
    held.sizeBytes /= 2
    held.commands /= 2
    this.addCell({ ...cell, id: step.child, start: key, epoch, peers: step.childPeers }, held.sizeBytes)
    const child = this.cells.get(step.child) as SimCell
    child.leader = held.leader
    child.commands = held.commands
    if (child.commands > 0) this.#loaded.add(child)
    this.splits++
  }

  /** Decided at once, and for it where the two fit. */
  #merge(source: SimCell, asOf: Cell): void {
    const target = this.cells.get(asOf.id)
    if (target === undefined || target.cell.epoch.confVer !== asOf.epoch.confVer) return
    const { cell } = target
    if (cell.epoch.version !== asOf.epoch.version) return
    const { start, end, peers, epoch } = source.cell
    if (peers.length !== cell.peers.length || !peers.every(({ store }) => peerOn(cell, store)?.role === 'voter')) {
      this.faults.push(`cell ${source.cell.id} was to be merged into one on other stores`)
      return
    }
    const isLeft = end !== null && compareBytes(end, cell.start) === 0
    const version = Math.max(epoch.version + 1, cell.epoch.version) + 1
    target.cell = { ...cell, ...(isLeft ? { start } : { end }), epoch: { version, confVer: cell.epoch.confVer } }
    target.sizeBytes += source.sizeBytes
    target.commands += source.commands
    target.absorbed = [...target.absorbed, { cell: source.cell.id, index: 0 }]
    this.cells.delete(source.cell.id)
    this.#changed.delete(source)
    this.#loaded.delete(source)
    this.#growing = this.#growing.filter((growing) => growing !== source)
    this.#changed.add(target)
    this.merges++
  }

  /** What has changed; each second, all stores and what has load. Splits that leaders want are called out. */
  heartbeats(nowMs: number, all: boolean, splitWanted: (cell: Cell) => void): Heartbeat | null {
    const cells: CellReport[] = []
    if (all) for (const cell of this.#loaded) this.#changed.add(cell)
    const later = new Set<SimCell>()
    for (const held of this.#changed) {
      if (this.stores.get(held.leader)?.silent) {
        later.add(held)
        continue
      }
      cells.push(this.#report(held, all))
      if (held.sizeBytes > this.cellBytesMax && nowMs - held.askedMs >= SPLIT_ASK_MS) {
        held.askedMs = nowMs
        splitWanted(held.cell)
      }
    }
    this.#changed = later
    const stores = all ? this.#storeReports() : []
    return cells.length + stores.length === 0 ? null : { kind: 'heartbeat', executor: 0, stores, cells }
  }

  #storeReports(): StoreReport[] {
    const reports: StoreReport[] = []
    for (const { place, lost, silent, filledShare, snapshotsIn, snapshotsOut } of this.stores.values()) {
      if (silent) continue
      const { id: store, executor, dir, labels } = place
      const { capacityBytes } = this
      const freeBytes = capacityBytes * (1 - filledShare)
      const health = { capacityBytes, freeBytes, syncMs: 1, lagMs: 1, snapshotsIn, snapshotsOut }
      reports.push({
        store,
        executor,
        dir,
        labels,
        state: lost ? 'lost' : 'up',
        cells: 0,
        leaders: 0,
        sizeBytes: 0,
        health,
      })
    }
    return reports
  }

  #report({ cell, leader, term, sizeBytes, commands, absorbed }: SimCell, all: boolean): CellReport {
    const lead = peerOn(cell, leader) as Peer
    const pending = cell.peers.map(({ id }) => id).filter((id) => this.#pending.has(id))
    const load: CellLoad | null =
      commands === 0 || !all
        ? null
        : { forMs: 1000, commands, bytes: commands * 100, cpuMicros: commands * COMMAND_MICROS, middle: middleOf(cell) }
    const match = cell.peers.map(({ id }) => ({ peer: id, index: Math.round(this.#pending.get(id)?.bytesLeft ?? 0) }))
    const keys = Math.round(sizeBytes / 100)
    const held = { cell, term, leader: lead, pending, down: [], match, sizeBytes, keys }
    const report = absorbed.length === 0 ? held : { ...held, absorbed }
    return load === null ? report : { ...report, load }
  }

  /** Everything is told again: PD is new. */
  reportAll(): void {
    for (const cell of this.cells.values()) this.#changed.add(cell)
  }

  threadLoads(): number[] {
    const loads = Array.from({ length: this.executors }, () => 0)
    for (const { leader, commands } of this.#loaded) {
      const executor = this.stores.get(leader)?.place.executor ?? 0
      loads[executor] = (loads[executor] as number) + commands
    }
    return loads
  }
}

const KEY_BYTES = 6

/** Of the range, read as six bytes. */
function middleOf({ start, end }: Cell): Uint8Array {
  const number = (key: Uint8Array) => {
    let value = 0
    for (let i = 0; i < KEY_BYTES; i++) value = value * 256 + (key[i] ?? 0)
    return value
  }
  return keyOf(Math.floor((number(start) + (end === null ? 256 ** KEY_BYTES : number(end))) / 2))
}

export function keyOf(number: number): Uint8Array {
  const key = new Uint8Array(KEY_BYTES)
  for (let i = KEY_BYTES - 1; i >= 0; i--) {
    key[i] = number % 256
    number = Math.floor(number / 256)
  }
  return key
}
