/** Streams of requests by chance, right or wrong, and what the parser makes of them however they are cut. */
import type { Random } from '../../src/base/index.ts'
import { Arguments, ProtocolError, RequestParser } from '../../src/redis/index.ts'
import { type Meaning, meaningOf, type ReferenceLimits } from './reference-parser.ts'

/** Small, so that chance meets them. */
const limits: ReferenceLimits = { argumentBytesMax: 1024, queryBytesMax: 1500, authenticated: true }

const WORDS = ['GET', 'set', '', 'a', '"', "'", '\\', '\r\n', '$1', '*2', '\0', '\xff', ' ', '\\x41', '12']
const LINES = [
  'PING\r\n',
  '\r\n',
  ' a  "b c" \n',
  "'x\\'y' z\r\n",
  '"\\x4a\\n\\"" q\r\n',
  '"a"b\r\n',
  '*0\r\n',
  '*-3\r\n',
  'a\vb\r\n',
]
const NUMBERS = ['', '-1', '+1', '01', '1025', '2147483648', '99999999999999999999', 'x', '300']

function word(random: Random): string {
  if (random.chance(0.03)) return 'v'.repeat(random.between(50, 1023))
  return random.chance(0.7) ? random.pick(WORDS) : 'w'.repeat(random.below(120))
}

function command(random: Random): string {
  const count = random.chance(0.05) ? random.between(10, 80) : random.between(1, 4)
  let text = `*${count}\r\n`
  for (let i = 0; i < count; i++) {
    const argument = word(random)
    text += `$${argument.length}\r\n${argument}\r\n`
  }
  return text
}

/** Mostly right; now and then a wrong number, a byte changed, a byte too much or too few. */
function stream(random: Random): string {
  let text = ''
  const parts = random.between(1, 8)
  for (let i = 0; i < parts; i++) text += random.chance(0.75) ? command(random) : random.pick(LINES)
  if (random.chance(0.1)) text += `*${random.pick(NUMBERS)}\r\n`
  if (random.chance(0.1)) text += `*2\r\n$1\r\na\r\n$${random.pick(NUMBERS)}\r\n`
  if (random.chance(0.3)) {
    const at = random.below(text.length)
    const byte = String.fromCharCode(random.chance(0.5) ? random.below(256) : random.pick([10, 13, 34, 36, 39, 42, 92]))
    text = text.slice(0, at) + (random.chance(0.3) ? '' : byte) + text.slice(at + (random.chance(0.7) ? 1 : 0))
  }
  return random.chance(0.3) ? text.slice(0, random.below(text.length + 1)) : text
}

/**
 * A stream, cut in some way, against what it means. One object and one piece of memory serve for millions of parses: all
 * chunks of a stream lie in the same bytes, one after the other, so whoever looks at a chunk that was given back sees the
 * next one, or stars.
 */
class Trial {
  readonly #args = new Arguments()
  readonly #memory = new Uint8Array(64 * 1024)
  #bytes: Uint8Array = this.#memory
  #expected: Meaning = { commands: [], error: null }
  #parser = new RequestParser(limits)
  #used = 0
  #found = 0

  /** The stream that is cut from now on. */
  of(bytes: Uint8Array, expected: Meaning): void {
    this.#bytes = bytes
    this.#expected = expected
  }

  begin(): void {
    this.#parser = new RequestParser(limits)
    this.#used = 0
    this.#found = 0
  }

  /** The bytes up to `to` come as one chunk, at the place of the one before, which must have been let go. */
  chunk(to: number): boolean {
    this.#push(0, to)
    return this.#drain(to)
  }

  /** The same in memory of its own, `keep` called, and nothing read yet. */
  keep(to: number): void {
    this.#push(0, to)
    this.#parser.keep()
    this.#memory.fill(STAR, 0, to)
  }

  #push(at: number, to: number): void {
    const size = to - this.#used
    const memory = this.#memory
    for (let i = 0; i < size; i++) memory[at + i] = this.#bytes[this.#used + i] as number
    this.#used = to
    this.#parser.push(memory.subarray(at, at + size))
  }

  /** True: what was found is what was to be found, as far as the stream has been read. */
  #drain(to: number): boolean {
    const { commands, error } = this.#expected
    for (;;) {
      const outcome = this.#parser.next(this.#args)
      if (outcome instanceof ProtocolError) return this.#found === commands.length && outcome.text === error
      if (outcome === 'more') {
        if (this.#parser.heldBytes > HELD_BYTES_MAX) throw new Error(`${this.#parser.heldBytes} bytes held`)
        return to < this.#bytes.length || (this.#found === commands.length && error === null)
      }
      const words = commands[this.#found++]
      if (words === undefined || !isCommand(this.#args, words)) return false
    }
  }

  /** Chunks of any sizes; sometimes pushed before the last one was read, sometimes kept. */
  atRandom(random: Random): boolean {
    this.begin()
    const largest = random.pick([1, 3, 20, 200, 5000])
    for (let to = 0; to < this.#bytes.length; ) {
      to = Math.min(this.#bytes.length, to + random.between(1, largest))
      if (!random.chance(0.1)) {
        if (!this.chunk(to)) return false
      } else {
        this.keep(to)
        if (random.chance(0.5) && !this.#drain(to)) return false
      }
    }
    return this.#drain(this.#bytes.length)
  }
}

const STAR = 42
const HELD_BYTES_MAX = 20_000

function isCommand(args: Arguments, words: readonly string[]): boolean {
  if (args.count !== words.length) return false
  const { buffer } = args
  for (let i = 0; i < words.length; i++) {
    const word = words[i] as string
    if (args.length(i) !== word.length) return false
    const start = args.start(i)
    for (let j = 0; j < word.length; j++) if (buffer[start + j] !== word.charCodeAt(j)) return false
  }
  return true
}

const trial = new Trial()

/** Longer ones are not split at every byte: that would take the square of their length. */
const SPLIT_BYTES_MAX = 160

export interface Checked {
  readonly text: string
  readonly expected: Meaning
  /** In how many ways it was cut. */
  readonly ways: number
  /** How it was cut when something else came of it; null: never. */
  readonly wrong: string | null
}

/** One stream: whole, byte by byte, in chunks of any sizes, and, unless it is long, split in two at every byte. */
export function checkStream(random: Random): Checked {
  const text = stream(random)
  const expected = meaningOf(text, limits)
  const bytes = Buffer.from(text, 'latin1')
  const result = (ways: number, wrong: string | null) => ({ text, expected, ways, wrong })
  trial.of(bytes, expected)
  trial.begin()
  if (!trial.chunk(bytes.length)) return result(1, 'whole')
  trial.begin()
  for (let to = 1; to <= bytes.length; to++) if (!trial.chunk(to)) return result(2, `byte by byte, at ${to}`)
  if (!trial.atRandom(random)) return result(3, 'in chunks')
  if (bytes.length > SPLIT_BYTES_MAX) return result(3, null)
  for (let at = 1; at < bytes.length; at++) {
    trial.begin()
    if (!trial.chunk(at) || !trial.chunk(bytes.length)) return result(2 + at, `split at byte ${at}`)
  }
  return result(2 + bytes.length, null)
}
