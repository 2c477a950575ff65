/** A few rounds of `npm run torture -- --merges N`: cells are cut and made one again while clients write. */
import { afterEach, expect, test } from 'vitest'
import { Client, json, post, until } from '../boot/process.ts'
import { splitAndMerge } from '../torture/rounds.ts'
import { RealServer } from './server.ts'

let server: RealServer | null = null

afterEach(async () => {
  await server?.end()
  server = null
})

test('cells are cut and made one again while clients write: every write is there, and none was refused', async () => {
  const { merges, acknowledged, errors } = await splitAndMerge({ rounds: 6 })
  expect(merges).toBe(6)
  expect(acknowledged).toBeGreaterThan(500)
  expect([...errors]).toEqual([])
}, 180_000)

test('small cells that nobody uses become one by themselves, and have all their keys', async () => {
  server = new RealServer('merges')
  const { redis, http } = await server.start('--executors', '2', '--stores', '4')
  const cells = async () => (await json(http, '/api/v1/cells')).items
  const client = new Client(redis)
  const keys = Array.from({ length: 90 }, (_, i) => `key:${10 + i}`)
  await Promise.all(keys.map((key) => client.send('SET', key, key)))
  const cuts = ['key:30', 'key:50', 'key:70'].map((utf8) => ({ utf8 }))
  await until(
    () => post(http, '/api/v1/cells/split', { keys: cuts, scatter: true }),
    ({ status }) => status < 300,
  )
  await until(cells, (all) => all.length === 4 && all.every(({ peers }) => peers.length === 3))
  expect((await post(http, '/api/v1/settings', { mergeRestMs: 0 })).status).toBeLessThan(300)
  await until(cells, (all) => all.length === 1, 90_000)
  const values = await Promise.all(keys.map((key) => client.send('GET', key)))
  expect(values).toEqual(keys)
  expect(await client.send('DBSIZE')).toBe(keys.length)
  client.close()
}, 180_000)
