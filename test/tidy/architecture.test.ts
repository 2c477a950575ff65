/** The map is kept true: what src/ARCHITECTURE.md says about the sources is compared with them. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { floors, roomOf } from './floors.ts'
import { functionsOf } from './functions.ts'
import { drawnFloors, type Hop, hopsIn, pathsIn, section, tableRows } from './map.ts'
import { findRoot, readProject } from './project.ts'

const root = findRoot()
const project = readProject(root)
const page = readFileSync(join(root, 'src/ARCHITECTURE.md'), 'utf8')

function complaint({ path, name, line }: Hop): string | null {
  const file = project.file(`src/${path}`)
  if (file === undefined) return `line ${line}: there is no ${path}`
  const names = [...functionsOf(file.scan), ...file.module.declared].map((each) => each.name)
  return names.includes(name) ? null : `line ${line}: ${path} has no ${name}`
}

test('every hop names a function that is in that file', () => {
  const hops = hopsIn(page)
  expect(hops.length).toBeGreaterThan(60)
  expect(hops.map(complaint).filter((found) => found !== null)).toEqual([])
})

test('every file and folder that is named is there', () => {
  const isThere = (path: string) => existsSync(join(root, 'src', path)) || existsSync(join(root, path))
  expect(pathsIn(page).filter(({ path }) => !isThere(path) && path !== 'dist/')).toEqual([])
})

test('every room of src is in the table of rooms, and no other', () => {
  const rooms = new Set(project.in('src').map((file) => roomOf(file.path)))
  rooms.delete(null)
  const shown = tableRows(section(page, 'Floors and rooms')).flatMap((row) => row.names.slice(0, 1))
  expect(shown.map((name) => name.replace('/', '')).sort()).toEqual([...rooms].sort())
})

test('the floors are drawn as the rule has them', () => {
  expect(drawnFloors(section(page, 'Floors and rooms'))).toEqual(floors)
})

test('every dependency is named with its reason, and no other', () => {
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<string, object>
  const rows = tableRows(section(page, 'Dependencies'))
  const wanted = [...Object.keys(manifest.dependencies ?? {}), ...Object.keys(manifest.devDependencies ?? {})]
  expect(rows.flatMap((row) => row.names).sort()).toEqual(wanted.sort())
  expect(rows.filter((row) => row.text.length < 20)).toEqual([])
})

test('an option that is said to have no effect is read by nobody, and every other one by somebody', () => {
  const idle = [...section(page, 'What is not built yet').matchAll(/`--([a-z-]+)`/g)].map((match) => match[1] as string)
  const table = project.file('src/model/options.ts')
  const { tokens } = table?.scan ?? { tokens: [] }
  // The rows of the table: names that open an object with a type.
  const names = tokens
    .filter((_, i) => tokens[i + 1]?.text === ':' && tokens[i + 2]?.text === '{' && tokens[i + 3]?.text === 'type')
    .map(({ text }) => text)
  expect(names.length).toBeGreaterThan(15)
  const flagOf = (name: string) => name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
  expect(
    names
      .filter((name) => !isRead(name))
      .map(flagOf)
      .sort(),
  ).toEqual(idle.sort())
})

/** `options.name`, or taken out of them as in `const { name } = this.options`. */
function isRead(name: string): boolean {
  const readers = project.in('src').filter(({ path }) => path !== 'src/model/options.ts' && path !== 'src/cli.ts')
  return readers.some(({ scan: { tokens } }) =>
    tokens.some((token, i) => {
      if (token.text !== name) return false
      if (tokens[i - 1]?.text === '.') return tokens[i - 2]?.text === 'options'
      const end = tokens.findIndex((later, at) => at > i && !/^[\w,]+$/.test(later.text))
      const source = tokens.slice(end + 2, end + 8).map((each) => each.text)
      return tokens[end]?.text === '}' && tokens[end + 1]?.text === '=' && source.includes('options')
    }),
  )
}
