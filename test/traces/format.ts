import { assert } from '../../src/base/index.ts'

/** One command of a recorded file, with what it is expected to print. */
export interface Directive {
  /** Of the directive, from 1. */
  readonly line: number
  readonly command: string
  readonly arguments: readonly Argument[]
  readonly input: string
  readonly expected: string
}

/** `key`, `key=value` or `key=(value, value)`. */
export interface Argument {
  readonly key: string
  readonly values: readonly string[]
}

/** The files are made of commands like this one:
 *
 * ```
 * # A comment.
 * propose-conf-change 1 transition=explicit
 * v2 r3
 * ----
 * ok
 * ```
 * with an empty line behind the expected output. A line `----` doubled at its beginning and end lets the output hold
 * empty lines.
 */
export function parseDirectives(text: string): Directive[] {
  const lines = text.split('\n')
  if (lines[lines.length - 1] === '') lines.pop()
  const directives: Directive[] = []
  let at = 0
  while (at < lines.length) {
    const first = lines[at]!.trim()
    if (first === '' || first.startsWith('#')) {
      at++
      continue
    }
    const line = at + 1
    let directive = lines[at++]!.trim()
    while (directive.endsWith('\\') && at < lines.length) {
      directive = `${directive.slice(0, -1).trim()} ${lines[at++]!.trim()}`
    }
    const input: string[] = []
    while (at < lines.length && lines[at] !== '----') input.push(lines[at++]!)
    // Without a separator there is no output to expect, but there may be a mistake in the file: say so.
    assert(at < lines.length, `line ${line}: no ---- behind the directive`)
    at++
    const expected: string[] = []
    if (lines[at] === '----') {
      at++
      while (at < lines.length && !(lines[at] === '----' && lines[at + 1] === '----')) expected.push(lines[at++]!)
      at += 2
    } else {
      while (at < lines.length && lines[at]!.trim() !== '') expected.push(lines[at++]!)
    }
    const [command, rest] = splitAt(directive, directive.search(/\s|$/))
    directives.push({
      line,
      command,
      arguments: parseArguments(rest),
      input: input.join('\n').trim(),
      expected: expected.map((each) => `${each}\n`).join(''),
    })
  }
  return directives
}

function splitAt(text: string, at: number): [string, string] {
  return [text.slice(0, at), text.slice(at)]
}

function parseArguments(text: string): Argument[] {
  const parsed: Argument[] = []
  let rest = text.trim()
  while (rest !== '') {
    const [key, behind] = splitAt(rest, rest.search(/[\s=]|$/))
    if (!behind.startsWith('=')) {
      parsed.push({ key, values: [] })
      rest = behind.trim()
    } else if (behind.startsWith('=(')) {
      const end = closingParenthesis(behind)
      parsed.push({ key, values: splitValues(behind.slice(2, end)) })
      rest = behind.slice(end + 1).trim()
    } else {
      const [value, next] = splitAt(behind.slice(1), behind.slice(1).search(/\s|$/))
      parsed.push({ key, values: [value] })
      rest = next.trim()
    }
  }
  return parsed
}

/** Of the parenthesis at position 1. */
function closingParenthesis(text: string): number {
  let depth = 0
  for (let at = 1; at < text.length; at++) {
    if (text[at] === '(') depth++
    else if (text[at] === ')' && --depth === 0) return at
  }
  throw new Error(`no closing parenthesis in ${text}`)
}

/** At commas that stand in no inner parentheses. */
function splitValues(text: string): string[] {
  const values: string[] = []
  let depth = 0
  let from = 0
  for (let at = 0; at <= text.length; at++) {
    if (text[at] === '(') depth++
    else if (text[at] === ')') depth--
    else if (at === text.length || (text[at] === ',' && depth === 0)) {
      values.push(text.slice(from, at).trim())
      from = at + 1
    }
  }
  return values.length === 1 && values[0] === '' ? [] : values
}

// What commands ask of their arguments.

/** The one value of `key`, if it is given. */
export function stringOf(directive: Directive, key: string): string | undefined {
  const found = directive.arguments.find((argument) => argument.key === key && argument.values.length > 0)
  if (found === undefined) return undefined
  if (found.values.length !== 1) throw new Error(`${directive.command}: ${key} takes one value`)
  return found.values[0]
}

export function booleanOf(directive: Directive, key: string): boolean | undefined {
  const value = stringOf(directive, key)
  if (value === undefined) return undefined
  if (value !== 'true' && value !== 'false') throw new Error(`${directive.command}: ${key}=${value} is no boolean`)
  return value === 'true'
}

export function integerOf(directive: Directive, key: string): number | undefined {
  const value = stringOf(directive, key)
  return value === undefined ? undefined : integer(value)
}

export function integersOf(directive: Directive, key: string): number[] {
  const found = directive.arguments.find((argument) => argument.key === key)
  return found === undefined ? [] : found.values.map(integer)
}

/** The arguments without `=`, as they stand. */
export function wordsOf(directive: Directive): string[] {
  return directive.arguments.filter((argument) => argument.values.length === 0).map((argument) => argument.key)
}

export function idsOf(directive: Directive): number[] {
  return wordsOf(directive).map(integer)
}

/** The id that stands first, as in `campaign 1`. */
export function firstId(directive: Directive): number {
  const [id] = wordsOf(directive)
  if (id === undefined) throw new Error(`${directive.command}: which node?`)
  return integer(id)
}

export function integer(text: string): number {
  if (!/^\d+$/.test(text)) throw new Error(`${text} is no number`)
  return Number(text)
}
