import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseDirectives } from '../traces/format.ts'
import { COMMANDS } from '../traces/interaction.ts'
import { difference, replay, rewrite } from '../traces/replay.ts'

/**
 * Conversations of our own, in the format of the recorded ones. With CELLARIUM_REWRITE=1 the files are written anew with
 * what comes out now: then it is the diff that is to be read.
 */

const FOLDER = join(process.cwd(), 'test/scenarios')
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.txt'))

for (const name of files) {
  test(`the conversation in ${name} comes out as it is written`, () => {
    const path = join(FOLDER, name)
    if (process.env.CELLARIUM_REWRITE === '1') writeFileSync(path, rewrite('interaction', readFileSync(path, 'utf8')))
    const mismatch = replay('interaction', readFileSync(path, 'utf8'))
    expect(mismatch === null ? '' : `line ${mismatch.line}: ${mismatch.directive}\n${difference(mismatch)}`).toBe('')
  })
}

test('every command of the format is used in one of them', () => {
  const used = files.flatMap((name) => parseDirectives(readFileSync(join(FOLDER, name), 'utf8')))
  const commands = new Set(used.map(({ command }) => command))
  expect(Object.keys(COMMANDS).filter((command) => !commands.has(command))).toEqual([])
})

test('each opens with what it shows', () => {
  expect(files.length).toBeGreaterThanOrEqual(15)
  expect(files.filter((name) => !/^# \S.{20,}\n/.test(readFileSync(join(FOLDER, name), 'utf8')))).toEqual([])
})
