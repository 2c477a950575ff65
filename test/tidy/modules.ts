/** What a file takes from others, and what it lets out. */
import { type Scan, stringValue, type Token } from './scanner.ts'

/** Names of another module: under what name it has them, and how they are called here. */
export interface NamePair {
  readonly theirs: string
  readonly ours: string
}

export interface Reference {
  readonly specifier: string
  readonly line: number
  /** `url`: named by `new URL('…', import.meta.url)`. */
  readonly kind: 'import' | 'reexport' | 'url'
  /** Null: all of them. */
  readonly names: readonly NamePair[] | null
}

export interface Declared {
  readonly name: string
  readonly line: number
  /** Exported where it is declared, as `interface` or `type`. */
  readonly isType: boolean
}

export interface ModuleFacts {
  readonly references: readonly Reference[]
  /** Exports that are declared in the file itself. */
  readonly declared: readonly Declared[]
}

const DECLARES = new Set(['const', 'let', 'var', 'function', 'class', 'interface', 'type', 'enum', 'namespace'])
/** Before these a keyword is the name of a property. */
const NOT_BEHIND_KEYWORD = new Set([':', '?', ',', '}', '=', ';'])
const MODIFIERS = new Set(['async', 'abstract', 'declare'])

class Reader {
  readonly references: Reference[] = []
  readonly declared: Declared[] = []
  readonly #tokens: readonly Token[]
  #at = 0

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens
  }

  run(): void {
    for (; this.#at < this.#tokens.length; this.#at++) {
      const token = this.#tokens[this.#at] as Token
      const before = this.#tokens[this.#at - 1]?.text
      if (token.kind !== 'word' || before === '.' || before === '?.' || NOT_BEHIND_KEYWORD.has(this.#peek(1))) continue
      if (token.text === 'import') this.#import(token.line)
      else if (token.text === 'export') this.#export(token.line)
      else if (token.text === 'require') this.#call(token.line, 1)
      else if (token.text === 'URL' && before === 'new') this.#url(token.line)
    }
  }

  #peek(distance: number): string {
    return this.#tokens[this.#at + distance]?.text ?? ''
  }

  #isString(distance: number): boolean {
    return this.#tokens[this.#at + distance]?.kind === 'string'
  }

  #add(kind: Reference['kind'], distance: number, line: number, names: readonly NamePair[] | null): void {
    const token = this.#tokens[this.#at + distance] as Token
    this.references.push({ specifier: stringValue(token), line, kind, names })
  }

  /** `import('…')` and `require('…')`. */
  #call(line: number, distance: number): void {
    if (this.#peek(distance) === '(' && this.#isString(distance + 1)) this.#add('import', distance + 1, line, null)
  }

  #url(line: number): void {
    if (this.#peek(1) === '(' && this.#isString(2) && this.#peek(4) === 'import') this.#add('url', 2, line, null)
  }

  #import(line: number): void {
    if (this.#peek(1) === '(') return this.#call(line, 1)
    if (this.#peek(1) === '.') return
    if (this.#isString(1)) return this.#add('import', 1, line, [])
    let names: NamePair[] | null = []
    let distance = this.#peek(1) === 'type' && this.#peek(2) !== 'from' ? 2 : 1
    for (; this.#peek(distance) !== 'from' || !this.#isString(distance + 1); distance++) {
      const text = this.#peek(distance)
      if (text === '') throw new SyntaxError(`line ${line}: an import without an end`)
      if (text === '*') names = null
      else if (text === '{') {
        const list = this.#list(distance)
        names?.push(...list.names)
        distance = list.end
      } else if (text !== ',' && names !== null) names.push({ theirs: 'default', ours: text })
    }
    this.#add('import', distance + 1, line, names)
    this.#at += distance + 1
  }

  #export(line: number): void {
    let distance = this.#peek(1) === 'type' && (this.#peek(2) === '{' || this.#peek(2) === '*') ? 2 : 1
    if (this.#peek(distance) === '{') {
      const { names, end } = this.#list(distance)
      if (this.#peek(end + 1) === 'from') this.#add('reexport', end + 2, line, names)
      else for (const { ours } of names) this.#declare(ours, line)
      return
    }
    if (this.#peek(distance) === '*') {
      const namespaced = this.#peek(distance + 1) === 'as'
      if (namespaced) this.#declare(this.#peek(distance + 2), line)
      const from = namespaced ? distance + 3 : distance + 1
      this.#add(namespaced ? 'import' : 'reexport', from + 1, line, null)
      return
    }
    if (this.#peek(distance) === 'default') {
      this.#declare('default', line)
      return
    }
    while (MODIFIERS.has(this.#peek(distance))) distance++
    const keyword = this.#peek(distance)
    if (!DECLARES.has(keyword)) throw new SyntaxError(`line ${line}: an export of an unknown form`)
    if (this.#peek(distance + 1) === '*') distance++
    if (this.#peek(distance + 1) === '{') {
      for (const { ours } of this.#list(distance + 1).names) this.#declare(ours, line)
    } else {
      this.#declare(this.#peek(distance + 1), line, keyword === 'interface' || keyword === 'type')
    }
  }

  #declare(name: string, line: number, isType = false): void {
    this.declared.push({ name, line, isType })
  }

  /** `{ a, type b, c as d, e: f }`, from its brace on. */
  #list(distance: number): { names: NamePair[]; end: number } {
    const names: NamePair[] = []
    let words: string[] = []
    for (; ; distance++) {
      const text = this.#peek(distance)
      if (text === '') throw new SyntaxError('a list of names without an end')
      if (text === '}' || text === ',') {
        if (words.length > 1 && words[0] === 'type' && words[1] !== 'as') words.shift()
        if (words.length > 0) names.push({ theirs: words[0] as string, ours: words[words.length - 1] as string })
        words = []
        if (text === '}') return { names, end: distance }
      } else if (text !== '{' && text !== ':') {
        words.push(text)
      }
    }
  }
}

export function readModule(scan: Scan): ModuleFacts {
  const reader = new Reader(scan.tokens)
  reader.run()
  return reader
}
