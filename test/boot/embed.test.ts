import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { InProcessListener } from '../../src/boot/in-process.ts'
import { firstAnswer } from '../../src/boot/run.ts'
import {
  CellariumError,
  type Cluster,
  type ClusterEvent,
  type ClusterOptions,
  openCluster,
  type SetOptions,
  SetUpError,
} from '../../src/index.ts'

let base: string
let clusters: Cluster[]

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'cellarium-embed-'))
  clusters = []
})

afterEach(async () => {
  await Promise.all(clusters.map((cluster) => cluster.close()))
  rmSync(base, { recursive: true, force: true })
})

async function open(options: ClusterOptions): Promise<Cluster> {
  const cluster = await openCluster({ executors: 2, log: () => {}, ...options })
  clusters.push(cluster)
  return cluster
}

test('a cluster in memory does what Redis does, with values as a program likes them', async () => {
  const cluster = await open({ dir: 'memory' })
  await cluster.set('a', 5)
  expect(await cluster.get('a')).toBe('5')
  expect(await cluster.get('nothing')).toBeNull()
  expect(await cluster.command('INCRBY', 'a', 2)).toBe(7)
  const bytes = new Uint8Array([0, 255, 13, 10])
  await cluster.set(bytes, bytes)
  expect(new Uint8Array((await cluster.getBuffer(bytes)) as Uint8Array)).toEqual(bytes)
  expect(await cluster.command('MGET', 'a', 'nothing')).toEqual(['7', null])
  expect(await cluster.del('a', 'nothing')).toBe(1)
  expect(await cluster.del()).toBe(0)
})

test('commands given in one after the other take effect in that order, without waiting for each other', async () => {
  const cluster = await open({ dir: 'memory' })
  const replies = await Promise.all(Array.from({ length: 500 }, () => cluster.command('INCR', 'n')))
  expect(replies).toEqual(Array.from({ length: 500 }, (_, i) => i + 1))
})

test('an error reply rejects with its code', async () => {
  const cluster = await open({ dir: 'memory' })
  await cluster.set('a', 'x')
  await expect(cluster.command('INCR', 'a')).rejects.toMatchObject({
    name: 'CellariumError',
    code: 'ERR',
    message: 'value is not an integer or out of range',
  })
})

test('what would get no reply, or is no word of a command, is refused, and later replies go to their own commands', async () => {
  const cluster = await open({ dir: 'memory', executors: 1 })
  const refused = [
    cluster.command(),
    cluster.command('CLIENT', 'REPLY', 'SKIP'),
    cluster.command(Buffer.from('client'), Buffer.from('reply'), 'OFF'),
    cluster.command('quit'),
    cluster.command('HELLO', 2),
    cluster.command('RESET'),
    cluster.command('POST'),
    cluster.command('client', 'kill', 'type', 'normal', 'skipme', 'no'),
  ]
  for (const one of refused) await expect(one).rejects.toMatchObject({ name: 'CellariumError', code: 'ERR' })
  await expect(cluster.get(undefined as unknown as string)).rejects.toThrow(TypeError)
  await expect(cluster.set('a', null as unknown as string)).rejects.toThrow('not object')
  expect(await Promise.all([cluster.set('a', 1), cluster.get('a'), cluster.command('CLIENT', 'GETNAME')])).toEqual([
    true,
    '1',
    null,
  ])
  await expect(open({ dir: [] })).rejects.toThrow(SetUpError)
  await expect(open({ dir: 5 } as unknown as ClusterOptions)).rejects.toThrow(SetUpError)
})

test('a command larger than the limit is refused before it is sent, and those in flight get their replies', async () => {
  const cluster = await open({ dir: 'memory', executors: 1, clientQueryMax: '64kb', valueMax: '32kb' })
  // `*3`, `$3 SET`, `$1 a` and the value, each with its line ends: one byte more is too many.
  const fitting = 65_536 - '*3__$3__SET__$1__a__$65507__'.length - 2
  const before = [cluster.set('n', 1), cluster.incr('n')]
  const tooLarge = cluster.set('a', 'x'.repeat(fitting + 1))
  const after = cluster.incr('n')
  await expect(tooLarge).rejects.toMatchObject({ name: 'CellariumError', code: 'TOOBIG' })
  expect(await Promise.all([...before, after])).toEqual([true, 2, 3])
  // The largest that is sent reaches the store, which has a limit of its own for values.
  await expect(cluster.set('a', 'x'.repeat(fitting))).rejects.toThrow('value')
  await expect(cluster.del(...Array.from({ length: 9_000 }, (_, i) => `${i}`))).rejects.toMatchObject({
    code: 'TOOBIG',
  })
  expect(await cluster.get('n')).toBe('3')
})

test('what set and close do not know they refuse by name', async () => {
  const cluster = await open({ dir: 'memory', executors: 1 })
  const set = (options: unknown) => cluster.set('a', 1, options as SetOptions)
  await expect(set({ expireMS: 5 })).rejects.toThrow(new TypeError("set has no option 'expireMS', but expireMs, only"))
  await expect(set({ only: 'nx' })).rejects.toThrow(new TypeError("only is 'absent' or 'present', not 'nx'"))
  await expect(set({ expireMs: '5s' })).rejects.toThrow(new TypeError("expireMs is a number of milliseconds, not '5s'"))
  for (const none of ['EX', null, 60]) await expect(set(none)).rejects.toThrow('set takes an object of options')
  expect(await cluster.exists('a')).toBe(0)
  await expect(cluster.close({ timeout: 5 } as object)).rejects.toThrow("close has no option 'timeout', but timeoutMs")
  expect(await cluster.set('a', 1, {})).toBe(true)
})

test('what was given in just before close is done, and answered', async () => {
  const cluster = await open({ dir: join(base, 'd'), executors: 1 })
  const given = Array.from({ length: 3_000 }, (_, i) => cluster.set(`k${i}`, i))
  const closed = cluster.close()
  const late = cluster.set('late', 1)
  await expect(late).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  expect(new Set(await Promise.all(given))).toEqual(new Set([true]))
  expect(await closed).toBe(true)
  const again = await open({ dir: join(base, 'd'), executors: 1 })
  expect(await again.command('DBSIZE')).toBe(3_000)
})

test('close does not wait for ever for a command without a reply', async () => {
  const cluster = await open({ dir: 'memory', executors: 1, enableDebugCommand: 'yes' })
  await cluster.command('DEBUG', 'SLEEP', 2, 'EXECUTOR', 0)
  const stuck = cluster.set('a', 1).catch((error: CellariumError) => error.code)
  await cluster.close({ timeoutMs: 300 })
  expect(['UNKNOWN', 'UNAVAILABLE']).toContain(await stuck)
})

test('two clusters in one process do not meet, and one directory is open once', async () => {
  const first = await open({ dir: join(base, 'a') })
  const second = await open({ dir: join(base, 'b'), executors: 1 })
  await first.set('k', 'first')
  await second.set('k', 'second')
  expect([await first.get('k'), await second.get('k')]).toEqual(['first', 'second'])
  await expect(open({ dir: join(base, 'a') })).rejects.toThrow(SetUpError)
})

test('what was set is there when the directory is opened again', async () => {
  const first = await open({ dir: join(base, 'd') })
  await first.set('k', 'v')
  expect(await first.close()).toBe(true)
  await expect(first.get('k')).rejects.toMatchObject({ code: 'UNAVAILABLE' })
  const second = await open({ dir: join(base, 'd') })
  expect(await second.get('k')).toBe('v')
})

test('cells and stores are shown as HTTP shows them', async () => {
  const cluster = await open({ dir: 'memory', stores: 3, replicas: 1 })
  // It may be on its way to another store already, for the sake of balance.
  const peers = expect.arrayContaining([expect.objectContaining({ role: 'voter' })])
  expect(await cluster.cells()).toMatchObject([{ id: 2, start: null, end: null, peers }])
  expect((await cluster.stores()).map((store) => store.id)).toEqual([1, 2, 3])
})

test('an option that is not one is refused', async () => {
  await expect(open({ dir: 'memory', cellsize: 5 } as ClusterOptions)).rejects.toThrow("there is no option 'cellsize'")
  await expect(open({ dir: 'memory', cellSize: 'big' })).rejects.toThrow("not 'big'")
  await expect(open({ dir: 'memory', port: 6379 } as ClusterOptions)).rejects.toThrow("'port' is an option of a server")
})

test('the calls for the commands of every day take and give what a program has', async () => {
  const cluster = await open({ dir: 'memory', executors: 1 })
  expect(await cluster.set('a', 1, { only: 'present' })).toBe(false)
  expect(await cluster.set('a', 1, { only: 'absent', expireMs: 50_000 })).toBe(true)
  expect(await cluster.set('a', 2, { only: 'absent' })).toBe(false)
  expect(await cluster.ttl('a')).toBeGreaterThan(40_000)
  expect(await cluster.incr('a')).toBe(2)
  expect(await cluster.incr('a', 2n ** 53n)).toBe(2n ** 53n + 2n)
  expect(await cluster.incr('n', -5)).toBe(-5)
  expect(await cluster.ttl('n')).toBe(Number.POSITIVE_INFINITY)
  expect(await cluster.ttl('nothing')).toBeNull()
  expect(await cluster.expire('n', 60_000)).toBe(true)
  expect(await cluster.expire('nothing', 60_000)).toBe(false)
  expect(await cluster.exists('n', 'n', 'nothing')).toBe(2)
  expect(await cluster.exists()).toBe(0)
  expect(await cluster.mget('n', 'nothing')).toEqual(['-5', null])
  expect(await cluster.mget()).toEqual([])
  expect(await cluster.command('MGET', 'n')).toEqual(['-5'])
  const [bytes] = (await cluster.commandBuffer('MGET', 'n')) as Uint8Array[]
  expect(bytes).toBeInstanceOf(Uint8Array)
  expect(Buffer.from(bytes as Uint8Array).toString()).toBe('-5')
  await expect(cluster.command('NOSUCH')).rejects.toBeInstanceOf(CellariumError)
  await expect(cluster.set('a', 1, { expireMs: 0 })).rejects.toMatchObject({ code: 'ERR' })
})

test('who listens hears that a cell was split, until it listens no more', async () => {
  const cluster = await open({ dir: 'memory', executors: 1, replicas: 1, cellSize: '64kb' })
  const heard: ClusterEvent[] = []
  const end = cluster.onEvent((event) => heard.push(event))
  const deaf: ClusterEvent[] = []
  cluster.onEvent((event) => deaf.push(event))()
  for (let i = 0; i < 300; i++) await cluster.set(`key ${i}`, 'x'.repeat(1000))
  await expect.poll(() => heard.find(({ event }) => event === 'cellSplit'), { timeout: 30_000 }).toBeDefined()
  end()
  expect(deaf).toEqual([])
  expect((await cluster.cells()).length).toBeGreaterThan(1)
  await cluster.close()
  expect(() => cluster.onEvent(() => {})).toThrow('the cluster is closed')
})

test('two clusters in memory do not meet either, and each is closed once', async () => {
  const [first, second] = await Promise.all([
    open({ dir: 'memory', executors: 1 }),
    open({ dir: 'memory', executors: 1 }),
  ])
  await first?.set('k', 'first')
  expect(await second?.get('k')).toBeNull()
  const closed = [first?.close(), first?.close()]
  expect(await Promise.all(closed)).toEqual([true, true])
  expect(await second?.set('k', 'second')).toBe(true)
})

test('the process keeps its signals, its errors and its end', async () => {
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP', 'uncaughtException', 'unhandledRejection', 'beforeExit']
  const counts = () => names.map((name) => process.listenerCount(name))
  const before = counts()
  await open({ dir: 'memory', executors: 1 })
  expect(counts()).toEqual(before)
})

/** A program of its own around the embedded cluster. */
async function runProgram(lines: string, threads?: string): Promise<{ code: number | null; out: string; err: string }> {
  const door = new URL('../../src/index.js', import.meta.url).href
  const { UV_THREADPOOL_SIZE: _, ...inherited } = process.env
  const environment = threads === undefined ? inherited : { ...inherited, UV_THREADPOOL_SIZE: threads }
  const text = `import { openCluster } from ${JSON.stringify(door)}\n${lines}`
  const child = spawn(process.execPath, ['--input-type=module', '-e', text], { cwd: base, env: environment })
  const said = { out: '', err: '' }
  child.stdout.on('data', (chunk) => {
    said.out += String(chunk)
  })
  child.stderr.on('data', (chunk) => {
    said.err += String(chunk)
  })
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, ...said }
}

test('a program ends by itself after close, and is told beforehand of too small a pool of threads', async () => {
  const lines = `
    const cluster = await openCluster({ executors: 1 })
    await cluster.set('k', 'v')
    console.log(await cluster.get('k'), await cluster.close())`
  const told = await runProgram(lines)
  expect(told).toMatchObject({ code: 0, out: 'v true\n' })
  expect(told.err).toContain('CellariumWarning: UV_THREADPOOL_SIZE is 4 and should be 16 for 3 stores')
  expect(await runProgram(lines, '16')).toEqual({ code: 0, out: 'v true\n', err: '' })
})

test('a program whose cluster could not be opened has nothing left of it, and ends by itself', async () => {
  const lines = `
    await openCluster({ dir: ['a', 'b'], executors: 1, stores: 1 }).catch((error) => console.log(error.name))`
  expect(await runProgram(lines, '64')).toEqual({ code: 0, out: 'SetUpError\n', err: '' })
})

test('the first answer is not waited for when all is over', async () => {
  const listener = new InProcessListener(null)
  let refused = 0
  // A gateway that takes nobody.
  listener.attach(() => {
    refused++
    return null
  })
  await firstAnswer(
    listener,
    () => '',
    () => refused >= 3,
  )
  expect(refused).toBe(3)
})
