import type { ActorContext, LogLevel, Ref } from '../actor/index.ts'
import { type Random, unreachable } from '../base/index.ts'
import {
  type Absorbed,
  type AnswerBatch,
  actorNames,
  type Cell,
  type CommandBatch,
  type Envelope,
  type Options,
  type PdMessage,
  readRaftBatch,
  readSleepNotes,
  type StorePlace,
  type StoresMessage,
  shareKeys,
  type Topology,
} from '../model/index.ts'
import type { Ready } from '../raft/index.ts'
import type { RaftLog } from '../storage/index.ts'
import { Absorptions } from './absorb.ts'
import { Beginnings } from './beginnings.ts'
import { type Space, storageEdge, UNKNOWN_SPACE } from './edges.ts'
import { Evaluator } from './evaluate.ts'
import { Flushes } from './flush.ts'
import { Heartbeats } from './heartbeat.ts'
import { HeldOrders } from './held-orders.ts'
import { VALUE_SIZES, type ValueSizes } from './key-record.ts'
import { Liveness } from './liveness.ts'
import { Loads } from './loads.ts'
import { hearOfRemoval, obey } from './membership.ts'
import { hasAbsorbed, Merges } from './merge.ts'
import { Meters } from './meter.ts'
import { Origin } from './origin.ts'
import { Pace } from './pace.ts'
import { Pages } from './pages.ts'
import type { Peer } from './peer.ts'
import { answerLast } from './refuse.ts'
import { Removals } from './removal.ts'
import { Sleep } from './sleep.ts'
import { SnapshotsIn } from './snapshot-in.ts'
import { Snapshots } from './snapshot-out.ts'
import { Splits } from './split.ts'
import type { Store } from './store.ts'
import { Wakings } from './survivors.ts'
import { Transport } from './transport.ts'
import { turn } from './turn.ts'
import { UnsafeRecoveries } from './unsafe-recover.ts'
import { WriteBack } from './write-back.ts'

export interface StoresArgs {
  readonly executor: number
  readonly topology: Topology
  readonly options: Options
  /** How values lie in the engine; only tests have reason to give others. */
  readonly sizes?: ValueSizes
  /** The executor's incarnation: 1 when the whole process has just started, so that no lease can be abroad. */
  readonly incarnation: number
}

const OVERLAY_BYTES_LIMIT_MIN = 16 * 1024 * 1024

/**
 * The stores of one executor, their peers, and the turn that drives them. It is handed messages by its actor, and
 * words of the disk by callbacks; all work is done in `turn`.
 */
export class Stores {
  readonly executor: number
  /** The whole process has just started: no lease of another life can be abroad. */
  readonly isFirstLife: boolean
  readonly options: Options
  readonly topology: Topology
  readonly sizes: ValueSizes
  readonly random: Random
  readonly stores = new Map<number, Store>()
  readonly rawLog: RaftLog

  /** Read once a turn, after the mailboxes were drained. */
  nowMs = 0
  wallMs = 0
  turnNumber = 0
  /** Of PD: orders of an older one are ignored (rule 31). */
  pdGeneration = 0
  failed: Error | null = null

  readonly transport: Transport
  readonly evaluator: Evaluator
  readonly loads: Loads
  readonly pages: Pages
  readonly writeBack: WriteBack
  readonly flushes: Flushes
  readonly removals: Removals
  readonly heldOrders = new HeldOrders()
  readonly snapshots: Snapshots
  readonly snapshotsIn: SnapshotsIn
  readonly splits: Splits
  readonly merges: Merges
  readonly absorptions: Absorptions
  readonly sleep: Sleep
  readonly beginnings: Beginnings
  readonly wakings: Wakings
  readonly liveness: Liveness
  readonly pace: Pace
  readonly unsafeRecoveries: UnsafeRecoveries
  readonly meters = new Meters()
  readonly heartbeats: Heartbeats
  // What has come since the last turn, and what the turn works on.
  readonly commandBatches: { origin: Origin; records: Uint8Array }[] = []
  envelopes: Envelope[] = []
  completions: (() => void)[] = []
  turnEnd: (() => void)[] = []
  touchedPeers: Peer[] = []
  readonly dirtyOrigins: Origin[] = []
  ticks = 0
  /** Readys that the next flush of the log carries, and those that the one under way carries. */
  gathered: { peer: Peer; ready: Ready }[] = []
  inFlight: { peer: Peer; ready: Ready }[] = []
  gatheredCallbacks: (() => void)[] = []
  inFlightCallbacks: (() => void)[] = []
  wantsSync = false

  readonly #ctx: ActorContext<StoresMessage>
  readonly #pd: Ref<PdMessage>
  readonly startedMs: number
  readonly origins = new Map<string, Origin>()
  #originSerial = 0

  constructor(ctx: ActorContext<StoresMessage>, args: StoresArgs, log: RaftLog) {
    this.#ctx = ctx
    this.executor = args.executor
    this.options = args.options
    this.topology = args.topology
    this.sizes = args.sizes ?? VALUE_SIZES
    this.random = ctx.random
    this.rawLog = log
    this.isFirstLife = args.incarnation === 1
    this.nowMs = ctx.clock.monotonicMs()
    this.startedMs = this.nowMs
    this.wallMs = ctx.clock.wallMs()
    this.transport = new Transport(args.executor, ctx.incarnation, args.topology, (name) =>
      ctx.named<StoresMessage>(name),
    )
    this.evaluator = new Evaluator(this)
    this.loads = new Loads(this)
    this.pages = new Pages(this)
    this.writeBack = new WriteBack(this)
    this.flushes = new Flushes(this)
    this.removals = new Removals(this)
    this.snapshots = new Snapshots(this)
    this.snapshotsIn = new SnapshotsIn(this)
    this.splits = new Splits(this)
    this.merges = new Merges(this)
    this.absorptions = new Absorptions(this)
    this.sleep = new Sleep(this)
    this.beginnings = new Beginnings(this)
    this.wakings = new Wakings(this)
    this.liveness = new Liveness(this, ctx.incarnation)
    this.pace = new Pace(this, ctx)
    this.#pd = ctx.named<PdMessage>(actorNames.pd)
    this.heartbeats = new Heartbeats(this)
    this.unsafeRecoveries = new UnsafeRecoveries(this, (origin) => ctx.named(origin))
  }

  /** One store's share of `--memory` for what its engine lacks; the working states there have as much. */
  get overlayBytesMax(): number {
    return this.options.memory / 2 / this.topology.stores.length
  }

  /** Above this no more is written there until some of it is in the engine. */
  get overlayBytesLimit(): number {
    return Math.max(OVERLAY_BYTES_LIMIT_MIN, 2 * this.overlayBytesMax)
  }

  /** The share of the working state of one of the cells that are led there. */
  workingBytesMax(store: Store, leaders: number = store.leaders): number {
    return this.overlayBytesMax / Math.max(1, leaders)
  }

  /** The shortest time without a leader after which an election may begin. */
  get electionMs(): number {
    return this.options.electionTicks * this.options.tick
  }

  peer(store: number, cell: number): Peer | undefined {
    return this.stores.get(store)?.peers.get(cell)
  }

  *peers(): Iterable<Peer> {
    for (const store of this.stores.values()) yield* store.peers.values()
  }

  /** All stores are open. */
  start(): void {
    this.beginnings.start()
    this.#ctx.requestTurn()
  }

  receive(message: StoresMessage): void {
    switch (message.kind) {
      case 'commands':
        this.#takeCommands(message)
        break
      case 'raft':
        readRaftBatch(message.records, (envelope) => this.envelopes.push(envelope))
        break
      case 'tick':
        this.ticks++
        this.pace.ticked()
        break
      case 'alive':
        this.complete(() => this.liveness.heard(message.executor, message.incarnation))
        break
      case 'sleep':
        readSleepNotes(message.records, (note) => this.sleep.receive(note, message.executor, message.incarnation))
        break
      case 'order':
        this.complete(() => obey(this, message))
        break
      case 'peerRemoved':
        this.complete(() => hearOfRemoval(this, message))
        break
      case 'mergeAsked':
      case 'mergeTold':
        this.complete(() => (message.kind === 'mergeAsked' ? this.merges.asked(message) : this.merges.told(message)))
        break
      case 'survivorsWanted':
      case 'recoveryWanted':
        this.complete(() => this.unsafeRecoveries.take(message))
        break
      case 'reportAll':
        if (message.generation >= this.pdGeneration) this.pdGeneration = message.generation
        this.heartbeats.reportAll()
        break
      case 'snapshotPiece':
        // Taken at once: its bytes are a view of the ring.
        this.snapshotsIn.take(message)
        break
      case 'snapshotPieceTaken':
        this.complete(() => {
          const peer = this.peer(message.toStore, message.cell)
          if (peer !== undefined) this.snapshots.taken(peer, message)
        })
        break
      default:
        unreachable(message)
    }
    this.#ctx.requestTurn()
  }

  turn(): void {
    turn(this)
  }

  /** The disk's word, or anything else that is to be done at the beginning of the next turn. */
  complete(step: () => void): void {
    this.completions.push(step)
    this.#ctx.requestTurn()
  }

  /** Behind everything else in this turn. */
  atTurnEnd(step: () => void): void {
    this.turnEnd.push(step)
  }

  /** What has been answered leaves. */
  sendAnswers(): void {
    for (const origin of this.dirtyOrigins) origin.send(this.nowMs)
    this.dirtyOrigins.length = 0
  }

  /** The peer is looked at again in the next turn. */
  lookAgain(peer: Peer): void {
    if (peer.lookAgainTurn === this.turnNumber) return
    peer.lookAgainTurn = this.turnNumber
    this.atTurnEnd(() => this.touch(peer))
  }

  tellPd(message: PdMessage): boolean {
    return this.#pd.tell(message)
  }

  again(): void {
    this.#ctx.requestTurn()
  }

  readClock(): void {
    this.nowMs = this.#ctx.clock.monotonicMs()
    this.wallMs = this.#ctx.clock.wallMs()
  }

  /** The only look at the clock beside the one at the turn's beginning; it decides nothing. */
  sinceTurnBegan(): number {
    return this.#ctx.clock.monotonicMs() - this.nowMs
  }

  spaceOf(place: StorePlace): Space {
    return this.#ctx.edge(storageEdge).spaceOf?.(place) ?? UNKNOWN_SPACE
  }

  touch(peer: Peer): void {
    if (peer.touched) return
    peer.touched = true
    this.touchedPeers.push(peer)
  }

  waitForSync(peer: Peer, ready: Ready, needsSync: boolean): void {
    if (!needsSync && peer.gathered === 0) {
      // All that is before it is in the flush under way, and it needs none itself.
      this.inFlight.push({ peer, ready })
      return
    }
    peer.gathered++
    this.gathered.push({ peer, ready })
    this.wantsSync = true
  }

  /** When everything that is gathered in the log now is synced. */
  afterSync(step: () => void): void {
    this.gatheredCallbacks.push(step)
    this.syncSoon()
  }

  /** What is gathered in the log is not to wait for something that needs a sync itself. */
  syncSoon(): void {
    this.wantsSync = true
    this.#ctx.requestTurn()
  }

  termAt(peer: Peer): (index: number) => number {
    return (index) => peer.group.term(index)
  }

  holdsLease(peer: Peer): boolean {
    return peer.isAlone || peer.lease.untilMs > this.nowMs
  }

  /** Leadership is in doubt: a round to a quorum, unless one is under way. Who sleeps asks when it wakes. */
  confirmLeadership(peer: Peer): void {
    if (peer.asleep) return
    if (peer.confirmingSinceMs !== 0 && this.nowMs - peer.confirmingSinceMs < this.options.tick) return
    peer.confirmingSinceMs = this.nowMs
    const context = Buffer.alloc(8)
    context.writeDoubleLE(this.turnNumber)
    peer.node.readIndex(context)
    this.touch(peer)
  }

  /** Would the cell overlap another one on that store, but for what is known to be a part of it? */
  overlaps(store: Store, cell: Cell, absorbed: readonly Absorbed[] = []): boolean {
    for (const peer of store.peers.values()) {
      // Until its barrier is written, a parent still has to do with what it has given away. One that knows nothing yet will
      // have the range of the snapshot that is on its way in.
      const { snapshotIn } = peer
      const other = peer.barrier ?? (peer.initialized ? peer.cell : snapshotIn?.state.cell)
      if (other === undefined || other.id === cell.id || hasAbsorbed(absorbed, other.id)) continue
      // What is installed may reach further than what was here: a cell that has taken another one in.
      if (shareKeys(other, cell) || (snapshotIn?.installing && shareKeys(snapshotIn.state.cell, cell))) return true
    }
    return this.removals.willClear(store, cell)
  }

  /** A thread has exited, which proves that the leaders on it are dead: nobody has to wait for their leases (rule 13). */
  executorLost(executor: number, incarnation: number): void {
    this.complete(() => {
      this.snapshots.lostExecutor(executor)
      this.transport.lostExecutor(executor)
      this.liveness.lost(executor, incarnation)
    })
  }

  /** The engine cannot read or write: the store can answer for nothing any more. */
  engineFailed(store: Store, error: Error): void {
    this.fail(new Error(`store ${store.id}: ${error.message}`, { cause: error }))
  }

  /** A failed sync or a broken engine: these stores stop for good (rule 21). */
  fail(error: Error): void {
    if (this.failed !== null) return
    this.failed = error
    answerLast(this)
    this.onFailure([...this.stores.keys()], error)
  }

  /** Set by the actor. */
  onFailure: (stores: readonly number[], error: Error) => void = () => {}

  log(level: LogLevel, message: string, fields: Readonly<Record<string, unknown>>): void {
    this.#ctx.log(level, message, fields)
  }

  #takeCommands(message: CommandBatch): void {
    let origin = this.origins.get(message.origin)
    if (origin === undefined || origin.generation !== message.generation) {
      const ref = this.#ctx.named<AnswerBatch>(message.origin)
      origin = new Origin(message.origin, message.generation, ++this.#originSerial, ref, this.dirtyOrigins)
      this.origins.set(message.origin, origin)
    }
    this.commandBatches.push({ origin, records: message.records })
  }
}
