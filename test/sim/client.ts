/**
 * One client: opens connections, sends bursts of commands, waits for replies, vanishes, comes back. All it does and sees
 * goes into the history.
 */
import { assert, fromLatin1, type Random } from '../../src/base/index.ts'
import { encodeCommand, Push, ReplyParser } from '../../src/redis/index.ts'
import type { Operation } from '../check/index.ts'
import type { History } from './history.ts'
import type { Network, Schedule, WireEnd } from './network.ts'
import type { CommandSource, WorkloadSettings } from './workload.ts'

export interface ClientWorld {
  /** One for each gateway. */
  readonly networks: readonly Network[]
  readonly history: History
  readonly source: CommandSource
  readonly settings: WorkloadSettings
  readonly schedule: Schedule
  /** Wall time without any skew. */
  readonly wallMs: () => number
  /** Commands that a client has waiting at most: the settings' own, or fewer for a while. */
  depthMax: number
  /** Set when clients should send no more. */
  resting: boolean
  /** Clients that have vanished in the middle of a command. */
  vanished: number
}

export class Client {
  readonly #world: ClientWorld
  readonly #random: Random
  readonly #patienceMs: number
  #end: WireEnd | null = null
  #parser = new ReplyParser('bytes')
  #connection = 0
  #sequence = 0
  /** In the order sent; null is a command that is not part of the history. */
  #waiting: (Operation | null)[] = []
  readonly #resp3: boolean
  /** Of the connection: what belongs to an older one is nothing to us. */
  #generation = 0
  /** It has ended its side of the connection. */
  #leaving = false
  /** The last command of each burst, and when it will have taken too long, in that order. */
  readonly #impatient: { readonly operation: Operation; readonly atMs: number }[] = []
  /** Only the latest pause ends in a burst. */
  #thoughts = 0

  constructor(world: ClientWorld, random: Random, patienceMs = world.settings.patienceMs) {
    this.#patienceMs = patienceMs
    this.#world = world
    this.#random = random
    this.#resp3 = random.chance(world.settings.resp3Share)
  }

  start(): void {
    this.#later(this.#random.float() * 100, () => {
      // A short rest may have come and gone before: whoever was told to go on has begun with that.
      if (this.#generation === 0) this.#open()
    })
  }

  /** Works again after everyone has rested. */
  resume(): void {
    if (this.#end === null) this.#open()
    else this.#think()
  }

  get #nowMs(): number {
    return (this.#world.networks[0] as Network).nowMs()
  }

  get idle(): boolean {
    return this.#waiting.length === 0
  }

  /** Sends one command now, on a connection that is opened if there is none; for what a run asks at its end. */
  ask(command: readonly string[]): Operation {
    if (this.#end === null || this.#leaving) this.#open()
    return this.#send([command])[0] as Operation
  }

  #open(): void {
    const { networks, history } = this.#world
    const network = this.#random.pick(networks)
    const generation = ++this.#generation
    this.#parser = new ReplyParser('bytes')
    this.#connection = history.nextConnection()
    this.#sequence = 0
    this.#leaving = false
    this.#end = network.connect({
      data: (bytes) => {
        if (generation === this.#generation) this.#data(bytes)
      },
      // The server has taken leave: it closes when it has answered all.
      ended: () => this.#end?.end(),
      closed: () => {
        if (generation === this.#generation) this.#closed()
      },
    })
    if (this.#resp3) {
      this.#waiting.push(null)
      this.#end.send(encodeCommand(['HELLO', '3']))
    }
    this.#think()
  }

  /** The pause before the next burst: together the clients come to the rate that the settings ask for. */
  #think(): void {
    const { clients, commandsPerSecond, depthMax } = this.#world.settings
    const meanMs = (1000 * clients * (1 + (depthMax - 1) / 4)) / commandsPerSecond
    const thought = ++this.#thoughts
    this.#later(-Math.log(1 - this.#random.float()) * meanMs, () => {
      if (thought === this.#thoughts) this.#burst()
    })
  }

  #burst(): void {
    const { settings, source, resting, depthMax } = this.#world
    if (resting || this.#end === null || this.#leaving) return
    // Half of the bursts are single commands, so that their mean is the one that `think` counts with.
    const depth = this.#random.chance(0.5) ? 1 : this.#random.between(1, depthMax)
    const room = depthMax - this.#waiting.length
    const commands: string[][] = []
    for (let i = 0; i < Math.min(depth, room); i++) commands.push(source.next())
    if (this.#random.chance(settings.vanishProbability)) this.#vanish(commands)
    else if (commands.length > 0) this.#send(commands)
    if (this.#end !== null && this.#random.chance(settings.farewellProbability)) {
      // It sends no more, and reads what it is still owed.
      this.#leaving = true
      this.#end.end()
    }
    this.#think()
  }

  #send(commands: readonly (readonly string[])[]): Operation[] {
    const operations = commands.map((command) => this.#invoked(command))
    // All of a burst at once: a piece of memory for each argument would be most of what a client costs.
    let text = ''
    for (const command of commands) text += requestText(command)
    ;(this.#end as WireEnd).send(fromLatin1(text))
    this.#giveUpAfterPatience(operations[operations.length - 1] as Operation)
    return operations
  }

  #invoked(command: readonly string[]): Operation {
    const { history, wallMs } = this.#world
    const operation = history.sent(this.#connection, ++this.#sequence, command, wallMs())
    this.#waiting.push(operation)
    return operation
  }

  /** One event for all that wait: most are answered long before. */
  #giveUpAfterPatience(operation: Operation): void {
    this.#impatient.push({ operation, atMs: this.#nowMs + this.#patienceMs })
    if (this.#impatient.length === 1) this.#awaitFirst()
  }

  #awaitFirst(): void {
    const first = this.#impatient[0]
    if (first === undefined) return
    this.#later(first.atMs - this.#nowMs, () => {
      this.#impatient.shift()
      if (this.#isMissing(first.operation)) {
        this.#end?.vanish()
        this.#closed()
      }
      const next = this.#impatient.findIndex(({ operation }) => this.#isMissing(operation))
      this.#impatient.splice(0, next === -1 ? this.#impatient.length : next)
      this.#awaitFirst()
    })
  }

  #isMissing(operation: Operation): boolean {
    return operation.returnedAt === Number.POSITIVE_INFINITY && operation.connection === this.#connection
  }

  /** Sends what there is, of the last command only a part, and is gone. What was never sent whole is no operation. */
  #vanish(commands: string[][]): void {
    this.#world.vanished++
    const end = this.#end as WireEnd
    const last = commands.pop()
    if (commands.length > 0) this.#send(commands)
    if (last !== undefined) {
      const bytes = fromLatin1(requestText(last))
      end.send(bytes.subarray(0, this.#random.below(bytes.length)))
    }
    end.vanish()
    this.#closed()
  }

  /** No reply will come for what waits: its fate stays unknown. Some time later there is another connection. */
  #closed(): void {
    this.#end = null
    this.#generation++
    this.#waiting = []
    const generation = this.#generation
    this.#later(1 + this.#random.float() * 300, () => {
      if (generation === this.#generation && !this.#world.resting) this.#open()
    })
  }

  #data(bytes: Uint8Array): void {
    this.#parser.push(bytes)
    for (let reply = this.#parser.next(); reply !== undefined; reply = this.#parser.next()) {
      assert(!(reply instanceof Push), 'nobody asked for pushed messages')
      assert(this.#waiting.length > 0, 'a reply that nobody waits for')
      const operation = this.#waiting.shift() as Operation | null
      if (operation !== null) this.#world.history.returned(operation, reply, this.#world.wallMs())
    }
  }

  #later(delayMs: number, action: () => void): void {
    this.#world.schedule(delayMs, action)
  }
}

/** A command as RESP, a character per byte as its arguments are. */
function requestText(command: readonly string[]): string {
  let text = `*${command.length}\r\n`
  for (const part of command) text += `$${part.length}\r\n${part}\r\n`
  return text
}
