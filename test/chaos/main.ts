/**
 * `npm run chaos -- --minutes M [--seed S]`: the built server as a process, real clients, and real harm.
 *
 * Rounds of half a minute. In each, clients work while harm is done at drawn moments:
 *
 *   kill -9          and started again
 *   standstill       SIGSTOP, for up to three seconds, then SIGCONT
 *   sleep            DEBUG SLEEP on one executor for longer than a lease, while the others are read from
 *   executor crash   DEBUG CRASH-EXECUTOR
 *   full disk        the last byte of one disk is taken, and given back (a mounted one; where that is not permitted, never)
 *   damage           the server is killed, bytes of one disk are flipped or cut off, and it is started again
 *
 * Then the harm ends; every cell must come back to three copies within a minute; every key is read; and the history is
 * judged as the simulator's is. Damage comes once a round, when every cell is whole, so it never meets a majority; the
 * server must go on without that store, or refuse to start, and say so; what it serves is never what was damaged.
 *
 * The same seed does the same harm; threads are as they are. Ends with 10, 11 and 12 like the simulator.
 */
import { parseArgs } from 'node:util'
import { Random } from '../../src/base/index.ts'
import { until } from '../boot/process.ts'
import { checkHistory, type Operation } from '../check/index.ts'
import { CommandSource, drawWorkload } from '../sim/workload.ts'
import { ChaosClient, Round } from './client.ts'
import { damage } from './damage.ts'
import { EXECUTORS, Server } from './server.ts'

const CLIENTS = 12
const ROUND_MS = 25_000
const CALM_MS = { min: 500, max: 3000 }
const PATIENCE_MS = 60_000

/** A wrong answer; anything else that is thrown means that the server did not come back. */
class WrongAnswer extends Error {
  override readonly name = 'WrongAnswer'
}

const pause = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

class Chaos {
  readonly #server = new Server()
  readonly #random: Random
  readonly #done = new Map<string, number>()
  operations = 0
  unknown = 0
  refused = 0
  rounds = 0

  constructor(seed: string) {
    this.#random = new Random(seed)
  }

  async play(endMs: number): Promise<void> {
    const server = this.#server
    if (!server.canFill) console.log('this user may not mount: no disk will be full')
    try {
      await server.start()
      await server.whole()
      while (Date.now() < endMs) await this.#round(Math.min(ROUND_MS, Math.max(5000, endMs - Date.now())))
    } catch (error) {
      console.log(server.words.slice(-4000))
      throw error
    } finally {
      await server.end()
    }
  }

  summary(): string {
    const harm = [...this.#done].sort().map(([kind, count]) => `${count} × ${kind}`)
    return (
      `${this.rounds} rounds, ${this.operations} operations checked (${this.refused} not executed, ${this.unknown} unknown)\n` +
      `  harm: ${harm.join(', ') || 'none'}`
    )
  }

  async #round(durationMs: number): Promise<void> {
    const server = this.#server
    const random = this.#random
    // Keys of its own: what is of unknown fate in one round says nothing in the next.
    const settings = { ...drawWorkload(random.fork()), keyPrefix: `${this.rounds}:` }
    const commands = { ...settings.commands, FLUSHALL: 0, DBSIZE: 0 }
    const round = new Round(new CommandSource(random.fork(), { ...settings, commands }))
    round.port = server.redis
    const clients = Array.from({ length: CLIENTS }, () => new ChaosClient(round, random.fork()))
    for (const client of clients) client.start()
    const endMs = Date.now() + durationMs
    let mayDamage = true
    while (Date.now() < endMs) {
      await pause(random.between(CALM_MS.min, CALM_MS.max))
      const kind = random.pick(['kill -9', 'standstill', 'sleep', 'sleep', 'executor crash', 'full disk', 'damage'])
      if (kind === 'full disk' && !server.canFill) continue
      if (kind === 'damage') {
        if (!mayDamage) continue
        mayDamage = false
      }
      await this.#harm(kind, round)
      this.#done.set(kind, (this.#done.get(kind) ?? 0) + 1)
    }
    round.resting = true
    await server.whole()
    await until(
      () => clients.every((client) => client.idle),
      (idle) => idle,
      PATIENCE_MS,
    )
    await this.#readAll(round)
    for (const client of clients) client.end()
    this.#judge(round.history.operations)
  }

  async #harm(kind: string, round: Round): Promise<void> {
    const server = this.#server
    const random = this.#random
    const executor = random.below(EXECUTORS)
    switch (kind) {
      case 'kill -9':
        return this.#startAgain(round, () => {})
      case 'standstill':
        server.signal('SIGSTOP')
        await pause(random.between(100, 3000))
        server.signal('SIGCONT')
        return
      case 'sleep':
        return server.debug('SLEEP', (0.6 + random.float() * 2).toFixed(2), 'EXECUTOR', executor)
      case 'executor crash':
        return server.debug('CRASH-EXECUTOR', executor)
      case 'full disk':
        server.fill()
        await pause(random.between(500, 4000))
        server.unfill()
        return
      case 'damage': {
        // Every copy must be there, and caught up, before one is damaged.
        await server.whole()
        const disk = random.pick(server.disks)
        await this.#startAgain(round, () => console.log(`  ${damage(disk, random) ?? 'nothing to damage'}`))
        const said = /store \d+ (is lost|has stopped|takes the place)[^\n"]*/.exec(server.words)?.[0]
        console.log(`  the server says: ${said ?? 'nothing; no store has lost anything by it'}`)
        return
      }
    }
  }

  async #startAgain(round: Round, meanwhile: () => void): Promise<void> {
    round.port = null
    await this.#server.kill()
    meanwhile()
    await this.#server.start()
    round.port = this.#server.redis
  }

  async #readAll(round: Round): Promise<void> {
    const reader = new ChaosClient(round, this.#random.fork())
    reader.start()
    const keys = [...round.source.keys].sort()
    for (let asked = 0; asked < keys.length; asked += 100) {
      const some = keys.slice(asked, asked + 100)
      let last: Operation[] = []
      await until(
        () => {
          if (last.length === 0) last = some.flatMap((key) => reader.ask(['GET', key]) ?? [])
          else if (reader.idle && last.some(({ outcome }) => outcome !== 'done')) last = []
          return last.length === some.length && last.every(({ outcome }) => outcome === 'done')
        },
        (read) => read,
        PATIENCE_MS,
      )
    }
    reader.end()
  }

  #judge(operations: readonly Operation[]): void {
    this.rounds++
    this.operations += operations.length
    this.unknown += operations.filter(({ outcome }) => outcome === 'unknown').length
    this.refused += operations.filter(({ outcome }) => outcome === 'notExecuted').length
    const { violations } = checkHistory(operations, { toleranceMs: 5, configurationsMax: 300_000 })
    if (violations.length > 0) throw new WrongAnswer(violations.join('\n'))
    console.log(this.summary())
  }
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: { minutes: { type: 'string', default: '10' }, seed: { type: 'string', default: String(Date.now()) } },
  })
  const minutes = Number(values.minutes)
  if (!(minutes > 0)) throw new Error('give --minutes M')
  console.log(`seed ${values.seed}`)
  const chaos = new Chaos(values.seed)
  try {
    await chaos.play(Date.now() + minutes * 60_000)
  } catch (error) {
    console.log(`${error instanceof Error ? error.message : error}\n${chaos.summary()}`)
    return error instanceof WrongAnswer ? 11 : 12
  }
  console.log(`clean: ${chaos.summary()}`)
  return 0
}

main().then(
  (code) => {
    process.exitCode = code
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  },
)
