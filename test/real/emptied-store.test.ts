/** A store that was emptied by order, and whose directory was deleted: what takes its place is another store. */
import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { Client, json, post, until, voters } from '../boot/process.ts'
import { RealServer } from './server.ts'

const server = new RealServer('emptied')
const flags = ['--executors', '2', '--stores', '4']
const KEYS = 50

afterAll(() => server.end())

async function stateOf(http: number, store: number): Promise<string | undefined> {
  const { items } = await json(http, '/api/v1/stores')
  return items.find(({ id }) => id === store)?.state
}

async function empty(http: number, store: number): Promise<void> {
  // Soon after a start the placement driver has not heard of everything yet, and says: ask again in a moment.
  await until(
    () => post(http, `/api/v1/stores/${store}/offline`, {}),
    ({ status }) => status !== 503,
  ).then(({ status }) => expect(status).toBe(200))
  await until(
    () => stateOf(http, store),
    (state) => state === 'tombstone',
  )
}

async function keysFound(client: Client): Promise<number> {
  let found = 0
  for (let i = 0; i < KEYS; i++) if ((await client.send('GET', `k${i}`)) === `v${i}`) found++
  return found
}

test('the deleted directory of an emptied store comes back as a new store with another id, which is filled', async () => {
  const first = await server.start(...flags)
  const writer = new Client(first.redis)
  for (let i = 0; i < KEYS; i++) expect(await writer.send('SET', `k${i}`, `v${i}`)).toBe('OK')
  await until(
    () => json(first.http, '/api/v1/cells?system=1'),
    ({ items }) => items.length === 2 && items.every((cell) => voters(cell) === 3),
  )
  await empty(first.http, 4)
  writer.close()
  await server.stop()
  rmSync(join(server.dir, 'store-4'), { recursive: true })

  const second = await server.start(...flags)
  const reader = new Client(second.redis)
  expect(await keysFound(reader)).toBe(KEYS)
  await until(
    () => stateOf(second.http, 5),
    (state) => state === 'up',
  )
  expect(existsSync(join(server.dir, 'store-4'))).toBe(false)
  expect(['lost', 'tombstone', undefined]).toContain(await stateOf(second.http, 4))
  // Three copies on the three that are left are one on the new store.
  await empty(second.http, 1)
  const { items } = await json(second.http, '/api/v1/cells?system=1')
  for (const cell of items) expect(cell.peers.map((peer) => peer.store).sort()).toEqual([2, 3, 5])
  expect(await keysFound(reader)).toBe(KEYS)
  reader.close()
}, 240_000)
