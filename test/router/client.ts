/** A router on a fake world, and clients that write down what they asked and were told. */
import { assert } from '../../src/base/index.ts'
import { Arguments, type CommandRow, encodeCommand, lookupCommand, parseCommand } from '../../src/redis/index.ts'
import { Router, type RouterClient, type RouterSession, type RouterSettings } from '../../src/router/index.ts'
import { type FakeWorld, GENERATION, ORIGIN } from './world.ts'

export interface Asked {
  readonly words: string[]
  readonly askedAtMs: number
  reply: string | null
  repliedAtMs: number
}

export class FakeClient implements RouterClient {
  readonly asked: Asked[] = []
  session: RouterSession | null = null
  readonly #world: FakeWorld

  constructor(world: FakeWorld) {
    this.#world = world
  }

  get waiting(): number {
    return this.asked.filter(({ reply }) => reply === null).length
  }

  reply(slot: number, buffer: Uint8Array, start: number, end: number): void {
    const asked = this.asked[slot]
    assert(asked !== undefined && asked.reply === null, 'a command is answered once')
    asked.reply = Buffer.from(buffer.subarray(start, end)).toString('latin1')
    asked.repliedAtMs = this.#world.nowMs
  }
}

export class Bench {
  readonly world: FakeWorld
  readonly router: Router
  readonly clients: FakeClient[] = []
  routesWanted = 0
  /** Answers a wish for routes; null: PD does not answer. */
  onRoutesWanted: (() => void) | null
  readonly #args = new Arguments()

  constructor(world: FakeWorld, settings: RouterSettings) {
    this.world = world
    this.router = new Router(
      { origin: ORIGIN, generation: GENERATION, topology: world.topology, settings },
      {
        send: (executor, batch) => world.send(executor, batch),
        routesWanted: () => {
          this.routesWanted++
          this.onRoutesWanted?.()
        },
      },
    )
    world.deliver = (batch) => this.pass(() => this.router.takeAnswers(batch))
    this.onRoutesWanted = () =>
      world.after(world.random.float() * 5, () => this.pass(() => this.router.takeRoutes(world.routes())))
  }

  open(): FakeClient {
    const client = new FakeClient(this.world)
    client.session = this.router.open(client)
    this.clients.push(client)
    return client
  }

  /** Gives commands in, in one pass. */
  ask(client: FakeClient, ...commands: string[][]): void {
    this.pass(() => {
      for (const words of commands) {
        client.asked.push({ words, askedAtMs: this.world.nowMs, reply: null, repliedAtMs: 0 })
        this.request(client, client.asked.length - 1, null, words)
      }
    })
  }

  /** The bytes are overwritten afterwards, as a parser's may be. `row` null: the one of the table. */
  request(client: FakeClient, slot: number, row: CommandRow | null, words: readonly string[]): void {
    const bytes = encodeCommand(words)
    parseCommand(bytes, 0, this.#args)
    const known = row ?? lookupCommand(this.#args)
    assert(known !== undefined, 'a known command')
    this.router.request(client.session as RouterSession, slot, known, this.#args, 2)
    bytes.fill(0x58)
  }

  pass(action: () => void): void {
    this.router.begin(this.world.nowMs)
    action()
    this.router.flush()
  }

  /** Runs the world and the router's ticks up to that time. */
  run(toMs: number): void {
    for (;;) {
      const next = Math.min(this.world.nextDueMs, Math.max(this.router.nextTickMs, this.world.nowMs), toMs)
      this.world.advance(Math.max(next, this.world.nowMs))
      if (this.router.nextTickMs <= this.world.nowMs) this.pass(() => this.router.tick())
      if (this.world.nowMs >= toMs && this.world.nextDueMs > toMs && this.router.nextTickMs > toMs) return
    }
  }

  /** From event to event. */
  runUntil(condition: () => boolean, limitMs: number): boolean {
    const endMs = this.world.nowMs + limitMs
    while (!condition()) {
      if (this.world.nowMs >= endMs) return false
      const next = Math.min(this.world.nextDueMs, this.router.nextTickMs, endMs)
      this.run(Math.max(next, this.world.nowMs))
    }
    return true
  }

  get waiting(): number {
    return this.clients.reduce((sum, client) => sum + client.waiting, 0)
  }
}
