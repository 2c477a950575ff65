/** One connection with much on its way, over cells that are cut and led elsewhere, and keys that are not in memory. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Random } from '../../src/base/index.ts'
import { Client, type Item, json, post, until } from '../boot/process.ts'
import { RealServer } from './server.ts'

const KEYS = 1500
/** Keys whose commands are on their way at once. */
const WINDOW = 300
const ROUNDS_MIN = 3
const SPLITS_MIN = 3
const TRANSFERS_MIN = 6
/** Read between rounds: so much more than `--memory` that the other keys do not stay there. */
const FILLERS = 3000
const FILLER_BYTES = 8000

const server = new RealServer('pipeline')
let http = 0
let client: Client

beforeAll(async () => {
  const options = ['--executors', '3', '--memory', '16mb', '--cell-size', '16mb', '--initial-cells', '3']
  const ports = await server.start(...options)
  http = ports.http
  client = new Client(ports.redis)
})

afterAll(async () => {
  client.close()
  await server.end()
})

/** Over the whole range, so that they come to lie in all cells, with fillers between them. */
const strewn = (name: string, i: number) => `${String.fromCharCode((i * 37) % 120)}:${name}:${i}`

async function fillers(act: (key: string) => Promise<unknown>): Promise<void> {
  for (let at = 0; at < FILLERS; at += WINDOW) {
    await Promise.all(Array.from({ length: WINDOW }, (_, i) => act(strewn('filler', at + i))))
  }
}

/** What a round sends about one key, and what it must be told; no two replies of a round are the same. */
function commandsOf(i: number, round: number): (readonly [command: (string | number)[], reply: unknown])[] {
  const key = strewn('key', i)
  const value = (inRound: number) => i * 1000 + inRound * 10
  return [
    [['GET', key], round === 0 ? null : String(value(round - 1) + 1)],
    [['SET', key, value(round)], 'OK'],
    [['GET', key], String(value(round))],
    [['INCR', key], value(round) + 1],
    [['GET', key], String(value(round) + 1)],
  ]
}

/** Sends everything there is to say about some keys at once; the replies that are wrong. */
async function window(from: number, round: number): Promise<string[]> {
  const all = Array.from({ length: WINDOW }, (_, i) => commandsOf(from + i, round))
  // Key by key, or step by step over all of them: then the commands on a key are far apart, and others between them.
  const inTurn =
    (from / WINDOW) % 2 === 0 ? all.flat() : [0, 1, 2, 3, 4].flatMap((step) => all.map((of) => of[step] as never))
  const replies = await Promise.all(inTurn.map(([command]) => client.send(...command)))
  return inTurn.flatMap(([command, wished], at) => {
    const reply = replies[at]
    return reply === wished ? [] : [`${command.join(' ')}: ${String(reply)}, not ${String(wished)}`]
  })
}

const cellsOf = async () => (await json(http, '/api/v1/cells')).items

const order = (body: object) => post(http, '/api/v1/operators', body)

/** Orders cuts and transfers, and counts those that came about, until it is told to stop. */
class Unrest {
  splits = 0
  transfers = 0
  isOver = false
  readonly #random = new Random('pipeline')

  async run(): Promise<void> {
    let seen = await cellsOf()
    while (!this.isOver) {
      const cell = this.#random.pick(seen)
      const follower = cell.peers.find(({ store }) => store !== cell.leader)
      if (seen.length < 12 && this.#random.chance(0.3)) await order({ kind: 'split', cell: cell.id })
      else if (follower) await order({ kind: 'transfer-leader', cell: cell.id, store: follower.store })
      await new Promise((resolve) => setTimeout(resolve, 20))
      const now = await cellsOf()
      this.splits += Math.max(0, now.length - seen.length)
      const led = new Map(seen.map(({ id, leader }) => [id, leader]))
      this.transfers += now.filter(({ id, leader }) => led.has(id) && led.get(id) !== leader).length
      seen = now
    }
  }
}

test('each key sees the commands of its connection in order, and replies come in order, through splits, transfers and reads of cold keys', async () => {
  const isWhole = ({ leader, peers }: Item) => leader !== null && peers.length === 3
  await until(cellsOf, (cells) => cells.length === 3 && cells.every(isWhole))
  const filler = 'f'.repeat(FILLER_BYTES)
  await fillers((key) => client.send('SET', key, filler))
  const unrest = new Unrest()
  const running = unrest.run()
  let round = 0
  while (round < ROUNDS_MIN || unrest.splits < SPLITS_MIN || unrest.transfers < TRANSFERS_MIN) {
    const wrong: string[] = []
    for (let from = 0; from < KEYS; from += WINDOW) wrong.push(...(await window(from, round)))
    expect(wrong.slice(0, 10), `round ${round}`).toEqual([])
    await fillers((key) => client.send('GET', key))
    round++
  }
  unrest.isOver = true
  await running
  expect(await client.send('DBSIZE')).toBe(KEYS + FILLERS)
}, 120_000)
