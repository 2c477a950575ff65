import { expect, test } from 'vitest'
import { functionsOf } from './functions.ts'
import { readModule } from './modules.ts'
import { scan } from './scanner.ts'

const BACKTICK = '`'

/** Tokens as `kind:text`, words and punctuation as they are. */
function tokensOf(source: string): string[] {
  return scan(source).tokens.map(({ kind, text }) =>
    kind === 'word' || kind === 'punctuation' ? text : `${kind}:${text}`,
  )
}

function wordsOf(source: string): string[] {
  return scan(source)
    .tokens.filter((token) => token.kind === 'word')
    .map((token) => token.text)
}

function commentsOf(source: string): string[] {
  return scan(source).comments.map((comment) => comment.text)
}

test('what looks like a comment in a string, a template or a regular expression is none', () => {
  for (const source of [`'// no'`, `"/* no */"`, '`// no`', '/\\/\\*/', '/[/*]/', `'it\\'s // no'`]) {
    expect(commentsOf(source), source).toEqual([])
    expect(scan(source).tokens, source).toHaveLength(1)
  }
})

test('what looks like a string in a comment is none', () => {
  expect(tokensOf("// it's\na /* don't */ b")).toEqual(['a', 'b'])
  expect(commentsOf("// it's\na /* don't */ b")).toEqual(["// it's", "/* don't */"])
})

test('words in strings, templates and regular expressions are not words of the program', () => {
  expect(wordsOf('f(\'Date\', "Date", `Date`, /Date/g)')).toEqual(['f'])
})

test('the expressions of a template are code, also when they hold braces and templates', () => {
  const source = `${BACKTICK}a $ {x} \${f({ y: ${BACKTICK}in\${z}side${BACKTICK} })} \\\${w} b${BACKTICK} + v`
  expect(wordsOf(source)).toEqual(['f', 'y', 'z', 'v'])
})

test.each([
  ['a = /x/', 'regex'],
  ['f(/x/)', 'regex'],
  ['return /x/', 'regex'],
  ['typeof /x/', 'regex'],
  ['[/x/]', 'regex'],
  ['!/x/', 'regex'],
  ['if (a) /x/', 'regex'],
  ['a => /x/', 'regex'],
  ['{}\n/x/', 'regex'],
  [`${BACKTICK}\${/x/}${BACKTICK}`, 'regex'],
  ['a / x / b', 'division'],
  ['f(a) / x / b', 'division'],
  ['a[0] / x / b', 'division'],
  ['1 / x / b', 'division'],
  ['a! / x / b', 'division'],
  ['a++ / x / b', 'division'],
  ['a.return / x / b', 'division'],
  ['`t` / x / b', 'division'],
  ['this / x / b', 'division'],
])('the slash of %j begins a %s', (source, what) => {
  const hasRegex = scan(source).tokens.some((token) => token.kind === 'regex')
  expect(hasRegex).toBe(what === 'regex')
})

test('a regular expression ends at its slash, not at one in a class or behind a backslash', () => {
  expect(tokensOf('x = /[/"\']\\/[\\]/]/gu + y')).toEqual(['x', '=', 'regex:/[/"\']\\/[\\]/]/gu', '+', 'y'])
})

test('numbers of every form are one token each', () => {
  const numbers = ['0', '1_000', '0xff', '0b1n', '1.5', '.5', '1e-9', '10n', '2.']
  expect(tokensOf(numbers.join(' '))).toEqual(numbers.map((number) => `number:${number}`))
  expect(tokensOf('a[1].b')).toEqual(['a', '[', 'number:1', ']', '.', 'b'])
})

test('each token and comment knows its line', () => {
  const { tokens, comments } = scan(`a\n/* 2\n3 */ b ${BACKTICK}4\n\${c}\n${BACKTICK} d // e`)
  expect(tokens.map(({ text, line }) => [text, line])).toEqual([
    ['a', 1],
    ['b', 3],
    [`${BACKTICK}4\n\${`, 3],
    ['c', 4],
    ['}\n`', 4],
    ['d', 5],
  ])
  expect(comments.map(({ line, tokensBefore }) => [line, tokensBefore])).toEqual([
    [2, 1],
    [5, 6],
  ])
})

test('what has no end is refused', () => {
  for (const source of ["'a\n'", '`a', '/* a', 'x = /a\n/', '{', '}', `${BACKTICK}\${a`]) {
    expect(() => scan(source), source).toThrow(SyntaxError)
  }
})

test('the first line may name the program that runs the file', () => {
  expect(wordsOf('#!/usr/bin/env node\nrun()')).toEqual(['run'])
})

test('imports and exports are read in all their forms', () => {
  const facts = readModule(
    scan(`
      import './effect.ts'
      import def, { a, type B as C } from './names.ts'
      import type { D } from './types.ts'
      import type E from './type.ts'
      import * as all from './all.ts'
      import * as meta from 'pkg'
      const text = "import x from './not.ts'"; // import y from './neither.ts'
      const later = await import('./later.ts')
      const old = require('./old.cjs')
      type F = import('./asked.ts').F
      new Worker(new URL('./thread.js', import.meta.url))
      export { g, h as i } from './through.ts'
      export * from './everything.ts'
      export type { J } from './typed.ts'
      export { k as l }
      export const { m, n: o } = all
      export async function* p() {}
      export abstract class Q {}
      export interface R { import: string }
      export type S = { export: number }
      export default def
      thing.import('./member.ts')
    `),
  )
  const shown = facts.references.map(({ specifier, kind, names }) => {
    const list = names?.map(({ theirs, ours }) => (theirs === ours ? theirs : `${theirs} as ${ours}`)).join() ?? '*'
    return `${kind} ${specifier}: ${list}`
  })
  expect(shown).toEqual([
    'import ./effect.ts: ',
    'import ./names.ts: default as def,a,B as C',
    'import ./types.ts: D',
    'import ./type.ts: default as E',
    'import ./all.ts: *',
    'import pkg: *',
    'import ./later.ts: *',
    'import ./old.cjs: *',
    'import ./asked.ts: *',
    'url ./thread.js: *',
    'reexport ./through.ts: g,h as i',
    'reexport ./everything.ts: *',
    'reexport ./typed.ts: J',
  ])
  expect(facts.declared.map(({ name, isType }) => (isType ? `type ${name}` : name))).toEqual([
    ...['l', 'm', 'o', 'p', 'Q', 'type R', 'type S', 'default'],
  ])
})

test('functions are found in all their forms, with the lines that they reach over', () => {
  const source = `
function plain() {
}
export async function* generated<T extends { a: number }>(a: T): AsyncGenerator<{ b: string }> {
  if (a) {
  }
}
class C extends D<{ x: number }> {
  constructor() { super() }
  #hidden(a = { b: 1 }): { c: number } {
    return { c: 1 }
  }
  get value(): number | null { return 1 }
  static of(x: unknown): asserts x is { y: 1 } {}
  readonly answers = (): Out<Map<string, Set<number>>> => {
    return 1
  }
  abstract none(): void
  after(): void {}
}
const arrow = async (a: number): Promise<void> => {
}
const short = (a: number) => a
const typed: (a: number) => void = (a) => {
}
const table = { row(a) {
  }, cell: function () {
  } }
list.forEach((item) => {
})
const chosen = a ? f(b) : { c: 1 }
while (a) { }
`
  const found = functionsOf(scan(source)).map(({ name, firstLine, lastLine }) => `${name} ${firstLine}-${lastLine}`)
  expect(found).toEqual([
    ...['plain 2-3', 'generated 4-7', 'constructor 9-9', '#hidden 10-12', 'value 13-13', 'of 14-14'],
    ...['answers 15-17', 'after 19-19', 'arrow 21-22', 'short 23-23', 'typed 24-24', 'typed 24-25'],
    ...['row 26-27', 'cell 27-28', ' 29-30'],
  ])
})
