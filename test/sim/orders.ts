/** What people may ask of PD while everything goes on: leaders, splits, members, stores to be emptied, settings. */
import type { Ref } from '../../src/actor/index.ts'
import { compareBytes, type Random, text, utf8 } from '../../src/base/index.ts'
import {
  actorNames,
  type Cell,
  type GatewayMessage,
  type HandKind,
  type PdMessage,
  SYSTEM_CELL,
} from '../../src/model/index.ts'
import type { Stores } from '../../src/store/index.ts'

/** More are not asked for: a run is to see many splits, and many commands in each cell. */
const CELLS_MAX = 12

export interface OrderWorld {
  readonly hosts: ReadonlyMap<number, Stores>
  readonly storeIds: readonly number[]
  readonly gateways: readonly string[]
  named<M>(name: string): Ref<M>
  /** May a store be emptied for good, so that enough are left whatever is still to fall? */
  maySpare(store: number): boolean
  /** A cell is to have a copy less. False: what is still to fall may take a majority with it then. */
  mayRemove(): boolean
  /** The same of a cut: its child may begin with a single copy. */
  maySplit(): boolean
  trace(text: string): void
}

export class Orders {
  readonly #world: OrderWorld
  /** Stores that were asked to be emptied: they may have been buried since. */
  readonly offline = new Set<number>()
  /** Of settings. */
  #changes = 0

  constructor(world: OrderWorld) {
    this.#world = world
  }

  transferLeader(random: Random): void {
    const cells = this.#cells()
    if (cells.length === 0) return
    const cell = random.pick(cells)
    const toStore = random.pick(this.#world.storeIds)
    this.#world.trace(`cell ${cell} is to be led from store ${toStore}`)
    this.#pd.tell({ kind: 'transferWanted', cell, toStore })
  }

  splitCell(random: Random): void {
    const cells = this.#cells().filter((cell) => cell !== SYSTEM_CELL)
    if (cells.length === 0 || cells.length >= CELLS_MAX) return
    const family = random.pick(['text/', 'counter/', 'mortal/', '{t'])
    const key = random.chance(0.3) ? null : utf8(`${family}${random.below(100)}`)
    this.split(random.pick(cells), key)
  }

  split(cell: number, key: Uint8Array | null): void {
    if (!this.#world.maySplit()) return
    this.#world.trace(`cell ${cell} is to be split at ${key === null ? 'its middle' : text(key)}`)
    this.#order('split', cell, 0, key)
  }

  /** Some cell is to become a part of one beside it. */
  mergeCells(random: Random): void {
    const cells = new Map<number, Cell>()
    for (const host of this.#world.hosts.values()) {
      for (const { cell } of host.peers()) {
        if (!cell.system && cell.peers.length > 0 && cell.epoch.version >= (cells.get(cell.id)?.epoch.version ?? 0))
          cells.set(cell.id, cell)
      }
    }
    const sorted = [...cells.values()].sort((a, b) => compareBytes(a.start, b.start) || a.id - b.id)
    if (sorted.length < 2) return
    const at = random.below(sorted.length - 1)
    const [left, right] = [sorted[at] as Cell, sorted[at + 1] as Cell]
    const [source, into] = random.chance(0.5) ? [left, right] : [right, left]
    this.#world.trace(`cell ${source.id} is to become a part of cell ${into.id}`)
    this.#order('merge', source.id, 0, null, into.id)
  }

  changeMembers(random: Random): void {
    const cells = this.#cells()
    if (cells.length === 0) return
    const cell = random.pick(cells)
    const store = random.pick(this.#world.storeIds)
    const operator = random.pick(['add-peer', 'remove-peer', 'remove-peer'] as const)
    if (operator === 'remove-peer' && !this.#world.mayRemove()) return
    this.#world.trace(`${operator} is ordered of cell ${cell} on store ${store}`)
    this.#order(operator, cell, store, null)
  }

  orderStore(random: Random): void {
    const store = random.pick(this.#world.storeIds)
    const offline = !this.offline.has(store)
    if (offline && !this.#world.maySpare(store)) return
    this.offline.add(store)
    this.#world.trace(`store ${store} is to be ${offline ? 'emptied' : 'used again'}`)
    this.#pd.tell({ kind: 'storeOrder', store, offline, origin: 'nobody', request: 0 })
  }

  changeSetting(random: Random): void {
    const [name, value] = random.pick([
      ['requestTimeout', '1s'],
      ['requestTimeout', '5s'],
      ['connectionOrder', 'keys'],
      ['connectionOrder', 'strict'],
    ] as const)
    this.#world.trace(`${name} becomes ${value}`)
    const change = { kind: 'settingChanged', name, value, stamp: ++this.#changes, by: 0 } as const
    for (const gateway of this.#world.gateways) this.#world.named<GatewayMessage>(gateway).tell(change)
  }

  get #pd(): Ref<PdMessage> {
    return this.#world.named<PdMessage>(actorNames.pd)
  }

  #order(operator: HandKind, cell: number, store: number, key: Uint8Array | null, into = 0): void {
    this.#pd.tell({ kind: 'operatorWanted', operator, cell, store, key, into, origin: 'nobody', request: 0 })
  }

  #cells(): number[] {
    const cells = new Set<number>()
    for (const host of this.#world.hosts.values()) for (const peer of host.peers()) cells.add(peer.cell.id)
    return [...cells].sort((a, b) => a - b)
  }
}
