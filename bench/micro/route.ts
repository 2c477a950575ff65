import { EMPTY } from '../../src/base/index.ts'
import {
  AnswerWriter,
  type Cell,
  type CommandBatch,
  CommandReader,
  Fate,
  Refusal,
  type Topology,
} from '../../src/model/index.ts'
import { Arguments, type CommandRow, encodeCommand, lookupCommand, parseCommand } from '../../src/redis/index.ts'
import { Router, type RouterClient } from '../../src/router/index.ts'
import type { MicroSuite, MicroTask } from './suite.ts'

const SESSIONS = 16
const PIPELINE = 16
const OK = Buffer.from('+OK\r\n')

const topology: Topology = {
  cluster: 'bench',
  executors: 2,
  stores: [1, 2, 3, 4].map((id) => ({ id, executor: id % 2, dir: '', logDir: '', labels: {} })),
}

export const route: MicroSuite = {
  name: 'route',
  about: `a SET goes from a session to its cell's leader, and its answer back: ${SESSIONS} sessions, ${PIPELINE} commands each in a pass`,
  async open() {
    return { tasks: [routeTask(1), routeTask(100)], close() {} }
  },
}

class Counter implements RouterClient {
  replies = 0

  reply(): void {
    this.replies++
  }
}

function routeTask(cells: number): MicroTask {
  const batches: CommandBatch[] = []
  const router = new Router(
    { origin: 'bench', generation: 1, topology, settings: { requestTimeoutMs: 5000, connectionOrder: 'keys' } },
    {
      send: (_executor, batch) => {
        batches.push({ ...batch, records: Uint8Array.from(batch.records) })
        return true
      },
      routesWanted: () => {},
    },
  )
  router.takeRoutes({
    kind: 'routes',
    routes: cellsOf(cells).map((cell) => ({ cell, leaderStore: 1 + (cell.id % 4), term: 5 })),
  })
  const client = new Counter()
  const sessions = Array.from({ length: SESSIONS }, () => router.open(client))
  const commands = Array.from({ length: SESSIONS * PIPELINE }, (_, i) => {
    const key = Buffer.from([(i * 37) & 255, (i * 101) & 255, ...Buffer.from(`:key:${i}`)])
    return encodeCommand(['SET', key, 'v'.repeat(64)])
  })
  const args = new Arguments()
  const answers = new AnswerWriter()
  const reader = new CommandReader()
  const run = (): void => {
    router.begin(1)
    commands.forEach((bytes, i) => {
      parseCommand(bytes, 0, args)
      router.request(sessions[i % SESSIONS]!, i, lookupCommand(args) as CommandRow, args, 2)
    })
    router.flush()
    for (const batch of batches.splice(0)) {
      reader.reset(batch.records)
      answers.clear()
      while (reader.next()) answers.add(reader.session, reader.sequence, Fate.done, Refusal.none, OK, 0, OK.length)
      router.takeAnswers({ kind: 'answers', generation: 1, records: answers.view() })
    }
    router.flush()
    if (router.inFlight !== 0) throw new Error('not everything was answered')
  }
  return { name: cells === 1 ? 'one cell' : `${cells} cells`, operations: commands.length, run }
}

function cellsOf(count: number): Cell[] {
  const start = (i: number): Uint8Array => {
    const at = Math.floor((i * 65_536) / count)
    return i === 0 ? EMPTY : Uint8Array.of(at >> 8, at & 255)
  }
  return Array.from({ length: count }, (_, i) => ({
    id: 2 + i,
    system: false,
    start: start(i),
    end: i + 1 === count ? null : start(i + 1),
    epoch: { version: 1, confVer: 1 },
    peers: [1, 2, 3].map((store) => ({ id: 100 * store + i, store, role: 'voter' as const })),
  }))
}
