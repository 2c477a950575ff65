/**
 * Stores that obey PD without Raft: the cells of all executors lie in one place, orders change them, and heartbeats tell
 * of them. The system range answers as its leader would.
 */
import { type ActorContext, actor, type EdgeToken, edge } from '../../src/actor/index.ts'
import { compareBytes, EMPTY, equalBytes, type Random } from '../../src/base/index.ts'
import {
  type Absorbed,
  AnswerWriter,
  actorNames,
  type Cell,
  type CommandBatch,
  CommandReader,
  containsKey,
  Fate,
  type Heartbeat,
  type Order,
  type OrderStep,
  type PdMessage,
  type Peer,
  peerOn,
  Refusal,
  type StoresMessage,
  SYSTEM_CELL,
  type Topology,
} from '../../src/model/index.ts'
import { ReplyParser, ReplyWriter } from '../../src/redis/index.ts'
import { storeReport } from './world.ts'

export interface FakeCell {
  cell: Cell
  leader: number
  term: number
  absorbed?: Absorbed[]
}

export class FakeWorld {
  readonly topology: Topology
  readonly cells = new Map<number, FakeCell>()
  readonly values = new Map<string, string>()
  readonly orders: Order[] = []
  /** Every peer id that was ever given. */
  readonly ids = new Set<number>()
  readonly givenTwice: number[] = []
  orderLoss = 0
  /** Peers that were to go by a replacement while they led. */
  readonly leadersRemoved: number[] = []
  /** What any cell ever had. */
  votersMost = 0
  /** Cells of which nothing is told. */
  readonly silent = new Set<number>()
  /** Cells that are told of only when PD asks for everything. */
  readonly asleep = new Set<number>()
  /** So many of PD's wishes to hear everything are lost. */
  asksLost = 0
  generation = 0
  /** How often one half of a split is told of only with the next interval. */
  lateHalf = 0
  readonly lateHalves: number[] = []
  /** Of each cell. */
  keys = 0
  /** A learner takes so long to catch up. */
  catchUpMs = 0
  /** By peer. */
  readonly #pendingUntilMs = new Map<number, number>()

  constructor(topology: Topology) {
    this.topology = topology
  }

  add(id: number, start: string, end: string | null, stores: readonly number[]): void {
    const peers = stores.map((store): Peer => ({ id: id * 10 + store, store, role: 'voter' }))
    const cell: Cell = {
      id,
      system: id === SYSTEM_CELL,
      start: Buffer.from(start),
      end: end === null ? null : Buffer.from(end),
      epoch: { version: 1, confVer: 1 },
      peers,
    }
    this.cells.set(id, { cell, leader: stores[0] as number, term: 6 })
  }

  obey(order: Order, nowMs: number): boolean {
    const held = this.cells.get(order.cell)
    if (held === undefined || order.generation < this.generation || held.leader !== order.store) return false
    this.generation = order.generation
    const { cell } = held
    if (cell.epoch.confVer !== order.epoch.confVer || cell.epoch.version !== order.epoch.version) return false
    const { step } = order
    if (step.kind === 'transferLeader') {
      if (peerOn(cell, step.toStore)?.role !== 'voter') return false
      held.leader = step.toStore
      held.term++
      return true
    }
    if (step.kind === 'split') return this.#split(held, step)
    if (step.kind === 'merge') return this.#merge(cell, step.target)
    const { peer } = step
    if (step.kind === 'addLearner' && peerOn(cell, peer.store) === undefined) {
      if (this.ids.has(peer.id)) this.givenTwice.push(peer.id)
      this.ids.add(peer.id)
      this.#pendingUntilMs.set(peer.id, nowMs + this.catchUpMs)
    }
    const leaving = step.kind === 'replacePeer' ? step.removed.id : 0
    if (leaving === peerOn(cell, held.leader)?.id) this.leadersRemoved.push(leaving)
    const others = cell.peers.filter((other) => other.id !== peer.id && other.id !== leaving)
    const peers = step.kind === 'removePeer' ? others : [...others, peer]
    this.votersMost = Math.max(this.votersMost, peers.filter((other) => other.role === 'voter').length)
    held.cell = { ...cell, peers, epoch: { version: cell.epoch.version, confVer: cell.epoch.confVer + 1 } }
    return true
  }

  /** The child has a leader at once, where the parent has its own; where it is to keep one copy, it has done so. */
  #split(held: FakeCell, step: Extract<OrderStep, { kind: 'split' }>): boolean {
    const { cell } = held
    const key = step.key ?? middleOf(cell)
    if (!containsKey(cell, key) || equalBytes(key, cell.start)) return false
    for (const id of [step.child, ...step.childPeers.map((peer) => peer.id)]) {
      if (this.ids.has(id)) this.givenTwice.push(id)
      this.ids.add(id)
    }
    const epoch = { version: cell.epoch.version + 1, confVer: cell.epoch.confVer }
    held.cell = { ...cell, end: key, epoch }
    const leader = step.childPeers.find(({ store }) => store === held.leader) ?? (step.childPeers[0] as Peer)
    const peers = step.single ? [leader] : step.childPeers
    const born = step.single ? { ...epoch, confVer: epoch.confVer + 2 } : epoch
    const child = { ...cell, id: step.child, start: key, epoch: born, peers }
    this.cells.set(child.id, { cell: child, leader: leader.store, term: 6 })
    return true
  }

  /** Decided at once, and always for it, if the two fit. */
  #merge(source: Cell, asOf: Cell): boolean {
    const held = this.cells.get(asOf.id)
    if (held === undefined) return false
    const { cell: target } = held
    const { epoch, peers } = target
    if (epoch.version !== asOf.epoch.version || epoch.confVer !== asOf.epoch.confVer) return false
    if (peers.length !== source.peers.length || !source.peers.every(({ store }) => peerOn(target, store))) return false
    const isLeft = source.end !== null && equalBytes(source.end, target.start)
    if (!isLeft && !(target.end !== null && equalBytes(target.end, source.start))) return false
    const version = Math.max(source.epoch.version + 1, epoch.version) + 1
    const range = isLeft ? { start: source.start } : { end: source.end }
    held.cell = { ...target, ...range, epoch: { version, confVer: epoch.confVer } }
    held.absorbed = [...(held.absorbed ?? []), { cell: source.id, index: 100 }]
    this.cells.delete(source.id)
    return true
  }

  /** Every user key lies in exactly one cell. */
  get tiles(): boolean {
    const users = [...this.cells.values()].map(({ cell }) => cell).filter((cell) => !cell.system)
    users.sort((a, b) => compareBytes(a.start, b.start))
    return (
      users[0]?.start.length === 0 &&
      users[users.length - 1]?.end === null &&
      users.slice(1).every((cell, i) => equalBytes(cell.start, users[i]?.end ?? EMPTY))
    )
  }

  run(command: readonly string[], reply: ReplyWriter): void {
    const [name, key = '', held, next] = command
    const present = this.values.get(key) ?? ''
    if (name === 'SYSGET') {
      reply.array(command.length - 1)
      for (const wanted of command.slice(1)) {
        const value = Buffer.from(this.values.get(wanted) ?? '')
        if (value.length === 0) reply.nil()
        else reply.bulk(value, 0, value.length)
      }
    } else if (name === 'SYSCAS') {
      if (present === held) {
        this.values.set(key, next as string)
        reply.integer(1)
      } else reply.bulk(Buffer.from(present), 0, present.length)
    } else if (present !== held) reply.error('STALE', 'generation')
    else {
      for (let i = 3; i < command.length; i += 2) this.values.set(command[i] as string, command[i + 1] as string)
      reply.ok()
    }
  }

  heartbeat(executor: number, nowMs: number, isWhole = false): Heartbeat {
    const stores = this.topology.stores.filter((store) => store.executor === executor)
    const cells = [...this.cells.values()].filter(
      ({ cell, leader }) =>
        !this.silent.has(cell.id) &&
        (isWhole || !this.asleep.has(cell.id)) &&
        stores.some((store) => store.id === leader),
    )
    return {
      kind: 'heartbeat',
      executor,
      ...(isWhole && { whole: true as const }),
      stores: stores.map((store) => storeReport(store)),
      cells: cells.map(({ cell, leader, term, absorbed }) => ({
        cell,
        term,
        leader: peerOn(cell, leader) as Peer,
        ...(absorbed === undefined ? {} : { absorbed }),
        pending: cell.peers.map(({ id }) => id).filter((id) => (this.#pendingUntilMs.get(id) ?? 0) > nowMs),
        down: [],
        match: cell.peers.map((peer) => ({ peer: peer.id, index: 10 })),
        sizeBytes: 0,
        keys: this.keys,
      })),
    }
  }
}

/** Of the range, read as three bytes. */
function middleOf({ start, end }: Cell): Uint8Array {
  const number = (key: Uint8Array) => ((key[0] ?? 0) << 16) | ((key[1] ?? 0) << 8) | (key[2] ?? 0)
  const middle = (number(start) + (end === null ? 2 ** 24 : number(end))) >>> 1
  return Uint8Array.of(middle >>> 16, middle >>> 8, middle)
}

export const worldEdge: EdgeToken<FakeWorld> = edge<FakeWorld>('world')

const REPORT_MS = 1_000

export const fakeStores = actor<StoresMessage>({
  module: import.meta.url,
  name: 'fakeStores',
  start(ctx) {
    const world = ctx.edge(worldEdge)
    const pd = ctx.named<PdMessage>(actorNames.pd)
    const report = (isWhole = false) => ctx.tell(pd, world.heartbeat(ctx.executor, ctx.clock.monotonicMs(), isWhole))
    ctx.every(REPORT_MS, { kind: 'tick' })
    return {
      receive(message) {
        switch (message.kind) {
          case 'order':
            world.orders.push(message)
            if (ctx.random.chance(world.orderLoss) || !world.obey(message, ctx.clock.monotonicMs())) return
            if (message.step.kind === 'split' && ctx.random.chance(world.lateHalf)) {
              const late = ctx.random.chance(0.5) ? message.cell : message.step.child
              world.silent.add(late)
              world.lateHalves.push(late)
            }
            report()
            return
          case 'tick':
            for (const late of world.lateHalves.splice(0)) world.silent.delete(late)
            report()
            return
          case 'commands':
            answer(ctx, world, message, ctx.random)
            return
          case 'reportAll':
            if (world.asksLost > 0) world.asksLost--
            else report(true)
            return
          default:
            report()
        }
      },
    }
  },
})

function answer(ctx: ActorContext<StoresMessage>, world: FakeWorld, batch: CommandBatch, random: Random): void {
  const commands = new CommandReader()
  const answers = new AnswerWriter()
  commands.reset(batch.records)
  while (commands.next()) {
    const system = world.cells.get(SYSTEM_CELL) as FakeCell
    const { session, sequence } = commands
    if (system.leader !== commands.store) {
      const leader = Buffer.alloc(8)
      leader.writeDoubleLE(system.leader)
      answers.add(session, sequence, Fate.notExecuted, Refusal.notLeader, leader, 0, 8)
      continue
    }
    const parser = new ReplyParser()
    parser.push(commands.buffer.subarray(commands.start, commands.end))
    const reply = new ReplyWriter()
    world.run(parser.next() as string[], reply)
    // Executed, and nobody will ever know.
    if (random.chance(world.orderLoss / 4)) answers.add(session, sequence, Fate.unknown, Refusal.none, EMPTY, 0, 0)
    else answers.add(session, sequence, Fate.done, Refusal.none, reply.buffer, 0, reply.length)
  }
  ctx.tell(ctx.named(batch.origin), { kind: 'answers', generation: batch.generation, records: answers.take() })
}
