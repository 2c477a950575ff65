/** Streams of requests by chance, right or wrong, and what the parser makes of them however they are cut. */
import type { Random } from '../../src/base/index.ts'
import { Arguments, RequestParser } from '../../src/redis/index.ts'
import { drain, fed } from './feeding.ts'
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

/** Chunks of any sizes; sometimes pushed before the last one was read, sometimes kept, always overwritten when free. */
function parse(bytes: Buffer, random: Random): Meaning {
  const parser = new RequestParser(limits)
  const args = new Arguments()
  const commands: string[][] = []
  const largest = random.pick([1, 3, 20, 200, 5000])
  for (let at = 0; at < bytes.length; ) {
    const size = random.between(1, largest)
    const chunk = Buffer.from(bytes.subarray(at, at + size))
    at += size
    parser.push(chunk)
    if (random.chance(0.1)) {
      parser.keep()
      chunk.fill(0x24)
      if (random.chance(0.5)) continue
    }
    const error = drain(parser, args, commands)
    if (error !== null) return { commands, error }
    chunk.fill(0x2a)
    if (parser.heldBytes > 20_000) throw new Error(`${parser.heldBytes} bytes held`)
  }
  const error = drain(parser, args, commands)
  return { commands, error }
}

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
  const told = JSON.stringify(expected)
  const bytes = Buffer.from(text, 'latin1')
  const isRight = (meaning: Meaning) => JSON.stringify(meaning) === told
  const result = (ways: number, wrong: string | null) => ({ text, expected, ways, wrong })
  if (!isRight(fed([bytes], limits))) return result(1, 'whole')
  if (!isRight(fed(singles(bytes), limits))) return result(2, 'byte by byte')
  if (!isRight(parse(bytes, random))) return result(3, 'in chunks')
  if (bytes.length > SPLIT_BYTES_MAX) return result(3, null)
  for (let at = 1; at < bytes.length; at++) {
    const isSame = isRight(fed([bytes.subarray(0, at), bytes.subarray(at)], limits))
    if (!isSame) return result(2 + at, `split at byte ${at}`)
  }
  return result(2 + bytes.length, null)
}

function* singles(bytes: Buffer): Iterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at++) yield bytes.subarray(at, at + 1)
}
