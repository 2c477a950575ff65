/**
 * Faults that destroy what was synced. They strike only where every cell keeps a majority of its copies elsewhere, and
 * where enough stores are left to rebuild what was lost, whatever was doomed before; `ruin` is the exception.
 */
import type { Random } from '../../src/base/index.ts'
import type { Topology } from '../../src/model/index.ts'
import { EntryType } from '../../src/raft/index.ts'
import type { Stores } from '../../src/store/index.ts'
import type { Peer } from '../../src/store/peer.ts'
import type { SimulatedDisk } from './disk.ts'
import type { SimulatedEngineDisk } from './engine.ts'

/** So long a removal that was ordered may be under way without a trace in any log. */
const REMOVAL_MS = 3_000

export interface Machine {
  readonly disk: SimulatedDisk
  readonly engines: Map<number, SimulatedEngineDisk>
}

export interface DestructionWorld {
  readonly executors: number
  readonly replicas: number
  readonly machines: readonly Machine[]
  readonly hosts: ReadonlyMap<number, Stores>
  /** All stores, those that are lost included. */
  readonly topology: Topology
  /** Stores that PD may give nothing to. */
  readonly offline: ReadonlySet<number>
  isUp(executor: number): boolean
  crashExecutor(executor: number): void
  restartExecutor(executor: number): void
  schedule(delayMs: number, action: () => void): void
  trace(text: string): void
}

export class Destruction {
  readonly #world: DestructionWorld
  /** Something there was damaged: its stores are lost, or will be when they find out. */
  readonly doomed = new Set<number>()
  /**
   * Damage in an engine may be found long after. Not where cells change in between: a cell that has, for a while, fewer copies
   * than it should could come to have most of them there.
   */
  mayLurk = false
  /** Ordered of late: each leaves a cell with a copy less, whatever becomes of the others meanwhile. */
  #removals = 0

  constructor(world: DestructionWorld) {
    this.#world = world
  }

  /** Asked by whoever then orders it. */
  mayRemove(): boolean {
    if (this.#world.machines.some(({ disk }) => disk.failingSyncs > 0)) return false
    this.#removals++
    this.#world.schedule(REMOVAL_MS, () => {
      this.#removals--
    })
    return true
  }

  failSync(random: Random): boolean {
    const executor = random.below(this.#world.executors)
    if (!this.mayLose(executor)) return false
    this.#world.trace(`the next sync of executor ${executor} fails`)
    this.doomed.add(executor)
    const { disk } = this.#machine(executor)
    disk.failingSyncs = 1
    // Members may have changed since, or be about to.
    disk.mayFail = () => {
      const may = this.#wouldSurvive(executor)
      if (!may) this.doomed.delete(executor)
      return may
    }
    return true
  }

  rot(random: Random): boolean {
    const executor = random.below(this.#world.executors)
    if (!this.mayLose(executor) || !this.#world.isUp(executor)) return false
    if (random.chance(0.5)) {
      if (!this.#machine(executor).disk.rotSynced(`log-${executor}`)) return false
      this.doomed.add(executor)
      this.#world.trace(`a bit of the log of executor ${executor} rots, and its thread is started again`)
      this.#startAgain(executor)
      return true
    }
    const [store, engine] = random.pick([...this.#machine(executor).engines])
    this.doomed.add(executor)
    this.#world.trace(`the engine of store ${store} rots`)
    engine.rotten = true
    if (!this.mayLurk || random.chance(0.5)) this.#startAgain(executor)
    return true
  }

  /** A majority of the disks, all at once. */
  ruin(random: Random): void {
    const { executors } = this.#world
    const order = Array.from({ length: executors }, (_, executor) => ({ executor, at: random.float() }))
    order.sort((a, b) => a.at - b.at)
    for (const { executor } of order.slice(0, (executors >> 1) + 1)) {
      this.doomed.add(executor)
      const machine = this.#machine(executor)
      const log = random.chance(0.6) && machine.disk.rotSynced(`log-${executor}`)
      if (!log || random.chance(0.3)) for (const engine of machine.engines.values()) engine.rotten = true
      this.#world.trace(`the disk of executor ${executor} is ruined`)
      this.#startAgain(executor)
    }
  }

  mayLose(executor: number): boolean {
    return !this.doomed.has(executor) && this.#wouldSurvive(executor)
  }

  #wouldSurvive(executor: number): boolean {
    const { hosts, topology, replicas, offline } = this.#world
    // With two executors a majority may come to be on one of them before its disk fails.
    if (this.#world.executors < 3) return false
    if (this.#removals > 0) return false
    // What lies on a thread that is down, or not there yet, is known to nobody.
    for (let at = 0; at < this.#world.executors; at++) if (!this.doomed.has(at) && !hosts.has(at)) return false
    const gone = new Set<number>()
    for (const { id, executor: at } of topology.stores) if (at === executor || this.doomed.has(at)) gone.add(id)
    const left = topology.stores.filter(({ id }) => !gone.has(id) && !offline.has(id))
    if (left.length < replicas) return false
    // Every cell must have a majority elsewhere, whatever else has fallen and will rise again.
    for (const host of hosts.values()) {
      for (const peer of host.peers()) {
        const { cell, confState } = peer
        // What is decided, or about to be, may leave fewer.
        if (isChangingMembers(peer)) return false
        const voters = cell.peers.filter((peer) => peer.role === 'voter')
        const elsewhere = voters.filter((peer) => !gone.has(peer.store))
        if (elsewhere.length < 2 || elsewhere.length * 2 <= voters.length) return false
        if (confState.votersOutgoing.length > 0) return false
      }
    }
    return true
  }

  /** Would enough stores be left without this one? */
  maySpare(store: number): boolean {
    const { topology, replicas, offline } = this.#world
    const left = topology.stores.filter(
      ({ id, executor }) => id !== store && !offline.has(id) && !this.doomed.has(executor),
    )
    return left.length >= replicas
  }

  #startAgain(executor: number): void {
    const world = this.#world
    if (!world.isUp(executor)) return
    world.crashExecutor(executor)
    world.schedule(1, () => {
      if (!world.isUp(executor)) world.restartExecutor(executor)
    })
  }

  #machine(executor: number): Machine {
    return this.#world.machines[executor] as Machine
  }
}

/** Has it an entry that changes members, and has not applied it? */
function isChangingMembers({ group, applied }: Peer): boolean {
  const entries = group.entries(applied + 1, group.lastIndex() + 1, Number.POSITIVE_INFINITY) ?? []
  return entries.some(({ type }) => type !== EntryType.normal)
}
