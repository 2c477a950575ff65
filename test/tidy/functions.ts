/** Where the functions of a file are, by their names, and from which line to which they reach. */
import type { Scan, Token } from './scanner.ts'

export interface FunctionPlace {
  /** Of the declaration, or of what an arrow function is given to; empty: it has none. */
  readonly name: string
  readonly firstLine: number
  readonly lastLine: number
}

const NOT_A_NAME = new Set(['if', 'for', 'while', 'switch', 'catch', 'with', 'return', 'await', 'typeof', 'function'])
/** In a type these ask for more to follow them. */
const TYPE_GOES_ON = new Set([
  ...['|', '&', '=>', '.', ':', '?', 'is', 'asserts', 'keyof', 'typeof', 'readonly', 'unique', 'infer', 'new'],
  'extends',
])

export function functionsOf({ tokens }: Scan): FunctionPlace[] {
  const ends = matching(tokens)
  const places: FunctionPlace[] = []
  for (let i = 0; i < tokens.length; i++) {
    const text = textAt(tokens, i)
    if (text === '(') {
      const end = ends.get(i)
      if (end === undefined) continue
      const body = bodyBehind(tokens, ends, end)
      const name = body < 0 ? null : nameBefore(tokens, ends, i)
      if (body < 0 || name === null) continue
      places.push(place(tokens, ends, name, i, body))
    } else if (text === '=>' && textAt(tokens, i + 1) === '{') {
      const start = startOfArrow(tokens, ends, i)
      places.push(place(tokens, ends, assignee(tokens, ends, start), start, i + 1))
    } else if (text === '=>') {
      // Its body is an expression: it has a name, and no length worth a rule.
      const start = startOfArrow(tokens, ends, i)
      const name = assignee(tokens, ends, start)
      const { line } = tokens[i] as Token
      if (name !== '') places.push({ name, firstLine: line, lastLine: line })
    }
  }
  return places
}

function textAt(tokens: readonly Token[], at: number): string {
  const token = tokens[at]
  // Strings and templates are never taken for what they contain.
  return token === undefined || (token.kind !== 'word' && token.kind !== 'punctuation') ? '' : token.text
}

function place(
  tokens: readonly Token[],
  ends: ReadonlyMap<number, number>,
  name: string,
  from: number,
  body: number,
): FunctionPlace {
  const last = tokens[ends.get(body) ?? body] as Token
  return { name, firstLine: (tokens[from] as Token).line, lastLine: last.line }
}

/** For each opening bracket its closing one, and the other way round. */
function matching(tokens: readonly Token[]): Map<number, number> {
  const ends = new Map<number, number>()
  const open: number[] = []
  for (let i = 0; i < tokens.length; i++) {
    const text = textAt(tokens, i)
    if (text === '(' || text === '[' || text === '{') open.push(i)
    else if (text === ')' || text === ']' || text === '}') {
      const start = open.pop()
      if (start === undefined) throw new SyntaxError('a bracket is closed that was never opened')
      ends.set(start, i)
      ends.set(i, start)
    }
  }
  return ends
}

/** The brace of the body behind a list of parameters that ends at `end`, or −1. */
function bodyBehind(tokens: readonly Token[], ends: ReadonlyMap<number, number>, end: number): number {
  let at = end + 1
  if (textAt(tokens, at) === '{') return at
  if (textAt(tokens, at) !== ':') return -1
  // The type of the result, up to a brace that cannot belong to it.
  let complete = false
  for (at++; at < tokens.length; at++) {
    const token = tokens[at] as Token
    const text = textAt(tokens, at)
    if (TYPE_GOES_ON.has(text)) complete = false
    else if (text === '<') {
      at = endOfTypeList(tokens, ends, at)
      if (at < 0) return -1
      complete = true
    } else if (text === '{' || text === '(' || text === '[') {
      if (complete && text === '{') return at
      if (complete && text === '(') return -1
      at = ends.get(at) ?? tokens.length
      complete = true
    } else if (token.kind === 'punctuation') {
      return -1
    } else {
      if (complete) return -1
      complete = true
    }
  }
  return -1
}

/** The last token of `<…>`, or −1. */
function endOfTypeList(tokens: readonly Token[], ends: ReadonlyMap<number, number>, at: number): number {
  let depth = 0
  for (; at < tokens.length; at++) {
    const text = textAt(tokens, at)
    if (text === '<') depth++
    else if (text === '>') {
      depth--
      if (depth === 0) return at
    } else if (text === '(' || text === '[' || text === '{') at = ends.get(at) ?? tokens.length
    else if (text === ')' || text === ']' || text === '}') return -1
  }
  return -1
}

/** The first token of the `<…>` that ends at `at`. */
function startOfTypeList(tokens: readonly Token[], at: number): number {
  for (let depth = 0; at > 0; at--) {
    const text = textAt(tokens, at)
    if (text === '>') depth++
    else if (text === '<') depth--
    if (depth === 0) break
  }
  return at
}

/** The name before a list of parameters; null: it is no function that begins there. */
function nameBefore(tokens: readonly Token[], ends: ReadonlyMap<number, number>, parenthesis: number): string | null {
  let at = parenthesis - 1
  if (textAt(tokens, at) === '>') at = startOfTypeList(tokens, at) - 1
  const token = tokens[at]
  if (token === undefined || textAt(tokens, at) === '=>') return null
  if (token.kind === 'word') {
    if (token.text === 'function') return assignee(tokens, ends, at)
    return NOT_A_NAME.has(token.text) ? null : token.text
  }
  if (token.text === '*') return textAt(tokens, at - 1) === 'function' ? assignee(tokens, ends, at - 1) : null
  return token.text === ']' ? '[computed]' : null
}

/** Where the parameters of an arrow function begin. */
function startOfArrow(tokens: readonly Token[], ends: ReadonlyMap<number, number>, arrow: number): number {
  for (let at = arrow - 1; at >= 0 && arrow - at < 40; at--) {
    const text = textAt(tokens, at)
    if (text === ')') {
      const start = ends.get(at) as number
      // A type of the result may hold parentheses of its own: the parameters are those behind which it stands.
      if (at === arrow - 1 || textAt(tokens, at + 1) === ':') return withModifiers(tokens, start)
      at = start
    } else if (text === '>') {
      at = startOfTypeList(tokens, at)
    } else if (text === '=' || text === ',' || text === ';') break
  }
  return withModifiers(tokens, arrow - 1)
}

function withModifiers(tokens: readonly Token[], start: number): number {
  if (textAt(tokens, start - 1) === '>') start = startOfTypeList(tokens, start - 1)
  return textAt(tokens, start - 1) === 'async' ? start - 1 : start
}

/** `name =`, `name: Type =` and `name:` before an expression. */
function assignee(tokens: readonly Token[], ends: ReadonlyMap<number, number>, start: number): string {
  const before = textAt(tokens, start - 1)
  if (before === ':') return textAt(tokens, start - 2)
  if (before !== '=') return ''
  for (let at = start - 2; at >= 0 && start - at < 40; at--) {
    const text = textAt(tokens, at)
    if (text === ')' || text === ']' || text === '}') at = ends.get(at) as number
    else if (text === ':') return textAt(tokens, at - 1)
    else if (text === 'const' || text === 'let' || text === 'readonly' || text === 'static')
      return textAt(tokens, at + 1)
    else if (text === ';' || text === '{') break
  }
  return textAt(tokens, start - 2)
}
