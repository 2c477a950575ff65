/** Style is a test: these run over the sources themselves. What the rules catch is shown in rules.test.ts. */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { deadExports, deadFiles } from './dead.ts'
import { undocumented } from './docs.ts'
import { unknownRooms, wrongImports } from './floors.ts'
import { doorsWithoutPlaque, leakedPackages, strayImports, strayTopLevel } from './layout.ts'
import { findRoot, readProject } from './project.ts'
import { impurities } from './purity.ts'
import { grown, type Limits, oversized } from './sizes.ts'
import { findIn, forbiddenWords } from './words.ts'

const root = findRoot()
const project = readProject(root)
const readJson = <T>(path: string) => JSON.parse(readFileSync(join(root, path), 'utf8')) as T

test('every room stands on a floor', () => {
  expect(unknownRooms(project)).toEqual([])
})

test('a room imports only from rooms below it, and only through their doors', () => {
  expect(wrongImports(project)).toEqual([])
})

test('a pure room knows no time, no chance and no world', () => {
  expect(impurities(project)).toEqual([])
})

test('every file of the product can be reached from its entries', () => {
  expect(deadFiles(project)).toEqual([])
})

test('every export is imported somewhere, or is public', () => {
  expect(deadExports(project)).toEqual([])
})

test('every public name says what it is for, and every method of a public interface', () => {
  expect(undocumented(project)).toEqual([])
})

test('long files and functions do not grow, and there are no new ones', () => {
  expect(grown(oversized(project), readJson<Limits>('test/tidy/limits.json'))).toEqual([])
})

test('every room has a door that says what the room is for', () => {
  expect(doorsWithoutPlaque(project)).toEqual([])
})

test('every import names a file that is there, or a package that is depended on', () => {
  expect(strayImports(project, readJson('package.json'))).toEqual([])
})

test('each outside package is known to one room alone', () => {
  expect(leakedPackages(project)).toEqual([])
})

test('nothing lies at the top of the repository that does not belong there', () => {
  const tracked = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' })
  expect(strayTopLevel(tracked.split('\0').filter((path) => path !== ''))).toEqual([])
})

test('the project speaks of itself alone', () => {
  const pages = ['README.md', 'CHANGELOG.md', 'src/ARCHITECTURE.md'].filter((path) => existsSync(join(root, path)))
  const inPages = pages.flatMap((path) => findIn(readFileSync(join(root, path), 'utf8'), path, 1))
  expect([...forbiddenWords(project), ...inPages]).toEqual([])
})
