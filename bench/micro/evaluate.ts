import type { ActorContext, Behavior, Ref } from '../../src/actor/index.ts'
import { Random } from '../../src/base/index.ts'
import { putFirstCells } from '../../src/boot/first-cells.ts'
import {
  type AnswerBatch,
  AnswerReader,
  actorNames,
  CommandWriter,
  Fate,
  FIRST_USER_CELL,
  resolveOptions,
  type StoresMessage,
  type Topology,
} from '../../src/model/index.ts'
import { encodeCommand } from '../../src/redis/index.ts'
import { type Engine, memoryEngine, memoryRaftLog } from '../../src/storage/index.ts'
import { type StorageEdge, type Stores, stores } from '../../src/store/index.ts'
import type { MicroSuite, MicroTask } from './suite.ts'

const COMMANDS = 256
const KEYS = 4096
const TICK_MS = 50

export const evaluate: MicroSuite = {
  name: 'evaluate',
  about: `at a leader that is the only copy: taken, executed, proposed, kept in a log in memory, committed, answered; ${COMMANDS} commands a turn`,
  async open() {
    const host = new LoneHost()
    await host.open()
    return {
      tasks: [
        host.task('SET of 64 bytes', (key) => ['SET', key, 'v'.repeat(64)]),
        host.task('GET', (key) => ['GET', key]),
        host.task('INCR', (key) => ['INCR', `counter:${key}`]),
      ],
      close() {},
    }
  },
}

/** The stores of one executor in this thread, without threads, rings or disks: messages are handed in as objects. */
class LoneHost {
  readonly #engine: Engine = memoryEngine()
  readonly #log = memoryRaftLog()
  readonly #topology: Topology = {
    cluster: 'bench',
    executors: 1,
    stores: [{ id: 1, executor: 0, dir: '', logDir: '', labels: {} }],
  }
  readonly #options = resolveOptions({ executors: '1', stores: '1', replicas: '1' }, { cores: 1, memoryBytes: 2 ** 32 })
  readonly #answers = new AnswerReader()
  readonly #timers: { dueMs: number; everyMs: number; message: StoresMessage }[] = []
  #nowMs = 1000
  #actor: Behavior<StoresMessage> | null = null
  #host: Stores | null = null
  #wantsTurn = false
  #answered = 0
  #refused = 0

  async open(): Promise<void> {
    await putFirstCells(this.#engine, 1)
    const args = { executor: 0, topology: this.#topology, options: this.#options, incarnation: 1 }
    this.#actor = stores.start(this.#context(), args) as Behavior<StoresMessage>
    for (let i = 0; i < 10_000 && !this.#leads(); i++) {
      this.#nowMs += 1
      this.#step()
      await new Promise((resolve) => setImmediate(resolve))
    }
    if (!this.#leads()) throw new Error('nobody leads')
  }

  task(name: string, words: (key: string) => string[]): MicroTask {
    const batches: Uint8Array[] = []
    for (let from = 0; from < KEYS; from += COMMANDS) {
      const writer = new CommandWriter(256 * COMMANDS)
      for (let i = from; i < from + COMMANDS; i++) {
        const bytes = encodeCommand(words(`key:${String(i).padStart(12, '0')}`))
        writer.add(1 + (i % 50), i + 1, FIRST_USER_CELL, 0, 1, 1, 5000, 2, 0, bytes, 0, bytes.length)
      }
      batches.push(Uint8Array.from(writer.view()))
    }
    let next = 0
    const run = async (): Promise<void> => {
      const records = batches[next++ % batches.length] as Uint8Array
      this.#answered = 0
      this.#nowMs += 1
      const origin = actorNames.gateway(1)
      this.#actor?.receive({ kind: 'commands', origin, generation: 1, records }, null)
      this.#step()
      // The log in memory says in a later round of the event loop that it has synced.
      for (let i = 0; this.#answered < COMMANDS; i++) {
        if (i > 1000 || this.#refused > 0)
          throw new Error(`${name}: ${this.#answered} answers, ${this.#refused} refused`)
        await new Promise((resolve) => setImmediate(resolve))
        this.#step()
      }
    }
    return { name, operations: COMMANDS, run }
  }

  #step(): void {
    for (const timer of this.#timers) {
      if (timer.dueMs > this.#nowMs) continue
      timer.dueMs = this.#nowMs + timer.everyMs
      this.#actor?.receive(timer.message, null)
    }
    if (!this.#wantsTurn) return
    this.#wantsTurn = false
    this.#actor?.turn?.()
  }

  #leads(): boolean {
    for (const peer of this.#host?.peers() ?? []) if (peer.cell.id === FIRST_USER_CELL) return peer.working !== null
    return false
  }

  #take(batch: AnswerBatch): void {
    const answers = this.#answers
    answers.reset(batch.records)
    while (answers.next()) {
      this.#answered++
      if (answers.fate !== Fate.done) this.#refused++
    }
  }

  #context(): ActorContext<StoresMessage> {
    const edge: StorageEdge = {
      openLog: () => this.#log,
      openEngine: (_place, done) => setImmediate(() => done(null, this.#engine)),
      storesLost: (_stores, error) => {
        throw error
      },
      observe: (host) => {
        this.#host = host
      },
    }
    const ref = {
      isLocal: false,
      tell: (message: { kind: string }): boolean => {
        if (message.kind === 'answers') this.#take(message as AnswerBatch)
        return true
      },
    }
    const context = {
      executor: 0,
      incarnation: 1,
      clock: { monotonicMs: () => this.#nowMs, wallMs: () => 1_700_000_000_000 + this.#nowMs },
      random: new Random('bench'),
      requestTurn: () => {
        this.#wantsTurn = true
      },
      every: (everyMs: number, message: StoresMessage) => {
        this.#timers.push({ dueMs: this.#nowMs + TICK_MS, everyMs, message })
        return { cancel() {} }
      },
      named: () => ref as unknown as Ref<never>,
      edge: () => edge,
      watchExecutors() {},
      log() {},
    }
    return context as unknown as ActorContext<StoresMessage>
  }
}
