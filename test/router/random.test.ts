import { expect, test } from 'vitest'
import { GRACE_MS } from '../../src/router/index.ts'
import { type Asked, Bench, type FakeClient } from './client.ts'
import { type Execution, FakeWorld } from './world.ts'

const TIMEOUT_MS = 400
const SEEDS = 40

/**
 * Sessions pipeline commands while cells refuse, split, move and die. A written value names its session, its place in
 * the session's order and its key, so that every execution can be traced to the command it came from.
 */
function play(seed: number, order: 'keys' | 'strict'): { bench: Bench; world: FakeWorld } {
  const world = new FakeWorld(`${order}/${seed}`, 4, 2, ['k2', 'k4', 'k6'].slice(0, seed % 4))
  const bench = new Bench(world, { requestTimeoutMs: TIMEOUT_MS, connectionOrder: order })
  const { random } = world
  world.faults = {
    refuse: random.pick([0, 0.05, 0.2]),
    vanish: random.pick([0, 0, 0.002]),
    forget: random.pick([0, 0.01]),
    full: random.pick([0, 0.05]),
    twice: random.pick([0, 0.1]),
  }
  bench.pass(() => bench.router.wantRoutes())
  for (let i = 0; i < 4; i++) bench.open()
  for (let step = 0; step < 120; step++) {
    for (const client of bench.clients) {
      if (random.chance(0.4) && client.waiting < 40) bench.ask(client, ...commandsOf(client, bench, world))
    }
    if (random.chance(0.05)) world.moveLeader(random.pick(world.cells), random.pick(world.topology.stores).id)
    if (random.chance(0.03)) world.split(random.pick(world.cells), `k${random.below(8)}${random.below(10)}`)
    if (random.chance(0.01) && world.down.size === 0) crash(bench, random.below(2))
    bench.run(world.nowMs + random.float() * 4)
  }
  const isAnswered = bench.runUntil(() => bench.waiting === 0, TIMEOUT_MS + GRACE_MS + 1000)
  hold(isAnswered, () => `seed ${seed}: ${bench.waiting} commands have no reply when the grace is over`)
  return { bench, world }
}

function crash(bench: Bench, executor: number): void {
  const { world, router } = bench
  world.crash(
    executor,
    (batch) => bench.pass(() => router.undelivered(batch)),
    () => bench.pass(() => router.executorLost(executor)),
  )
  world.after(world.random.float() * 60 + 10, () => {
    world.restart(executor)
    bench.pass(() => router.executorUp(executor))
  })
}

function commandsOf(client: FakeClient, bench: Bench, world: FakeWorld): string[][] {
  const { random } = world
  const me = bench.clients.indexOf(client)
  const commands: string[][] = []
  const count = random.pick([1, 1, 3, 16])
  for (let i = 0; i < count; i++) {
    const place = client.asked.length + i
    // Each session has its own keys, spread over all cells: what it reads must be what it wrote.
    const key = () => `k${random.below(8)}${me}`
    const value = (of: string) => `${me}/${place}/${of}`
    const kind = random.below(20)
    if (kind < 9) {
      const of = key()
      commands.push(['SET', of, value(of)])
    } else if (kind < 15) commands.push(['GET', key()])
    else if (kind < 16) commands.push(['DBSIZE'])
    else if (kind < 18) {
      const keys = [...new Set([key(), key(), key()])]
      commands.push(['MSET', ...keys.flatMap((of) => [of, value(of)])])
    } else commands.push(['MGET', key(), key(), key()])
  }
  return commands
}

/** What was executed of each write, `session/place/key`, in order. */
function writesOf(executions: readonly Execution[]): { id: string; cell: number }[] {
  const writes: { id: string; cell: number }[] = []
  for (const { words, cell } of executions) {
    if (words[0] === 'SET') writes.push({ id: words[2] as string, cell })
    if (words[0] === 'MSET') for (let i = 2; i < words.length; i += 2) writes.push({ id: words[i] as string, cell })
  }
  return writes
}

function idsOf(asked: Asked): string[] {
  if (asked.words[0] === 'SET') return [asked.words[2] as string]
  if (asked.words[0] === 'MSET') return asked.words.filter((_, i) => i > 0 && i % 2 === 0)
  return []
}

function placeOf(id: string): number {
  return Number(id.split('/')[1])
}

function readsOf(asked: Asked): { key: string; value: string | null }[] {
  if (asked.reply === null || asked.reply.startsWith('-')) return []
  if (asked.words[0] !== 'GET' && asked.words[0] !== 'MGET') return []
  const values = [...asked.reply.matchAll(/\$(-1|\d+\r\n([^\r]*))\r\n/g)].map((match) => match[2] ?? null)
  return asked.words.slice(1).map((key, i) => ({ key, value: values[i] as string | null }))
}

/** As `expect`, which is too slow for so many. */
function hold(condition: boolean, what: () => string): void {
  if (!condition) throw new Error(what())
}

function check(bench: Bench, world: FakeWorld): void {
  const writes = writesOf(world.executions)
  const executed = new Map<string, number>()
  for (const { id } of writes) executed.set(id, (executed.get(id) ?? 0) + 1)
  for (const client of bench.clients) {
    for (const asked of client.asked) checkFate(asked, executed)
    checkReads(client, executed)
  }
  checkOrder(writes)
}

function checkFate(asked: Asked, executed: ReadonlyMap<string, number>): void {
  const counts = idsOf(asked).map((id) => executed.get(id) ?? 0)
  const reply = asked.reply as string
  const told = () => `${asked.words.join(' ')} was told ${reply} and executed ${counts} times`
  hold(
    counts.every((count) => count <= 1),
    told,
  )
  if (reply === '+OK\r\n') hold(!counts.includes(0), told)
  else if (/^-(UNAVAILABLE|MISCONF)/.test(reply)) hold(!counts.includes(1), told)
  else hold(counts.length === 0 || reply.startsWith('-UNKNOWN'), told)
  hold(asked.repliedAtMs - asked.askedAtMs <= TIMEOUT_MS + GRACE_MS + 20, () => `${told()} too late`)
}

/** A read sees the last write before it that was ever executed. */
function checkReads(client: FakeClient, executed: ReadonlyMap<string, number>): void {
  const last = new Map<string, string>()
  for (const asked of client.asked) {
    for (const { key, value } of readsOf(asked)) {
      const expected = last.get(key) ?? null
      hold(value === expected, () => `${asked.words.join(' ')} gave ${value} for ${key}, where ${expected} was last`)
    }
    for (const id of idsOf(asked)) if (executed.has(id)) last.set(id.split('/')[2] as string, id)
  }
}

/** Of one session: writes of one key, and writes that one cell executed, are in the order given in. */
function checkOrder(writes: readonly { id: string; cell: number }[]): void {
  const lastOf = new Map<string, number>()
  for (const { id, cell } of writes) {
    const [session, , key] = id.split('/')
    for (const scope of [`${session}/key ${key}`, `${session}/cell ${cell}`]) {
      hold(placeOf(id) >= (lastOf.get(scope) ?? -1), () => `${id} after ${lastOf.get(scope)} in ${scope}`)
      lastOf.set(scope, placeOf(id))
    }
  }
}

/** How often each sort of reply was given: what never came up was not tested. */
class Tally {
  readonly counts = new Map<string, number>()

  add(bench: Bench): void {
    for (const client of bench.clients) {
      for (const { reply } of client.asked) {
        const kind = reply?.startsWith('-') ? reply.slice(1, 40) : 'done'
        this.counts.set(kind, (this.counts.get(kind) ?? 0) + 1)
      }
    }
  }
}

test('whatever cells refuse, forget or lose, a write is executed at most once, in order, and every command is answered', () => {
  const tally = new Tally()
  for (let seed = 0; seed < SEEDS; seed++) {
    const { bench, world } = play(seed, 'keys')
    check(bench, world)
    hold(bench.router.inFlight === 0 && bench.router.heldBytes === 0, () => `seed ${seed} leaves something behind`)
    tally.add(bench)
  }
  expect([...tally.counts.keys()].sort()).toEqual([
    'MISCONF not executed: the disk of a sto',
    'UNAVAILABLE not executed within the req',
    'UNAVAILABLE not executed, while a comma',
    'UNKNOWN some parts of this command were',
    'UNKNOWN the fate of this command is not',
    'done',
  ])
})

test('in strict order all writes of a session are executed in the order given in, over all cells', () => {
  for (let seed = 0; seed < SEEDS / 2; seed++) {
    const { bench, world } = play(seed, 'strict')
    check(bench, world)
    const lastOf = new Map<string, number>()
    for (const { id } of writesOf(world.executions)) {
      const session = id.split('/')[0] as string
      hold(placeOf(id) >= (lastOf.get(session) ?? -1), () => `${id} of seed ${seed} after ${lastOf.get(session)}`)
      lastOf.set(session, placeOf(id))
    }
  }
})

test('without faults nothing is refused to a client, and reads see what was written', () => {
  const world = new FakeWorld('calm', 3, 2, ['k3', 'k6'])
  const bench = new Bench(world, { requestTimeoutMs: TIMEOUT_MS, connectionOrder: 'keys' })
  const client = bench.open()
  for (let i = 0; i < 50; i++) bench.ask(client, ...commandsOf(client, bench, world))
  expect(bench.runUntil(() => bench.waiting === 0, 1000)).toBe(true)
  expect(client.asked.filter(({ reply }) => reply?.startsWith('-'))).toEqual([])
  check(bench, world)
})
