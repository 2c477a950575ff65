/**
 * What a stream of requests means, told as plainly as can be: over the whole stream at once, with strings and regular
 * expressions. `commands` are the arguments of each, a character per byte; `error` is the text that ends the stream.
 */
export interface Meaning {
  readonly commands: string[][]
  readonly error: string | null
}

export interface ReferenceLimits {
  readonly argumentBytesMax: number
  readonly queryBytesMax: number
  readonly authenticated: boolean
}

const LINE_MAX = 65_536
const INTEGER = /^(0|-?[1-9][0-9]{0,18})$/

class Stop extends Error {}

export function meaningOf(stream: string, limits: ReferenceLimits): Meaning {
  const commands: string[][] = []
  let at = 0
  /** The line at `at` without its end, which is `end` and one byte of any kind. */
  function line(tooLong: string): string {
    const end = stream.indexOf('\r', at)
    if ((end < 0 ? stream.length : end) - at > LINE_MAX) throw new Stop(`ERR Protocol error: ${tooLong}`)
    if (end < 0 || end + 1 >= stream.length) throw new Stop()
    const text = stream.slice(at, end)
    at = end + 2
    return text
  }
  try {
    for (;;) {
      if (at >= stream.length) return { commands, error: null }
      const start = at
      if (stream[at] === '*') {
        const digits = line('too big mbulk count string').slice(1)
        const count = integer(digits)
        if (count === null || count > 2_147_483_647) throw new Stop('ERR Protocol error: invalid multibulk length')
        if (count > 10 && !limits.authenticated) throw new Stop('ERR Protocol error: unauthenticated multibulk length')
        if (count * 6 > limits.queryBytesMax)
          throw new Stop('TOOBIG Protocol error: command larger than client-query-max')
        const words: string[] = []
        while (words.length < count) {
          const header = line('too big bulk count string')
          // A line that is only its end begins with that end.
          const first = header === '' ? '\r' : header[0]
          if (first !== '$') throw new Stop(`ERR Protocol error: expected '$', got '${first}'`)
          const length = integer(header.slice(1))
          if (length === null || length < 0 || length > limits.argumentBytesMax) {
            throw new Stop('ERR Protocol error: invalid bulk length')
          }
          if (length > 16_384 && !limits.authenticated)
            throw new Stop('ERR Protocol error: unauthenticated bulk length')
          if (at + length + 2 - start > limits.queryBytesMax) {
            throw new Stop('TOOBIG Protocol error: command larger than client-query-max')
          }
          if (at + length + 2 > stream.length) throw new Stop()
          words.push(stream.slice(at, at + length))
          at += length + 2
        }
        if (count > 0) commands.push(words)
      } else {
        const end = stream.indexOf('\n', at)
        if ((end < 0 ? stream.length : end) - at > LINE_MAX)
          throw new Stop('ERR Protocol error: too big inline request')
        if (end < 0) throw new Stop()
        const text = stream.slice(at, end).replace(/\r$/, '')
        at = end + 1
        const words = inlineWords(text)
        if (words === null) throw new Stop('ERR Protocol error: unbalanced quotes in request')
        if (words.length > 0) commands.push(words)
      }
    }
  } catch (stop) {
    if (!(stop instanceof Stop)) throw stop
    return { commands, error: stop.message === '' ? null : stop.message }
  }
}

function integer(digits: string): number | null {
  if (!INTEGER.test(digits)) return null
  const value = BigInt(digits)
  return value > 2n ** 63n - 1n || value < -(2n ** 63n) ? null : Number(value)
}

const NAMED: Record<string, string> = { n: '\n', r: '\r', t: '\t', b: '\b', a: '\x07' }

function inlineWords(text: string): string[] | null {
  const words: string[] = []
  let rest = text
  for (;;) {
    rest = rest.replace(/^[ \t\n\v\f\r]+/, '')
    if (rest === '') return words
    const plain = /^[^ \t\n\r"']*/.exec(rest)![0]
    rest = rest.slice(plain.length)
    const double = /^"((?:\\[\s\S]|[^"\\])*)"/.exec(rest)
    const single = /^'((?:\\'|[^'\\]|\\(?!'))*)'/.exec(rest)
    if (double !== null) {
      words.push(plain + double[1]!.replace(/\\x([0-9a-fA-F]{2})|\\([\s\S])/g, unescaped))
      rest = rest.slice(double[0].length)
    } else if (single !== null) {
      words.push(plain + single[1]!.replaceAll("\\'", "'"))
      rest = rest.slice(single[0].length)
    } else if (rest[0] === '"' || rest[0] === "'") return null
    else {
      words.push(plain)
      continue
    }
    if (!/^([ \t\n\v\f\r]|$)/.test(rest)) return null
  }
}

function unescaped(_whole: string, hex: string | undefined, named: string | undefined): string {
  if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16))
  return NAMED[named!] ?? named!
}
