/**
 * TypeScript cut into tokens, with its comments beside them: as much as the rules of tidiness need and no more. It knows
 * nothing of types or JSX. What it cannot read (a string, a template, a regular expression or a comment without an end)
 * it refuses, so that no rule is passed by accident.
 */
export type TokenKind = 'word' | 'number' | 'string' | 'template' | 'regex' | 'punctuation'

export interface Token {
  readonly kind: TokenKind
  /** As it stands in the source, quotes and all. A template is one token per piece of text between its expressions. */
  readonly text: string
  readonly line: number
}

export interface Comment {
  readonly text: string
  readonly line: number
  /** How many tokens stand before it. */
  readonly tokensBefore: number
}

export interface Scan {
  readonly tokens: readonly Token[]
  readonly comments: readonly Comment[]
}

const WORD = /[#@]?[\p{ID_Start}$_][\p{ID_Continue}$]*/uy
const NUMBER = /0[xXbBoO][\da-fA-F_]+n?|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?n?/y
/** The others are single characters: `>>` must be two, for it ends two lists of type parameters as well. */
const PUNCTUATION = /=>|\+\+|--|\.\.\.|\?\.(?!\d)|\?\?|[^\s]/uy
const REGEX = /\/(?:[^\\/[\n]|\\[^\n]|\[(?:[^\\\]\n]|\\[^\n])*\])+\/\w*/y
const STRING = /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/sy
/** From a backtick or a closing brace to the next expression or the closing backtick. */
const TEMPLATE = /[`}](?:[^`\\$]|\\.|\$(?!\{))*(?:`|\$\{)/sy
const COMMENT = /\/\/[^\n]*|\/\*.*?\*\/|^#![^\n]*/sy

/** Behind these a slash begins a regular expression. */
const EXPRESSION_FOLLOWS = new Set(
  'return typeof case in of delete void throw new else do instanceof yield await extends default'.split(' '),
)
const CONTROL = new Set(['if', 'while', 'for', 'with'])

class Scanner {
  readonly tokens: Token[] = []
  readonly comments: Comment[] = []
  readonly #text: string
  #at = 0
  #line = 1
  /** For each open brace: whether it is that of an expression in a template. */
  readonly #braces: boolean[] = []
  /** For each open parenthesis: whether what follows its end is a statement, as behind `if (…)`. */
  readonly #parentheses: boolean[] = []
  #statementFollows = false

  constructor(text: string) {
    this.#text = text
  }

  run(): Scan {
    for (;;) {
      this.#skipSpace()
      if (this.#at >= this.#text.length) break
      if (!this.#comment()) this.#token()
    }
    if (this.#braces.length > 0) this.#refuse('a brace is never closed')
    return { tokens: this.tokens, comments: this.comments }
  }

  #skipSpace(): void {
    for (; this.#at < this.#text.length; this.#at++) {
      const character = this.#text.charCodeAt(this.#at)
      if (character === 10) this.#line++
      else if (character > 32 && character !== 0xfeff && character !== 0xa0) return
    }
  }

  #comment(): boolean {
    const text = this.#match(COMMENT)
    if (text === null) return false
    this.comments.push({ text, line: this.#line, tokensBefore: this.tokens.length })
    this.#pass(text)
    return true
  }

  #token(): void {
    const first = this.#text[this.#at] as string
    if (first === '/' && this.#text[this.#at + 1] === '*') this.#refuse('a comment without an end')
    if (first === "'" || first === '"') return this.#take('string', STRING)
    if (first === '`') return this.#template()
    if (first === '}' && this.#braces.at(-1)) {
      this.#braces.pop()
      return this.#template()
    }
    if (first === '/' && !this.#isBehindOperand()) return this.#take('regex', REGEX)
    if (this.#match(WORD) !== null) return this.#take('word', WORD)
    if (/\d/.test(first) || (first === '.' && /\d/.test(this.#text[this.#at + 1] ?? ''))) {
      return this.#take('number', NUMBER)
    }
    return this.#punctuation(first)
  }

  #template(): void {
    this.#take('template', TEMPLATE)
    if (this.tokens.at(-1)?.text.endsWith('${')) this.#braces.push(true)
  }

  #punctuation(first: string): void {
    const before = this.tokens.at(-1)
    this.#statementFollows = false
    if (first === '{') this.#braces.push(false)
    else if (first === '(') this.#parentheses.push(before?.kind === 'word' && CONTROL.has(before.text))
    else if (first === ')') this.#statementFollows = this.#parentheses.pop() ?? false
    else if (first === '}') {
      if (this.#braces.pop() === undefined) this.#refuse('a brace is closed that was never opened')
    }
    this.#take('punctuation', PUNCTUATION)
  }

  /** Whether a value ends here: then a slash divides it. */
  #isBehindOperand(): boolean {
    const token = this.tokens.at(-1)
    if (token === undefined) return false
    if (token.kind === 'punctuation') {
      if (token.text === ')') return !this.#statementFollows
      if (token.text === ']') return true
      // Behind a value these belong to it: `a! / b`, `a++ / b`.
      if (token.text === '!' || token.text === '++' || token.text === '--') return this.#endsValue(-2)
      return false
    }
    return this.#endsValue(-1)
  }

  #endsValue(from: number): boolean {
    const token = this.tokens.at(from)
    if (token === undefined) return false
    if (token.kind === 'template') return !token.text.endsWith('${')
    if (token.kind === 'punctuation') return token.text === ')' || token.text === ']'
    if (token.kind !== 'word' || !EXPRESSION_FOLLOWS.has(token.text)) return true
    const before = this.tokens.at(from - 1)?.text
    return before === '.' || before === '?.'
  }

  #match(pattern: RegExp): string | null {
    pattern.lastIndex = this.#at
    return pattern.exec(this.#text)?.[0] ?? null
  }

  #take(kind: TokenKind, pattern: RegExp): void {
    const text = this.#match(pattern)
    if (text === null) return this.#refuse(`a ${kind} without an end`)
    this.tokens.push({ kind, text, line: this.#line })
    this.#pass(text)
  }

  #pass(text: string): void {
    this.#at += text.length
    for (let i = text.indexOf('\n'); i >= 0; i = text.indexOf('\n', i + 1)) this.#line++
  }

  #refuse(why: string): never {
    throw new SyntaxError(`line ${this.#line}: ${why}`)
  }
}

export function scan(text: string): Scan {
  return new Scanner(text).run()
}

/** The text of a string token. Escapes stay as they are written: no name of a module or a word has one. */
export function stringValue(token: Token): string {
  return token.text.slice(1, -1)
}
