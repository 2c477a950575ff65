/** What the rules catch, shown on small projects that break them. */
import { expect, test } from 'vitest'
import { deadExports, deadFiles } from './dead.ts'
import { undocumented } from './docs.ts'
import { unknownRooms, wrongImports } from './floors.ts'
import { doorsWithoutPlaque, leakedPackages, strayImports, strayTopLevel } from './layout.ts'
import { Project } from './project.ts'
import { impurities } from './purity.ts'
import { grown, oversized } from './sizes.ts'
import { findIn, forbiddenWords } from './words.ts'

function project(files: Record<string, string>): Project {
  return new Project(new Map(Object.entries(files)))
}

const doors = {
  'src/base/index.ts': '',
  'src/raft/index.ts': '',
  'src/redis/index.ts': '',
  'src/store/index.ts': '',
  'src/store/turn.ts': '',
  'workers/executor.ts': '',
  'test/help.ts': '',
}

function wrongIn(path: string, text: string): string[] {
  return wrongImports(project({ ...doors, [path]: text }))
}

test('a room may import a room below through its door, and its own files', () => {
  expect(wrongIn('src/raft/a.ts', `import { x } from '../base/index.ts'\nimport './b.ts'`)).toEqual([])
  expect(wrongIn('src/main.ts', `import './store/index.ts'`)).toEqual([])
  expect(wrongIn('test/raft/a.test.ts', `import '../../src/store/turn.ts'`)).toEqual([])
  expect(wrongIn('src/actor/a.ts', `new URL('../../workers/executor.js', import.meta.url)`)).toEqual([])
})

test.each([
  ['src/raft/a.ts', `import { x } from '../store/index.ts'`, /not below/],
  ['src/raft/a.ts', `import { x } from '../redis/index.ts'`, /not below/],
  ['src/raft/a.ts', `import type { X } from '../redis/index.ts'`, /not below/],
  ['src/raft/a.ts', `type X = import('../redis/index.ts').X`, /not below/],
  ['src/raft/a.ts', `export * from '../redis/index.ts'`, /not below/],
  ['src/raft/a.ts', `import './index.ts'`, /own door/],
  ['src/boot/a.ts', `import { turn } from '../store/turn.ts'`, /past the door/],
  ['src/main.ts', `import { turn } from './store/turn.ts'`, /past the door/],
  ['workers/a.ts', `import { turn } from '../src/store/turn.ts'`, /past the door/],
  ['src/store/a.ts', `import { help } from '../../test/help.ts'`, /tests/],
  ['src/store/a.ts', `import '../../workers/executor.ts'`, /started/],
])('%s must not say %s', (path, text, why) => {
  expect(wrongIn(path, text)).toEqual([expect.stringMatching(why)])
})

test('a folder of src that no floor knows is found', () => {
  expect(unknownRooms(project({ 'src/raft/index.ts': '', 'src/attic/a.ts': '', 'src/main.ts': '' }))).toEqual(['attic'])
})

test('a pure room that asks for time, chance or the world is found, and words that only look so are not', () => {
  const found = (text: string) => impurities(project({ 'src/raft/a.ts': text }))
  for (const text of [
    'const t = Date.now()',
    'Math.random()',
    'setTimeout(f, 1)',
    'process.env.X',
    'async function f() {}',
    `import { readFileSync } from 'node:fs'`,
    `f(\`\${performance.now()}\`)`,
  ]) {
    expect(found(text), text).toHaveLength(1)
  }
  expect(found(`// Date, async\nconst s = 'setTimeout'; message.process; random(); asyncStorageWrites`)).toEqual([])
  expect(impurities(project({ 'src/store/a.ts': 'Date.now()', 'src/pd/pd.ts': 'Date.now()' }))).toEqual([])
})

test('a file that no entry leads to is dead, also when another dead file imports it', () => {
  const files = {
    'src/main.ts': `import './raft/index.ts'`,
    'src/raft/index.ts': `export * from './a.ts'`,
    'src/raft/a.ts': '',
    'src/raft/b.ts': `import './c.ts'`,
    'src/raft/c.ts': `import './b.ts'`,
    'test/raft/b.test.ts': `import '../../src/raft/b.ts'`,
  }
  expect(deadFiles(project(files))).toEqual(['src/raft/b.ts', 'src/raft/c.ts'])
})

test('an export is dead when nobody imports it, be it through a door', () => {
  const files = {
    'src/redis/index.ts': `export { used, unused as spare } from './a.ts'\nexport * from './b.ts'`,
    'src/redis/a.ts': 'export const used = 1\nexport const unused = 2\nexport const own = 3; own()',
    'src/redis/b.ts': 'export class Starred {}\nexport class Dark {}\nexport interface Part {}\nlet part: Part',
    'src/raft/index.ts': `export { whole } from './c.ts'`,
    'src/raft/c.ts': 'export const whole = 1\nexport type Alone = 1',
    'src/main.ts': `import { used } from './redis/index.ts'\nexport const main = used`,
    'src/bin.cts': `import('./main.ts')`,
    'test/a.test.ts': `import { Starred } from '../src/redis/index.ts'`,
  }
  expect(deadExports(project(files))).toEqual([
    'src/redis/a.ts:2 unused',
    'src/redis/a.ts:3 own',
    'src/redis/b.ts:2 Dark',
    'src/raft/c.ts:2 Alone',
  ])
})

test('a long file may shrink and not grow, and a new one is refused', () => {
  const lines = (count: number) => 'a\n'.repeat(count)
  const now = oversized(project({ 'src/a.ts': lines(500), 'src/b.ts': lines(401), 'src/c.ts': lines(400) }))
  expect(now.files).toEqual({ 'src/a.ts': 500, 'src/b.ts': 401 })
  expect(grown(now, { files: { 'src/a.ts': 510, 'src/b.ts': 401 }, functions: {} })).toEqual([])
  expect(grown(now, { files: { 'src/a.ts': 499, 'src/c.ts': 450 }, functions: {} })).toEqual([
    'file src/a.ts has 500 lines, and may have 499',
    'file src/b.ts has 401 lines, and may have 400',
    'file src/c.ts is long no more: take it out of limits.json',
  ])
})

test('a long function is found by its name', () => {
  const body = 'a()\n'.repeat(85)
  const now = oversized(project({ 'src/a.ts': `class C {\n  #long(): void {\n${body}}\n  short() {}\n}\n` }))
  expect(now.functions).toEqual({ 'src/a.ts: #long': 87 })
})

test('a room without a door, or with a door that says nothing, is found', () => {
  const files = {
    'src/raft/index.ts': '/**\n * One.\n * Two.\n * Three.\n */\nexport {}',
    'src/redis/index.ts': '/** Short. */\nexport {}',
    'src/model/index.ts': 'export {}\n/**\n * Late.\n * Late.\n * Late.\n */',
    'src/store/turn.ts': '',
    'src/main.ts': '',
  }
  expect(doorsWithoutPlaque(project(files))).toEqual([
    'src/redis/index.ts does not open with a comment on the room',
    'src/model/index.ts does not open with a comment on the room',
    'store has no index.ts',
  ])
})

test('a public name or method that says nothing is found, through the doors', () => {
  const files = {
    'src/index.ts': `export { a, type B } from './base/index.ts'`,
    'src/base/index.ts': `export * from './c.ts'`,
    'src/base/c.ts': [
      '/** Said. */',
      'export const a = 1',
      'export const unseen = 1',
      'export interface B {',
      '  /** Said. */',
      '  told(): void',
      '  untold(): void',
      '  readonly asked: () => void',
      '  field: number',
      '}',
    ].join('\n'),
  }
  expect(undocumented(project(files))).toEqual([
    'src/base/c.ts:4 B',
    'src/base/c.ts:7 B.untold',
    'src/base/c.ts:8 B.asked',
  ])
})

test('an import without its ending, of a file that is not there, or of a stranger is found', () => {
  const dependencies = { comlink: '1', rocksdb: '1' }
  const manifest = { name: 'us', dependencies, devDependencies: { vitest: '1', '@x/y': '1' } }
  const wrong = (path: string, text: string) => strayImports(project({ 'src/a.ts': '', [path]: text }), manifest)
  expect(wrong('src/b.ts', `import './a'`)).toEqual(['src/b.ts:1 ./a is not there'])
  expect(wrong('src/b.ts', `import './a.js'`)).toEqual(['src/b.ts:1 ./a.js is not there'])
  expect(wrong('src/b.ts', `import 'fs'`)).toEqual(['src/b.ts:1 fs is no package that it may use'])
  expect(wrong('src/b.ts', `import 'vitest'`)).toEqual(['src/b.ts:1 vitest is no package that it may use'])
  expect(wrong('test/b.ts', `import 'vitest'; import '@x/y/z'; import 'us/door'`)).toEqual([])
  expect(wrong('src/b.ts', `import 'us/door'`)).toEqual(['src/b.ts:1 us/door is no package that it may use'])
  expect(wrong('src/b.ts', `import './a.ts'; import 'node:fs'; import 'comlink/node'`)).toEqual([])
})

test('RocksDB is known to storage alone', () => {
  const files = { 'src/storage/a.ts': `import 'rocksdb'`, 'src/store/a.ts': `import 'rocksdb'` }
  expect(leakedPackages(project(files))).toEqual(['src/store/a.ts:1 rocksdb'])
})

test('a stray file at the top of the repository is found', () => {
  expect(strayTopLevel(['src/a.ts', 'README.md', '.ci/run', '.gitignore', 'notes.md', 'tools/x'])).toEqual([
    ...['notes.md', 'tools'],
  ])
})

test('notes to oneself and numbers of a tracker are found, in comments and in names of tests', () => {
  const note = ['TO', 'DO'].join('')
  const found = (path: string, text: string) => forbiddenWords(project({ [path]: text }))
  expect(found('src/a.ts', `// ok\n/* a\n   ${note}: b */`)).toEqual([`src/a.ts:3 says ${note}`])
  expect(found('src/a.ts', `x('${note}')`)).toEqual([])
  expect(found('test/a.ts', `test('${note}')`)).toHaveLength(1)
  expect(findIn(`see #${12}`, 'a.md', 1)).toEqual([`a.md:1 says #${12}`])
  expect(findIn('&#65; a#1 #1.2 the user-agent', 'a.md', 1)).toEqual([])
})
