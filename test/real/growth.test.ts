/** The built server, given more stores and other executors, and asked to give one up: nothing is lost on the way. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Client, type Item, json, Program, until, voters } from '../boot/process.ts'

const CELLS = 8
const KEYS = 300

let base: string
let server: Program | null

beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'cellarium-growth-'))
  server = null
})

afterEach(async () => {
  await server?.stop('SIGKILL')
  rmSync(base, { recursive: true, force: true })
})

async function start(...flags: string[]): Promise<{ redis: number; http: number }> {
  const ports = ['--port', '0', '--http-port', '0', '--initial-cells', `${CELLS}`]
  server = new Program(['serve', '--dir', join(base, 'd'), ...ports, ...flags])
  return await server.ready()
}

const storesOf = async (http: number) => (await json(http, '/api/v1/stores')).items
const cellsOf = async (http: number) => (await json(http, '/api/v1/cells')).items
const isWhole = (cell: Item) => cell.leader !== null && voters(cell) === 3 && cell.peers.length === 3

async function whole(http: number): Promise<readonly Item[]> {
  return await until(
    () => cellsOf(http),
    (cells) => cells.length === CELLS && cells.every(isWhole),
  )
}

/** The keys that are not as they were written. */
async function missing(redis: number): Promise<string[]> {
  const client = new Client(redis)
  const replies = await Promise.all(Array.from({ length: KEYS }, (_, i) => client.send('GET', `${i}:key`)))
  client.close()
  return replies.flatMap((reply, i) => (reply === `value ${i}` ? [] : [`${i}:key is ${String(reply)}`]))
}

test('more stores and executors at a restart: the new stores get their share, and a store that is taken out of use gives up its own', async () => {
  const first = await start('--executors', '2', '--stores', '4')
  await whole(first.http)
  const client = new Client(first.redis)
  await Promise.all(Array.from({ length: KEYS }, (_, i) => client.send('SET', `${i}:key`, `value ${i}`)))
  client.close()
  await server?.stop()

  const { redis, http } = await start('--executors', '3', '--stores', '6')
  const held = (cells: readonly Item[], store: number) =>
    cells.filter((cell) => cell.peers.some((peer) => peer.store === store)).length
  await until(
    () => cellsOf(http),
    (cells) => cells.length === CELLS && cells.every(isWhole) && held(cells, 5) >= 2 && held(cells, 6) >= 2,
  )
  expect(await missing(redis)).toEqual([])

  const order = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }
  expect((await json(http, '/api/v1/stores/1/offline', order)).status).toBe(200)
  await until(
    () => storesOf(http),
    (stores) => stores.find(({ id }) => id === 1)?.state === 'tombstone',
  )
  expect(held(await whole(http), 1)).toBe(0)
  expect(await missing(redis)).toEqual([])
  expect((await json(http, '/api/v1/stores/1/online', order)).status).toBe(409)
}, 120_000)
