/**
 * What clients do, drawn from a seed. Every seed draws its own mix, so that some runs do nothing but overwrite four hot
 * keys and others touch a thousand once: bugs hide from averages.
 *
 * Values are written once only: every SET carries a number of its own, so that a read tells which write it saw. Keys come
 * in families that are treated alike: *texts* are set and appended to, *counters* hold integers, *tagged* ones share
 * `{tag}`s and are read and written several at once, *mortal* ones expire. Now and then a family's hot keys are given up
 * for new ones: what is of unknown fate on a key makes judging it dearer for as long as the key is used.
 */
import type { Random } from '../../src/base/index.ts'
import type { Mode } from './fault-settings.ts'

export interface WorkloadSettings {
  /** Before every key, for one who begins anew on a store that is used. */
  readonly keyPrefix?: string
  readonly clients: number
  /** Of all clients together, per second of virtual time, while nothing is in the way. */
  readonly commandsPerSecond: number
  /** Commands that a client has on the way at once, at most. */
  readonly depthMax: number
  /** Share of commands that go to hot keys. */
  readonly hotShare: number
  readonly hotKeys: number
  readonly coldKeys: number
  /** Hot keys are replaced by new ones after so many commands of all clients. */
  readonly hotLife: number
  readonly tags: number
  /** Weights of the families. */
  readonly families: Readonly<Record<Family, number>>
  /** Weights of the commands, by name. */
  readonly commands: Readonly<Record<string, number>>
  /** Per burst: the client vanishes in the middle of it. */
  readonly vanishProbability: number
  /** Per burst: the client says after it that it will send no more. */
  readonly farewellProbability: number
  /** A client gives a connection up that has not answered for so long, and opens another. */
  readonly patienceMs: number
  /** Values are a number of their own and this much more, at most; large ones are drawn seldom. */
  readonly valueBytesMax: number
  readonly largeProbability: number
  /** Share of the clients that speak RESP3. */
  readonly resp3Share: number
}

type Family = 'text' | 'counter' | 'tagged' | 'mortal'

const commandsOf: Readonly<Record<Family, readonly string[]>> = {
  text: [
    'GET',
    'SET',
    'SET NX',
    'SET XX',
    'SET GET',
    'APPEND',
    'SETRANGE',
    'STRLEN',
    'DEL',
    'UNLINK',
    'EXISTS',
    'TYPE',
    'MGET',
    'MSET',
  ],
  counter: ['GET', 'INCR', 'DECR', 'INCRBY', 'DECRBY', 'SET', 'DEL', 'MGET'],
  tagged: ['GET', 'SET', 'MSET', 'MGET', 'DEL', 'EXISTS', 'APPEND'],
  mortal: [
    'GET',
    'SET',
    'SET PX',
    'SET EX',
    'SET KEEPTTL',
    'PEXPIRE',
    'EXPIRE',
    'PERSIST',
    'TTL',
    'PTTL',
    'DEL',
    'EXISTS',
    'INCR',
  ],
}

/** What a mode is about, beyond what was drawn. */
function stress(mode: Mode, random: Random, drawn: WorkloadSettings): WorkloadSettings {
  const { commands } = drawn
  switch (mode) {
    case 'leases':
      return {
        ...drawn,
        clients: random.between(8, 16),
        commandsPerSecond: random.between(200, 500),
        depthMax: random.pick([1, 1, 4]),
        hotShare: 0.95,
        hotKeys: random.between(1, 3),
        hotLife: random.pick([300, 1000]),
        families: { text: 1, counter: random.pick([0, 1]), tagged: 0, mortal: 0 },
        commands: { ...commands, GET: 6, SET: 1.5, INCR: 1 },
        vanishProbability: 0,
        // Who waits for a leader that nobody hears cannot write to the next one.
        patienceMs: random.between(200, 600),
      }
    case 'order':
      return {
        ...drawn,
        clients: random.between(4, 12),
        commandsPerSecond: random.between(200, 500),
        depthMax: random.pick([16, 48]),
        hotShare: random.pick([0.2, 0.5]),
        hotKeys: random.between(2, 6),
        coldKeys: 20,
        families: { text: 1, counter: 0.3, tagged: 0.3, mortal: 0 },
        commands: { ...commands, GET: 2, SET: 2, MGET: 0.3, APPEND: 0.3, DBSIZE: random.pick([0, 0.01]) },
        vanishProbability: 0,
      }
    case 'clocks':
      return {
        ...drawn,
        families: { text: 0.2, counter: 0, tagged: 0, mortal: 1 },
        hotShare: random.pick([0.5, 0.9]),
        coldKeys: 20,
        commands: { ...commands, GET: 2, 'SET PX': 1, PEXPIRE: 0.5, EXISTS: 0.5, TTL: 0.5, PTTL: 0.5 },
      }
    case 'speed':
      // With what is asked at the end and at night a whole run comes to two hundred a second.
      return { ...drawn, clients: 8, commandsPerSecond: 204, depthMax: 4, vanishProbability: 0, largeProbability: 0 }
    default:
      return drawn
  }
}

export function drawWorkload(random: Random, mode: Mode = 'mixed'): WorkloadSettings {
  return stress(mode, random, drawMixture(random))
}

function drawMixture(random: Random): WorkloadSettings {
  const names = new Set(Object.values(commandsOf).flat())
  const commands: Record<string, number> = {}
  // Some commands are left out of a run altogether; writes and reads are always there.
  for (const name of names) commands[name] = random.chance(0.25) ? 0 : random.float()
  commands.GET = 0.5 + random.float() * 2
  commands.SET = 0.5 + random.float()
  const family = () => (random.chance(0.3) ? 0 : random.float())
  return {
    clients: random.between(2, 12),
    commandsPerSecond: random.between(80, 320),
    depthMax: random.pick([1, 1, 4, 16, 48]),
    hotShare: random.pick([0.05, 0.2, 0.5, 0.9]),
    hotKeys: random.between(1, 6),
    coldKeys: random.pick([20, 100, 600]),
    hotLife: random.pick([300, 1000, 4000]),
    tags: random.between(1, 8),
    families: { text: 0.5 + random.float(), counter: family(), tagged: family(), mortal: family() },
    commands: {
      ...commands,
      FLUSHALL: random.chance(0.3) ? 0.002 : 0,
      DBSIZE: random.chance(0.3) ? 0.005 : 0,
    },
    vanishProbability: random.pick([0, 0.002, 0.02]),
    farewellProbability: random.pick([0, 0.01]),
    patienceMs: random.pick([PATIENCE_MS, PATIENCE_MS, 700]),
    valueBytesMax: random.pick([0, 30, 200]),
    largeProbability: random.pick([0, 0, 0.003]),
    resp3Share: random.pick([0, 0.5, 1]),
  }
}

/** Longer than the server's own time limit. */
export const PATIENCE_MS = 30_000
const LARGE_BYTES = 40_000

/** Draws one of several by their weights. */
class Lot<T> {
  readonly #items: readonly T[]
  readonly #upTo: readonly number[]
  readonly #sum: number

  constructor(weighted: readonly (readonly [T, number])[]) {
    let sum = 0
    this.#items = weighted.map(([item]) => item)
    this.#upTo = weighted.map(([, weight]) => {
      sum += weight
      return sum
    })
    this.#sum = sum
  }

  draw(random: Random): T {
    const at = random.float() * this.#sum
    return this.#items[this.#upTo.findIndex((upTo) => at < upTo)] as T
  }
}

/** Draws commands. One for all clients, so that values are their own in the whole run. */
export class CommandSource {
  readonly #random: Random
  readonly #settings: WorkloadSettings
  readonly #families: Lot<Family>
  readonly #commands: Readonly<Record<Family, Lot<string>>>
  #drawn = 0
  #values = 0
  /** Every key that was ever used: all are read at the end. */
  readonly keys = new Set<string>()

  constructor(random: Random, settings: WorkloadSettings) {
    this.#random = random
    this.#settings = settings
    const { families, commands } = settings
    const lotOf = (family: Family) => new Lot(commandsOf[family].map((name) => [name, commands[name] ?? 0] as const))
    this.#families = new Lot(Object.entries(families) as [Family, number][])
    this.#commands = {
      text: lotOf('text'),
      counter: lotOf('counter'),
      tagged: lotOf('tagged'),
      mortal: lotOf('mortal'),
    }
  }

  /** The name in upper case and the arguments, a character per byte. */
  next(): string[] {
    this.#drawn++
    const random = this.#random
    const { commands } = this.#settings
    const rare = random.float()
    if (rare < (commands.FLUSHALL ?? 0)) return ['FLUSHALL']
    if (rare > 1 - (commands.DBSIZE ?? 0)) return ['DBSIZE']
    const family = this.#families.draw(random)
    return this.#command(family, this.#commands[family].draw(random))
  }

  #command(family: Family, name: string): string[] {
    const random = this.#random
    switch (name) {
      case 'MGET':
      case 'DEL':
      case 'UNLINK':
      case 'EXISTS':
        return [name, ...this.#someKeys(family)]
      case 'MSET':
        return [name, ...this.#someKeys(family).flatMap((key) => [key, this.#value(family)])]
      case 'APPEND':
        return [name, this.#key(family), `+${this.#number()}`]
      case 'SETRANGE':
        return [name, this.#key(family), String(random.below(100)), `+${this.#number()}`]
      case 'INCRBY':
      case 'DECRBY':
        return [name, this.#key(family), String(random.between(-50, 1000))]
      case 'EXPIRE':
        return [name, this.#key(family), String(random.between(0, 6))]
      case 'PEXPIRE':
        return [name, this.#key(family), String(random.between(-10, 5000))]
      case 'SET PX':
        return ['SET', this.#key(family), this.#value(family), 'PX', String(random.between(1, 5000))]
      case 'SET EX':
        return ['SET', this.#key(family), this.#value(family), 'EX', String(random.between(1, 6))]
      case 'SET NX':
      case 'SET XX':
      case 'SET GET':
      case 'SET KEEPTTL':
        return ['SET', this.#key(family), this.#value(family), name.slice(4)]
      case 'SET':
        return ['SET', this.#key(family), this.#value(family)]
      default:
        return [name, this.#key(family)]
    }
  }

  #key(family: Family): string {
    const random = this.#random
    const { hotShare, hotKeys, hotLife, coldKeys, tags, keyPrefix = '' } = this.#settings
    let key: string
    if (family === 'tagged') {
      // Few keys for each tag: a group is judged as a whole.
      const era = Math.floor(this.#drawn / hotLife)
      key = `{${keyPrefix}t${era}.${random.below(tags)}}${random.below(3)}`
    } else if (random.chance(hotShare)) {
      key = `${keyPrefix}${family}/hot${Math.floor(this.#drawn / hotLife)}.${random.below(hotKeys)}`
    } else {
      const number = random.below(coldKeys)
      // Keys are bytes: zeros, ends of lines and high ones are as good as any.
      const odd = number % 16 === 0 ? '\0\r\n\xff' : ''
      key = `${keyPrefix}${family}/${number}${odd}`
    }
    this.keys.add(key)
    return key
  }

  #someKeys(family: Family): string[] {
    const first = this.#key(family)
    const keys = new Set([first])
    const more = this.#random.below(3)
    const tag = first.slice(0, first.indexOf('}') + 1)
    for (let i = 0; i < more; i++) {
      const key = family === 'tagged' ? `${tag}${this.#random.below(3)}` : this.#key(family)
      this.keys.add(key)
      keys.add(key)
    }
    return [...keys]
  }

  #number(): number {
    return ++this.#values
  }

  #value(family: Family): string {
    const random = this.#random
    // Far apart, so that adding to one does not lead to another.
    if (family === 'counter') return String(this.#number() * 1_000_000)
    const { largeProbability, valueBytesMax } = this.#settings
    const bytes = random.chance(largeProbability) ? random.below(LARGE_BYTES) : random.below(valueBytesMax + 1)
    return `v${this.#number()}:`.padEnd(bytes, '\r\n\0\xff*$')
  }
}
