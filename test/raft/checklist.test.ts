import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checklist } from './checklist.ts'

const FOLDER = join(process.cwd(), 'test/raft')

/** How many tests each of the files has. */
const COUNTS: Record<string, number> = {
  'raft_paper_test.go': 26,
  'raft_test.go': 118,
  'raft_snap_test.go': 5,
  'raft_flow_control_test.go': 3,
  'rawnode_test.go': 12,
  'log_test.go': 21,
  'log_unstable_test.go': 9,
  'tracker/inflights_test.go': 4,
  'tracker/progress_test.go': 8,
  'confchange, quorum': 3,
}

/** The sentences by which the tests of this room are called, as their sources say. */
function sentences(): Set<string> {
  const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.test.ts'))
  const found = new Set<string>()
  for (const name of files) {
    const source = readFileSync(join(FOLDER, name), 'utf8')
    for (const [, single, double] of source.matchAll(/^\s*test\(\s*(?:'((?:[^'\\]|\\.)*)'|"([^"]*)")/gm)) {
      found.add(single ?? double!)
    }
  }
  return found
}

test('the checklist names every test of the other side, each once', () => {
  expect(Object.fromEntries(Object.entries(checklist).map(([file, rows]) => [file, rows.length]))).toEqual(COUNTS)
  for (const rows of Object.values(checklist)) expect(new Set(rows.map(([name]) => name)).size).toBe(rows.length)
})

test('every sentence of the checklist is a test that is there', () => {
  const ours = sentences()
  expect(ours.size).toBeGreaterThan(200)
  const missing = Object.values(checklist)
    .flat()
    .filter(([, sentence]) => !ours.has(sentence))
  expect(missing).toEqual([])
})
