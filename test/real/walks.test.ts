/** SCAN and KEYS over many cells of a real server, which are split meanwhile. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Client, json, post, until } from '../boot/process.ts'
import { RealServer } from './server.ts'

const server = new RealServer('walks')
let http = 0
let client: Client

beforeAll(async () => {
  const ports = await server.start('--initial-cells', '4', '--memory', '64mb', '--executors', '2')
  http = ports.http
  client = new Client(ports.redis)
})

afterAll(async () => {
  client.close()
  await server.stop()
  await server.end()
})

const keys = Array.from({ length: 4000 }, (_, i) => `${String.fromCharCode(33 + (i % 90))}${i}`)

const cells = async () => (await json(http, '/api/v1/cells')).items

async function splitAll() {
  for (const { id } of await cells()) {
    await post(http, '/api/v1/operators', { kind: 'split', cell: id })
  }
  return cells()
}

test('what is there throughout is found once, by SCAN and by KEYS, while cells are split and others write', async () => {
  for (let at = 0; at < keys.length; at += 500) {
    await client.send('MSET', ...keys.slice(at, at + 500).flatMap((key) => [key, 'v']))
  }
  expect(await client.send('DBSIZE')).toBe(keys.length)
  const before = 4
  await until(cells, ({ length }) => length === before)
  const found: string[] = []
  let cursor = '0'
  let isSplit = false
  for (let call = 0; ; call++) {
    const [next, some] = (await client.send('SCAN', cursor, 'COUNT', '40')) as [string, string[]]
    found.push(...some.map(String))
    cursor = String(next)
    if (cursor === '0') break
    await client.send('SET', `~come:${call}`, 'v')
    await client.send('DEL', `~come:${call - 1}`)
    if (call !== 20) continue
    // The rest is scanned when there are more cells than there were. Cells that are being moved are not split.
    isSplit = (await until(splitAll, ({ length }) => length > before)).length > before
  }
  expect(isSplit).toBe(true)
  expect(found.filter((key) => !key.startsWith('~come')).sort()).toEqual([...keys].sort())
  const all = ((await client.send('KEYS', '*')) as string[]).map(String)
  expect(all.filter((key) => !key.startsWith('~come')).sort()).toEqual([...keys].sort())
  const prefixed = ((await client.send('KEYS', 'A*')) as string[]).map(String)
  expect(prefixed.sort()).toEqual(keys.filter((key) => key.startsWith('A')).sort())
})

test('random keys come from all cells', async () => {
  const drawn = new Set<string>()
  for (let i = 0; i < 300; i++) drawn.add(String(await client.send('RANDOMKEY')).slice(0, 1))
  expect(drawn.size).toBeGreaterThan(50)
})
