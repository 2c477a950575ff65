import { expect, test } from 'vitest'
import { Random } from '../../src/base/index.ts'
import { checkHistory } from '../check/index.ts'
import { Client, type ClientWorld } from './client.ts'
import { History } from './history.ts'
import { type Habit, MapServer } from './map-server.ts'
import { Network } from './network.ts'
import { VirtualTime } from './virtual-time.ts'
import { CommandSource, drawWorkload } from './workload.ts'

const WALL_START_MS = 1_800_000_000_000

/** Clients against the map, for so much virtual time; at the end every key is read. */
function play(seed: string, habit: Habit, untilMs: number, amidst = (_: readonly Client[]): void => {}) {
  const time = new VirtualTime()
  const random = new Random(seed)
  const wallMs = () => WALL_START_MS + time.nowMs
  const network = new Network(
    random.fork(),
    { latencyMs: { min: 0.1, max: 5 }, cutProbability: 0.05, highWaterBytes: 1 << 20 },
    time.schedule,
    () => time.nowMs,
  )
  const settings = drawWorkload(random)
  const server = new MapServer(random.fork(), habit, wallMs, time.schedule)
  network.accept = (end) => server.accept(end)
  const history = new History()
  const source = new CommandSource(random.fork(), settings)
  const { schedule } = time
  const world: ClientWorld = {
    networks: [network],
    history,
    source,
    settings,
    schedule,
    wallMs,
    depthMax: settings.depthMax,
    resting: false,
    vanished: 0,
  }
  const clients = Array.from({ length: settings.clients }, () => new Client(world, random.fork()))
  for (const client of clients) client.start()
  time.schedule(10, () => amidst(clients))
  time.run(untilMs)
  world.resting = true
  time.run(untilMs + 20_000)
  const reader = new Client(world, random.fork())
  for (const key of source.keys) reader.ask(['GET', key])
  reader.ask(['DBSIZE'])
  time.run(untilMs + 21_000)
  return { history, server, settings, clients, reader }
}

test('a correct server, whatever the workload: every history is accepted, and decided', () => {
  let operations = 0
  let unknown = 0
  for (let seed = 0; seed < 25; seed++) {
    const { history, clients, reader, server } = play(`correct ${seed}`, 'none', 20_000)
    const verdict = checkHistory(history.operations)
    expect(verdict.violations, `seed ${seed}`).toEqual([])
    expect(verdict.undecided, `seed ${seed}`).toEqual([])
    expect([...clients, reader].every((client) => client.idle)).toBe(true)
    operations += history.operations.length
    unknown += history.operations.filter((operation) => operation.outcome === 'unknown').length
    expect(server.commands).toBeLessThanOrEqual(history.operations.length + 1000)
  }
  expect(operations).toBeGreaterThan(50_000)
  expect(unknown).toBeGreaterThan(20)
})

test('a client that is told to go on before it has begun has one connection, and each reply is to its own command', () => {
  for (let seed = 0; seed < 10; seed++) {
    const { history } = play(`early ${seed}`, 'none', 3_000, (clients) => {
      for (const client of clients) client.resume()
    })
    expect(checkHistory(history.operations).violations, `seed ${seed}`).toEqual([])
  }
})

const habits: readonly Habit[] = [
  'forgets',
  'repeats',
  'readsThePast',
  'refusesAndDoes',
  'exchangesReplies',
  'reordersPipelines',
  'revives',
  'flushesBadly',
  'losesExpiry',
]

for (const habit of habits) {
  test(`a server that now and then is wrong in one way (${habit}) is found out`, () => {
    let found = 0
    for (let seed = 0; seed < 20 && found < 3; seed++) {
      if (checkHistory(play(`${habit} ${seed}`, habit, 8_000).history.operations).violations.length > 0) found++
    }
    expect(found).toBe(3)
  })
}

test('the same seed plays the same history', () => {
  const first = play('twice', 'none', 5_000).history.operations
  const second = play('twice', 'none', 5_000).history.operations
  expect(first.length).toBeGreaterThan(100)
  expect(second).toEqual(first)
})
