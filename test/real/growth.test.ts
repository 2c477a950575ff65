/** The built server, given more stores and other executors, and asked to give one up: nothing is lost on the way. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Client, type Item, json, post, until } from '../boot/process.ts'
import { isWhole } from '../spread/cells.ts'
import { RealServer } from './server.ts'

const CELLS = 8
const KEYS = 300

let server: RealServer

beforeEach(() => {
  server = new RealServer('growth')
})

afterEach(() => server.end())

const storesOf = async (http: number) => (await json(http, '/api/v1/stores')).items
const cellsOf = async (http: number) => (await json(http, '/api/v1/cells')).items
const areWhole = (cells: readonly Item[]) => cells.length === CELLS && cells.every((cell) => isWhole(cell, 3))

async function whole(http: number): Promise<readonly Item[]> {
  return await until(() => cellsOf(http), areWhole)
}

/** The keys that are not as they were written. */
async function missing(redis: number): Promise<string[]> {
  const client = new Client(redis)
  const replies = await Promise.all(Array.from({ length: KEYS }, (_, i) => client.send('GET', `${i}:key`)))
  client.close()
  return replies.flatMap((reply, i) => (reply === `value ${i}` ? [] : [`${i}:key is ${String(reply)}`]))
}

test('more stores and executors at a restart: the new stores get their share, and a store that is taken out of use gives up its own', async () => {
  const first = await server.start('--executors', '2', '--stores', '4', '--initial-cells', `${CELLS}`)
  await whole(first.http)
  const client = new Client(first.redis)
  await Promise.all(Array.from({ length: KEYS }, (_, i) => client.send('SET', `${i}:key`, `value ${i}`)))
  client.close()
  await server.stop()

  const { redis, http } = await server.start('--executors', '3', '--stores', '6', '--initial-cells', `${CELLS}`)
  const held = (cells: readonly Item[], store: number) =>
    cells.filter((cell) => cell.peers.some((peer) => peer.store === store)).length
  await until(
    () => cellsOf(http),
    (cells) => areWhole(cells) && held(cells, 5) >= 2 && held(cells, 6) >= 2,
  )
  expect(await missing(redis)).toEqual([])

  expect((await post(http, '/api/v1/stores/1/offline', {})).status).toBe(200)
  await until(
    () => storesOf(http),
    (stores) => stores.find(({ id }) => id === 1)?.state === 'tombstone',
  )
  expect(held(await whole(http), 1)).toBe(0)
  expect(await missing(redis)).toEqual([])
  expect((await post(http, '/api/v1/stores/1/online', {})).status).toBe(409)
}, 120_000)
