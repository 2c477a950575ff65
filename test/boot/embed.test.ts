import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Cluster, type ClusterOptions, openCluster, SetUpError } from '../../src/index.ts'

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
})
