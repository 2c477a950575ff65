/**
 * The built server, whose cells are cut and made one again, one round after the other, while clients write. Nothing is
 * struck: what is looked for is that no write is lost, and how long one had to wait.
 */
import { Client, json, post, until } from '../boot/process.ts'
import { Load } from '../real/load.ts'
import { RealServer } from '../real/server.ts'
import { type CellShape, isWhole, tiles } from '../spread/cells.ts'
import type { OperatorShape } from './torture.ts'

export interface RoundsOptions {
  readonly rounds: number
  readonly say?: (line: string) => void
}

export interface RoundsResult {
  readonly splits: number
  readonly merges: number
  /** Merges that came to nothing at first, and were ordered again. */
  readonly givenUp: number
  readonly acknowledged: number
  readonly longestWaitMs: number
  /** What was refused for good, by the first word of the error. */
  readonly errors: ReadonlyMap<string, number>
  readonly keys: number
}

const WRITERS = 4
const REPLICAS = 3
const LIMIT_MS = 60_000
const AGAIN_MS = 5000

export async function splitAndMerge({ rounds, say }: RoundsOptions): Promise<RoundsResult> {
  const server = new RealServer('merges')
  const load = new Load(WRITERS)
  try {
    const { redis, http } = await server.start('--executors', '2', '--stores', '3')
    await wholeCells(http, (cells) => cells.length === 1)
    load.start(redis)
    for (let round = 1; round <= rounds; round++) {
      const count = (await cellsOf(http)).length
      const parent = (await cellsOf(http))[0] as CellShape
      // Keys of the writers begin with `writer:N`, so this falls among them.
      await order(http, { kind: 'split', cell: parent.id, key: { utf8: `writer:${round % WRITERS}` } })
      const cut = await wholeCells(http, (cells) => cells.length === count + 1)
      const [left, right] = cut as [CellShape, CellShape]
      // To the left and to the right in turn.
      const [source, into] = round % 2 === 0 ? [left, right] : [right, left]
      await order(http, { kind: 'merge', cell: source.id, into: into.id })
      await wholeCells(
        http,
        (cells) => cells.length === count,
        () => {
          return post(http, '/api/v1/operators', { kind: 'merge', cell: source.id, into: into.id })
        },
      )
      say?.(`round ${round}: ${source.id} became a part of ${into.id}; ${load.acknowledged} writes`)
    }
    await load.stop()
    const wrongs = await load.wrongs(redis)
    if (wrongs.length > 0) throw new Error(`not what was acknowledged: ${wrongs.slice(0, 5).join('; ')}`)
    const operators = (await json(http, '/api/v1/operators?limit=1000')).items as unknown as OperatorShape[]
    const givenUp = operators.filter(({ kind, outcome }) => kind === 'merge' && outcome !== 'finished').length
    const client = new Client(redis)
    const keys = Number(await client.send('DBSIZE'))
    client.close()
    const { acknowledged, longestWaitMs, errors } = load
    return { splits: rounds, merges: rounds, givenUp, acknowledged, longestWaitMs, errors, keys }
  } finally {
    await server.end()
    await load.stop()
  }
}

/** Again until it is taken: PD refuses while something else is under way with one of the cells. */
async function order(http: number, body: object): Promise<void> {
  await until(
    () => post(http, '/api/v1/operators', body),
    ({ status }) => status < 300,
    LIMIT_MS,
  )
}

async function cellsOf(http: number): Promise<readonly CellShape[]> {
  const { items } = await json(http, '/api/v1/cells?limit=1000')
  return items as unknown as CellShape[]
}

/** Asks for `meanwhile` now and then; what is under way already is refused. */
async function wholeCells(
  http: number,
  are: (cells: readonly CellShape[]) => boolean,
  meanwhile: () => Promise<unknown> = async () => {},
): Promise<readonly CellShape[]> {
  let askedMs = performance.now()
  return await until(
    async () => {
      if (performance.now() - askedMs > AGAIN_MS) {
        askedMs = performance.now()
        await meanwhile()
      }
      return await cellsOf(http)
    },
    (cells) => cells.every((cell) => isWhole(cell, REPLICAS)) && tiles(cells) && are(cells),
    LIMIT_MS,
  )
}
