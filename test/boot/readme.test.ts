import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { commands } from '../../src/redis/index.ts'

test('README lists the commands that there are, and no others', () => {
  const page = readFileSync('README.md', 'utf8')
  const section = page.slice(page.indexOf('## Commands'), page.indexOf('## Limits'))
  // The text around the table speaks of them again.
  const table = section.split('\n').filter((line) => line.startsWith('|'))
  const listed = [...table.join('\n').matchAll(/`([A-Z]+)`/g)].map((match) => (match[1] as string).toLowerCase())
  const offered = [...commands].filter((row) => !row.internal).map((row) => row.name)
  expect(listed.sort()).toEqual(offered.sort())
})

test('README starts the server and runs the tests with scripts that there are', () => {
  const page = readFileSync('README.md', 'utf8')
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> }
  for (const [, script] of page.matchAll(/npm (?:run )?(start|test|[a-z:]+)\b/g)) {
    if (script !== 'ci') expect(scripts).toHaveProperty([script as string])
  }
})
