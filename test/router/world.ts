/**
 * Cells as the router sees them: they refuse, split, change leaders, lose threads, answer late and in any order. They
 * keep the store's side of rule 10 and write down what they execute, so that a test can look whether a command was
 * executed twice or out of order.
 */
import { assert, compareBytes, Random, utf8 } from '../../src/base/index.ts'
import {
  type AnswerBatch,
  AnswerWriter,
  type Cell,
  type CommandBatch,
  CommandFlag,
  CommandReader,
  containsKey,
  encodeCell,
  Fate,
  FIRST_USER_CELL,
  Refusal,
  type Route,
  type Routes,
  type Topology,
} from '../../src/model/index.ts'
import { Arguments, lookupCommand, parseCommand } from '../../src/redis/index.ts'

export const ORIGIN = 'router/test'
export const GENERATION = 7

export function topologyOf(stores: number, executors: number): Topology {
  return {
    cluster: 'test',
    executors,
    stores: Array.from({ length: stores }, (_, i) => ({
      id: i + 1,
      executor: i % executors,
      dir: '',
      logDir: '',
      labels: {},
    })),
  } as unknown as Topology
}

/** One command on its way through a cell: executed when its time has come, in the order of the cell. */
interface Accepted {
  readonly session: number
  readonly sequence: number
  readonly words: string[]
  readonly executor: number
  readonly atMs: number
  readonly isWrite: boolean
}

export interface FakeCell {
  cell: Cell
  leader: number
  term: number
  /** By session, the transmissions accepted in this term. */
  accepted: Map<number, Set<number>>
  pending: Accepted[]
}

export interface Execution {
  readonly cell: number
  readonly words: string[]
}

export interface Faults {
  /** Of a record being refused although all is well. */
  refuse: number
  /** Of a record getting no answer at all. */
  vanish: number
  /** Of an executed write being answered as unknown. */
  forget: number
  /** Of a batch being refused by `send`. */
  full: number
  /** Of an answer coming twice. */
  twice: number
}

export const NO_FAULTS: Faults = { refuse: 0, vanish: 0, forget: 0, full: 0, twice: 0 }

interface Due {
  readonly atMs: number
  readonly action: () => void
}

export class FakeWorld {
  readonly random: Random
  readonly topology: Topology
  readonly cells: FakeCell[] = []
  readonly values = new Map<string, string>()
  readonly executions: Execution[] = []
  faults: Faults = { ...NO_FAULTS }
  nowMs = 1000
  /** Answers and news that have come for the router. */
  deliver: (batch: AnswerBatch) => void = () => {}
  /** Latest first; of the same time, in the order given in, from the end. */
  readonly #due: Due[] = []
  #nextCell = FIRST_USER_CELL
  /** By executor: batches that are on their way, in order. */
  readonly #queues: CommandBatch[][]
  readonly #reader = new CommandReader()
  readonly #args = new Arguments()
  readonly down = new Set<number>()

  constructor(seed: number | string, stores: number, executors: number, bounds: readonly string[] = []) {
    this.random = new Random(seed)
    this.topology = topologyOf(stores, executors)
    this.#queues = Array.from({ length: executors }, () => [])
    const keys = [new Uint8Array(0), ...bounds.map((bound) => utf8(bound))]
    for (let i = 0; i < keys.length; i++) {
      this.cells.push({
        cell: {
          id: this.#nextCell++,
          system: false,
          start: keys[i] as Uint8Array,
          end: keys[i + 1] ?? null,
          epoch: { version: 1, confVer: 1 },
          peers: this.topology.stores.map((store) => ({ id: i * 100 + store.id, store: store.id, role: 'voter' })),
        },
        leader: this.random.pick(this.topology.stores).id,
        term: 1,
        accepted: new Map(),
        pending: [],
      })
    }
  }

  routes(): Routes {
    const routes: Route[] = this.cells.map(({ cell, leader, term }) => ({ cell, leaderStore: leader, term }))
    return { kind: 'routes', routes }
  }

  executorOf(store: number): number {
    return this.topology.stores.find(({ id }) => id === store)?.executor ?? -1
  }

  after(delayMs: number, action: () => void): void {
    const atMs = this.nowMs + delayMs
    let low = 0
    let high = this.#due.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#due[middle] as Due).atMs > atMs) low = middle + 1
      else high = middle
    }
    this.#due.splice(low, 0, { atMs, action })
  }

  /** Runs everything that is due up to that time, in order. */
  advance(toMs: number): void {
    while (this.nextDueMs <= toMs) {
      const due = this.#due.pop() as Due
      this.nowMs = Math.max(this.nowMs, due.atMs)
      due.action()
    }
    this.nowMs = toMs
  }

  get nextDueMs(): number {
    return this.#due[this.#due.length - 1]?.atMs ?? Number.POSITIVE_INFINITY
  }

  send(executor: number, batch: CommandBatch): boolean {
    if (this.down.has(executor) || this.random.chance(this.faults.full)) return false
    const queue = this.#queues[executor] as CommandBatch[]
    // The sender may write behind what it gave away, but never over it.
    queue.push(batch)
    this.after(this.random.float() * 2, () => this.#handleNext(executor))
    return true
  }

  #handleNext(executor: number): void {
    const batch = this.#queues[executor]?.shift()
    if (batch === undefined) return
    const answers = new AnswerWriter()
    const reader = this.#reader
    reader.reset(batch.records)
    while (reader.next()) if (reader.flags !== CommandFlag.farewell) this.#handle(executor, reader, answers)
    this.#answer(answers)
  }

  #handle(executor: number, record: CommandReader, answers: AnswerWriter): void {
    assert(this.executorOf(record.store) === executor, 'a command goes to the executor of its store')
    if (this.random.chance(this.faults.vanish)) return
    const refuse = (refusal: Refusal, payload: Uint8Array = new Uint8Array(0)) =>
      answers.add(record.session, record.sequence, Fate.notExecuted, refusal, payload, 0, payload.length)
    const found = this.cells.find(({ cell }) => cell.id === record.cell)
    if (found === undefined || !found.cell.peers.some(({ store }) => store === record.store)) {
      return refuse(Refusal.cellNotFound)
    }
    if (this.random.chance(this.faults.refuse)) {
      return refuse(this.random.pick([Refusal.notReady, Refusal.busy, Refusal.outOfOrder, Refusal.storeStopped]))
    }
    if (found.leader !== record.store) {
      const hint = Buffer.alloc(8)
      hint.writeDoubleLE(this.random.chance(0.7) ? found.leader : 0)
      return refuse(Refusal.notLeader, hint)
    }
    if (record.version !== found.cell.epoch.version) return refuse(Refusal.epochNotMatch, encodeCell(found.cell))
    const accepted = found.accepted.get(record.session) ?? new Set()
    if (record.after !== 0 && !accepted.has(record.after)) return refuse(Refusal.outOfOrder)
    accepted.add(record.sequence)
    found.accepted.set(record.session, accepted)
    parseCommand(record.buffer, record.start, this.#args)
    const words: string[] = []
    for (let i = 0; i < this.#args.count; i++) words.push(this.#args.text(i))
    const row = lookupCommand(this.#args)
    assert(row !== undefined, 'a known command')
    const last = found.pending[found.pending.length - 1]
    const atMs = Math.max(last?.atMs ?? 0, this.nowMs + this.random.float() * 3)
    const command: Accepted = {
      session: record.session,
      sequence: record.sequence,
      words,
      executor,
      atMs,
      isWrite: row.writes,
    }
    found.pending.push(command)
    this.after(atMs - this.nowMs, () => this.#commit(found, command))
  }

  /** What has been accepted up to that command takes effect. */
  #commit(found: FakeCell, command: Accepted): void {
    const answers = new AnswerWriter()
    const at = found.pending.indexOf(command)
    for (const each of found.pending.splice(0, at + 1)) this.#execute(found, each, answers)
    this.#answer(answers)
  }

  #execute(found: FakeCell, command: Accepted, answers: AnswerWriter): void {
    const { words } = command
    this.executions.push({ cell: found.cell.id, words })
    const reply = utf8(this.#evaluate(found, words))
    const isForgotten = this.random.chance(this.faults.forget)
    const fate = isForgotten ? Fate.unknown : Fate.done
    answers.add(command.session, command.sequence, fate, Refusal.none, reply, 0, isForgotten ? 0 : reply.length)
  }

  #evaluate(found: FakeCell, words: readonly string[]): string {
    const bulk = (value: string | undefined) => (value === undefined ? '$-1\r\n' : `$${value.length}\r\n${value}\r\n`)
    const owned = (key: string) => {
      assert(containsKey(found.cell, utf8(key)), `the key ${key} lies in cell ${found.cell.id}`)
      return key
    }
    const keys = words.slice(1)
    switch ((words[0] as string).toLowerCase()) {
      case 'set':
        this.values.set(owned(words[1] as string), words[2] as string)
        return '+OK\r\n'
      case 'get':
        return bulk(this.values.get(owned(words[1] as string)))
      case 'mset':
        for (let i = 1; i < words.length; i += 2) this.values.set(owned(words[i] as string), words[i + 1] as string)
        return '+OK\r\n'
      case 'mget':
        return `*${keys.length}\r\n${keys.map((key) => bulk(this.values.get(owned(key)))).join('')}`
      case 'exists':
        return `:${keys.filter((key) => this.values.has(owned(key))).length}\r\n`
      case 'dbsize':
        return `:${[...this.values.keys()].filter((key) => containsKey(found.cell, utf8(key))).length}\r\n`
      case 'flushall':
        for (const key of [...this.values.keys()]) if (containsKey(found.cell, utf8(key))) this.values.delete(key)
        return '+OK\r\n'
      default:
        throw new Error(`unknown ${words[0]}`)
    }
  }

  /** Answers travel together, each in a time of its own. */
  #answer(answers: AnswerWriter): void {
    if (answers.count === 0) return
    const batch: AnswerBatch = { kind: 'answers', generation: GENERATION, records: answers.take() }
    this.after(this.random.float() * 2, () => this.deliver(batch))
    if (this.random.chance(this.faults.twice)) this.after(this.random.float() * 50, () => this.deliver(batch))
  }

  /** Another store leads. Of what was not committed a part survives; the rest is told to be not executed, or not at all. */
  moveLeader(found: FakeCell, toStore: number, isSilent = false): void {
    const answers = new AnswerWriter()
    const kept = this.random.below(found.pending.length + 1)
    for (const command of found.pending.splice(0, kept)) {
      if (isSilent) this.#execute(found, command, new AnswerWriter())
      else this.#execute(found, command, answers)
    }
    for (const { session, sequence } of found.pending.splice(0)) {
      if (!isSilent) answers.add(session, sequence, Fate.notExecuted, Refusal.notLeader, new Uint8Array(8), 0, 8)
    }
    found.leader = toStore
    found.term++
    found.accepted = new Map()
    this.#answer(answers)
  }

  split(found: FakeCell, key: string): void {
    const at = utf8(key)
    if (!containsKey(found.cell, at) || compareBytes(at, found.cell.start) === 0) return
    const answers = new AnswerWriter()
    for (const command of found.pending.splice(0)) this.#execute(found, command, answers)
    this.#answer(answers)
    const { cell } = found
    const epoch = { version: cell.epoch.version + 1, confVer: cell.epoch.confVer }
    const id = this.#nextCell++
    found.cell = { ...cell, end: at, epoch }
    this.cells.push({
      cell: {
        ...cell,
        id,
        start: at,
        epoch,
        peers: cell.peers.map((peer) => ({ ...peer, id: id * 100 + peer.store })),
      },
      leader: found.leader,
      term: 1,
      accepted: new Map(),
      pending: [],
    })
  }

  /** The thread exits: what it had not taken is returned, what it had accepted is answered by no one. */
  crash(executor: number, undelivered: (batch: CommandBatch) => void, lost: () => void): void {
    this.down.add(executor)
    for (const found of this.cells) {
      if (this.executorOf(found.leader) !== executor) continue
      const others = found.cell.peers.filter(({ store }) => !this.down.has(this.executorOf(store)))
      this.moveLeader(found, others.length > 0 ? this.random.pick(others).store : found.leader, true)
    }
    const queue = (this.#queues[executor] as CommandBatch[]).splice(0)
    // Everything it had answered comes before the news of its death.
    this.after(5, () => {
      for (const batch of queue) undelivered(batch)
      lost()
    })
  }

  restart(executor: number): void {
    this.down.delete(executor)
  }
}
