/** The built server, two of whose three stores are deleted: one copy is left of everything, of the placement driver's keys too. */
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { Client, json, Program, post, until } from '../boot/process.ts'
import { isWhole } from '../spread/cells.ts'

const KEYS = 300

let base: string
let http: number
let programs: Program[]

beforeEach(async () => {
  base = mkdtempSync(join(tmpdir(), 'cellarium-unsafe-'))
  http = await freePort()
  programs = []
})

afterEach(async () => {
  for (const program of programs) await program.stop('SIGKILL')
  rmSync(base, { recursive: true, force: true })
})

/** HTTP answers before keys do, and then the ready line has not told its port yet. */
function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const listener = createServer().listen(0, '127.0.0.1', () => {
      const { port } = listener.address() as { port: number }
      listener.close(() => resolve(port))
    })
  })
}

function run(...args: string[]): Program {
  const program = new Program(args)
  programs.push(program)
  return program
}

const serve = () =>
  run('serve', '--dir', join(base, 'd'), '--port', '0', '--http-port', `${http}`, '--executors', '3', '--stores', '3')

async function ctl(...flags: string[]): Promise<{ code: number | null; text: string }> {
  const program = run('ctl', 'unsafe-recover', '--url', `http://127.0.0.1:${http}`, ...flags)
  const { code } = await program.exit
  return { code, text: program.stdout + program.stderr }
}

const areWhole = () =>
  until(
    () => json(http, '/api/v1/cells?system=1'),
    ({ status, items }) => status === 200 && items.length === 2 && items.every((cell) => isWhole(cell, 3)),
    90_000,
  )

async function write(redis: number): Promise<void> {
  const client = new Client(redis)
  for (let i = 0; i < KEYS; i++) expect(await client.send('SET', `key ${i}`, `value ${i}`)).toBe('OK')
  client.close()
}

async function readAll(redis: number): Promise<number> {
  const client = new Client(redis)
  let found = 0
  for (let i = 0; i < KEYS; i++) {
    if ((await client.send('GET', `key ${i}`)) === `value ${i}`) found++
  }
  client.close()
  return found
}

test('with two of three stores deleted nothing is served, until one copy goes on by order, with all that it has', async () => {
  const first = serve()
  const { redis } = await first.ready()
  await areWhole()
  await write(redis)
  await first.stop()
  rmSync(join(base, 'd', 'store-2'), { recursive: true })
  rmSync(join(base, 'd', 'store-3'), { recursive: true })

  const second = serve()
  await until(
    () => json(http, '/api/v1/unsafe-recover').catch(() => null),
    (answer) => answer?.status === 200 && (answer.body as { cells: unknown[] }).cells.length === 2,
  )
  expect(second.stdout).not.toContain('ready')
  // Shown, and not done: nobody has confirmed.
  const shown = await ctl()
  expect(shown.code).toBe(1)
  expect(shown.text).toContain('Stores 2, 3 are lost for good.')
  expect(shown.text).toContain('(system)')
  expect(shown.text).toContain('--yes-lose-data')
  // Whoever believes that other stores are lost has not seen what would be done.
  expect((await post(http, '/api/v1/unsafe-recover', { loseData: true, lost: [2] })).status).toBe(409)
  expect(second.stdout).not.toContain('ready')

  const done = await ctl('--yes-lose-data')
  expect(done.text).toContain('2 of 2 cells go on with one copy')
  expect(done.code).toBe(0)
  const again = await second.ready()
  expect(await readAll(again.redis)).toBe(KEYS)
  // The placement driver lives again, and makes the copies that are missing, without an order.
  await areWhole()
  expect((await ctl()).text).toContain('nothing to recover')
  await second.stop('SIGKILL')
  const third = await serve().ready()
  expect(await readAll(third.redis)).toBe(KEYS)
}, 240_000)
