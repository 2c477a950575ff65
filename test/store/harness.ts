import type { ActorContext, Ref, Timer } from '../../src/actor/index.ts'
import { EMPTY, Random } from '../../src/base/index.ts'
import { putFirstCells } from '../../src/boot/first-cells.ts'
import {
  type AnswerBatch,
  AnswerReader,
  actorNames,
  CommandFlag,
  CommandWriter,
  Fate,
  FIRST_USER_CELL,
  type Heartbeat,
  type MemberWanted,
  type Options,
  type Order,
  type Recovered,
  Refusal,
  resolveOptions,
  type StoresMessage,
  type Survivors,
  SYSTEM_CELL,
  type Topology,
} from '../../src/model/index.ts'
import { type Engine, memoryEngine, memoryRaftLog, type RaftLog } from '../../src/storage/index.ts'
import {
  type Space,
  type StorageEdge,
  type Stores,
  stores as storesActor,
  UNKNOWN_SPACE,
  type ValueSizes,
} from '../../src/store/index.ts'
import type { Peer } from '../../src/store/peer.ts'

/** One answer, taken apart. */
export interface Answer {
  readonly session: number
  readonly sequence: number
  readonly fate: Fate
  readonly refusal: Refusal
  readonly text: string
}

interface Node {
  readonly executor: number
  readonly incarnation: number
  behavior: ReturnType<typeof storesActor.start>
  host: Stores | null
  wantsTurn: boolean
  mailbox: StoresMessage[]
  timers: { dueMs: number; everyMs: number; message: StoresMessage }[]
  dead: boolean
}

/**
 * The stores of a few executors in one thread: time goes by only when told to, and messages are handed on as objects.
 * Narrower than the simulator: no gateway, no PD, no faults but those a test makes.
 */
export class StoreHarness {
  readonly options: Options
  readonly topology: Topology
  readonly nodes: Node[] = []
  readonly engines = new Map<number, Engine>()
  readonly logs: RaftLog[] = []
  readonly answers: Answer[] = []
  heartbeats: Heartbeat[] = []
  readonly memberAsked: MemberWanted[] = []
  nowMs = 1000
  /** What stores have told the desk that HTTP asks. */
  readonly toDesk: (Survivors | Recovered)[] = []
  /** Before `start`: how values lie in the engine; null: as in the product. */
  sizes: ValueSizes | null = null
  /** Of every store's disk. */
  space: Space = UNKNOWN_SPACE
  /** A message between two executors for which this is true is lost. */
  drop: (from: number, to: number, message: StoresMessage) => boolean = () => false
  storesLost = (error: Error): void => {
    throw error
  }
  /** Is shown each batch of answers as it leaves. */
  tellAnswers: (records: Uint8Array) => void = () => {}
  /** Is there a PD, and has it room? */
  takesHeartbeat = (): boolean => true
  #scheduled: { atMs: number; run: () => void }[] = []
  readonly #random = new Random('store harness')
  #sequence = 0

  constructor(executors: number, stores = executors, options: Record<string, string> = {}) {
    this.options = resolveOptions(
      { executors: `${executors}`, stores: `${stores}`, replicas: `${Math.min(3, stores)}`, ...options },
      { cores: executors, memoryBytes: 2 ** 30 },
    )
    this.topology = {
      cluster: 'test',
      executors,
      stores: Array.from({ length: stores }, (_, i) => ({
        id: i + 1,
        executor: i % executors,
        dir: '',
        labels: {},
      })),
    } as unknown as Topology
    for (const place of this.topology.stores) this.engines.set(place.id, memoryEngine())
    for (let i = 0; i < executors; i++) this.logs.push(memoryRaftLog())
  }

  /** Writes the first cells to store 1 and opens everything. */
  async start(): Promise<void> {
    let isWritten = false
    void putFirstCells(this.engines.get(1) as Engine, 1).then(() => {
      isWritten = true
    })
    await this.until(() => isWritten, 'the first cells are written')
    for (let executor = 0; executor < this.logs.length; executor++) this.open(executor, 1)
    await this.until(() => this.nodes.every((node) => node.host !== null), 'the stores are open')
  }

  /** As `start`; then the users' cell is led and has so many copies: on the first store, and peer 1001 and so on on the next. */
  async startWith(copies: number): Promise<void> {
    await this.start()
    await this.until(() => this.leader(FIRST_USER_CELL) !== null, 'a leader')
    for (let i = 1; i < copies; i++) await this.addPeer(FIRST_USER_CELL, i + 1, 1000 + i)
  }

  open(executor: number, incarnation: number): void {
    const node: Node = {
      executor,
      incarnation,
      behavior: {} as Node['behavior'],
      host: null,
      wantsTurn: false,
      mailbox: [],
      timers: [],
      dead: false,
    }
    this.nodes[executor] = node
    node.behavior = storesActor.start(this.#context(node), {
      executor,
      topology: this.topology,
      options: this.options,
      incarnation,
      ...(this.sizes && { sizes: this.sizes }),
    })
  }

  /** The thread is gone; what it had on its log and in its engines stays. */
  kill(executor: number): void {
    this.die(executor)
    for (const node of this.nodes) this.tellOfDeath(node.executor, executor)
  }

  /** As `kill`, but nobody is told yet. */
  die(executor: number): void {
    ;(this.nodes[executor] as Node).dead = true
  }

  tellOfDeath(of: number, executor: number): void {
    const node = this.nodes[of] as Node
    const dead = this.nodes[executor] as Node
    if (!node.dead) node.behavior.executorLost?.(executor, dead.incarnation)
  }

  /** Runs turns, and time in steps of a millisecond, until it is so. */
  async until(condition: () => boolean, what: string, limitMs = 20_000): Promise<void> {
    const end = this.nowMs + limitMs
    while (!condition()) {
      if (this.nowMs > end) throw new Error(`not within ${limitMs} ms: ${what}`)
      await this.step()
    }
  }

  async run(ms: number): Promise<void> {
    const end = this.nowMs + ms
    while (this.nowMs < end) await this.step()
  }

  /** Where the leader of a cell is, ready for commands. */
  leader(cell: number): { executor: number; store: number } | null {
    for (const node of this.nodes) {
      if (node.dead || node.host === null) continue
      for (const peer of node.host.peers()) {
        if (peer.cell.id === cell && peer.working !== null) return { executor: node.executor, store: peer.store.id }
      }
    }
    return null
  }

  /** The leader of a cell, ready for commands. */
  leadingPeer(cell = FIRST_USER_CELL): Peer | undefined {
    const at = this.leader(cell)
    return at === null ? undefined : this.nodes[at.executor]?.host?.peer(at.store, cell)
  }

  /** All of a cell, on executors that are not dead. */
  peersOf(cell: number): Peer[] {
    return this.nodes.flatMap((node) =>
      node.dead ? [] : [...(node.host?.peers() ?? [])].filter((peer) => peer.cell.id === cell),
    )
  }

  async addPeer(cell: number, store: number, id: number): Promise<void> {
    const role = () => this.leadingPeer(cell)?.cell.peers.find((member) => member.id === id)?.role
    await this.#order(cell, { kind: 'addLearner', peer: { id, store, role: 'learner' } }, () => role() !== undefined)
    await this.#order(cell, { kind: 'promoteLearner', peer: { id, store, role: 'voter' } }, () => role() === 'voter')
  }

  async removePeer(cell: number, id: number): Promise<void> {
    const isMember = () => this.leadingPeer(cell)?.cell.peers.some((member) => member.id === id) ?? true
    await this.#order(cell, { kind: 'removePeer', peer: { id, store: 0, role: 'voter' } }, () => !isMember())
  }

  async transfer(cell: number, toStore: number): Promise<void> {
    await this.#order(cell, { kind: 'transferLeader', toStore }, () => this.leader(cell)?.store === toStore)
  }

  /** Sends a command to the leader of the first user cell; the answer comes to `answers`. */
  send(
    words: readonly string[],
    { session = 1, after = 0, version = 1, cell = FIRST_USER_CELL, to = this.leader(cell) } = {},
  ): number {
    const sequence = ++this.#sequence
    const leader = to
    if (leader === null) throw new Error('no leader')
    const resp = Buffer.from(`*${words.length}\r\n${words.map((w) => `$${Buffer.byteLength(w)}\r\n${w}\r\n`).join('')}`)
    const writer = new CommandWriter()
    writer.add(
      session,
      sequence,
      cell,
      after,
      leader.store,
      version,
      5000,
      2,
      cell === SYSTEM_CELL || words[0]?.startsWith('sys') ? CommandFlag.internal : 0,
      resp,
      0,
      resp.length,
    )
    const node = this.nodes[leader.executor] as Node
    node.mailbox.push({ kind: 'commands', origin: actorNames.gateway(99), generation: 1, records: writer.view() })
    return sequence
  }

  async ask(words: readonly string[], options = {}): Promise<Answer> {
    const sequence = this.send(words, options)
    await this.until(
      () => this.answers.some((answer) => answer.sequence === sequence),
      `an answer to ${words.join(' ')}`,
    )
    return this.answers.find((answer) => answer.sequence === sequence) as Answer
  }

  async #order(cell: number, step: Order['step'], done: () => boolean): Promise<void> {
    for (let attempt = 0; attempt < 400 && !done(); attempt++) {
      this.order(cell, step)
      await this.run(25)
    }
    if (!done()) throw new Error(`the order was not carried out: ${JSON.stringify(step)}`)
  }

  /** The session has closed, and the leader of the cell is told. */
  bidFarewell(session: number, cell = FIRST_USER_CELL): void {
    const leader = this.leader(cell)
    if (leader === null) throw new Error('no leader')
    const writer = new CommandWriter()
    writer.add(session, 0, cell, 0, leader.store, 0, 0, 0, CommandFlag.farewell, EMPTY, 0, 0)
    const records = writer.view()
    this.tell(leader.executor, { kind: 'commands', origin: actorNames.gateway(99), generation: 1, records })
  }

  tell(executor: number, message: StoresMessage): void {
    ;(this.nodes[executor] as Node).mailbox.push(message)
  }

  /** PD's order to the leader, given once. */
  order(cell: number, step: Order['step']): void {
    const leader = this.leader(cell)
    const peer = this.leadingPeer(cell)
    if (leader === null || peer === undefined) return
    const { epoch } = peer.cell
    this.tell(leader.executor, { kind: 'order', generation: 1, store: leader.store, cell, epoch, step })
  }

  /** For simulated disks. */
  readonly schedule = (delayMs: number, run: () => void): void => {
    this.#scheduled.push({ atMs: this.nowMs + delayMs, run })
  }

  #runScheduled(): void {
    const due = this.#scheduled.filter(({ atMs }) => atMs <= this.nowMs).sort((a, b) => a.atMs - b.atMs)
    if (due.length === 0) return
    this.#scheduled = this.#scheduled.filter(({ atMs }) => atMs > this.nowMs)
    for (const { run } of due) run()
  }

  async step(): Promise<void> {
    this.nowMs += 1
    this.#runScheduled()
    for (const node of this.nodes) {
      if (node.dead) continue
      for (const timer of node.timers) {
        if (timer.dueMs > this.nowMs) continue
        // One that is set once is due never again.
        timer.dueMs += timer.everyMs
        node.mailbox.push(timer.message)
      }
      const mailbox = node.mailbox
      node.mailbox = []
      for (const message of mailbox) node.behavior.receive(message, null)
      if (node.wantsTurn) {
        node.wantsTurn = false
        node.behavior.turn?.()
      }
    }
    // The memory log and engine answer in a microtask or the next round of the event loop.
    await new Promise((resolve) => setImmediate(resolve))
  }

  #context(node: Node): ActorContext<StoresMessage> {
    const edge: StorageEdge = {
      openLog: () => this.logs[node.executor] as RaftLog,
      openEngine: (place, done) => setImmediate(() => done(null, this.engines.get(place.id) as Engine)),
      storesLost: (_, error) => this.storesLost(error),
      spaceOf: () => this.space,
      observe: (host) => {
        node.host = host
      },
    }
    const context = {
      executor: node.executor,
      incarnation: node.incarnation,
      clock: { monotonicMs: () => this.nowMs, wallMs: () => 1_700_000_000_000 + this.nowMs },
      random: this.#random.fork(),
      requestTurn: () => {
        node.wantsTurn = true
      },
      every: (everyMs: number, message: StoresMessage): Timer => {
        return setTimer(node, { dueMs: this.nowMs + everyMs, everyMs, message })
      },
      after: (delayMs: number, message: StoresMessage): Timer => {
        return setTimer(node, { dueMs: this.nowMs + delayMs, everyMs: Number.POSITIVE_INFINITY, message })
      },
      named: (name: string) => this.#ref(node, name),
      edge: () => edge,
      watchExecutors() {},
      log() {},
    }
    return context as unknown as ActorContext<StoresMessage>
  }

  #ref(from: Node, name: string): Ref<never> {
    const ref = {
      isLocal: false,
      tell: (message: StoresMessage | AnswerBatch | Heartbeat): boolean => {
        if (name === actorNames.ops) this.toDesk.push(message as never)
        else if (message.kind === 'answers') this.#takeAnswers(message)
        else if (message.kind === 'heartbeat') {
          if (!this.takesHeartbeat()) return false
          this.heartbeats.push(message)
        } else if ((message.kind as string) === 'memberWanted') {
          this.memberAsked.push(message as unknown as MemberWanted)
        } else {
          const to = Number(name.split('/')[1])
          const node = this.nodes[to]
          if (node === undefined || node.dead) return false
          // Lost on the way: its sender does not know.
          if (this.drop(from.executor, to, message)) return true
          // Records are views of the sender's buffer, as they would be of a ring.
          node.mailbox.push('records' in message ? { ...message, records: Uint8Array.from(message.records) } : message)
        }
        return true
      },
    }
    return ref as unknown as Ref<never>
  }

  #takeAnswers(batch: AnswerBatch): void {
    this.tellAnswers(batch.records)
    const reader = new AnswerReader()
    reader.reset(batch.records)
    while (reader.next()) {
      const { session, sequence, fate, refusal } = reader
      const text = reader.buffer.toString('latin1', reader.start, reader.end)
      this.answers.push({ session, sequence, fate, refusal, text })
    }
  }
}

function setTimer(node: Node, timer: Node['timers'][number]): Timer {
  node.timers.push(timer)
  return {
    cancel() {
      node.timers = node.timers.filter((other) => other !== timer)
    },
  }
}

export { Fate, Refusal }
