import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

/** Rows of the README's tables whose last column is `file: name of a test`. */
function exhibits(): { what: string; file: string; name: string }[] {
  const rows = readFileSync('test/museum/README.md', 'utf8').split('\n')
  return rows.flatMap((row) => {
    const columns = row.split('|').map((column) => column.trim())
    const [, file, name] = /^(test\/\S+\.ts): (.+)$/.exec(columns.at(-2) ?? '') ?? []
    return file === undefined || name === undefined ? [] : [{ what: columns[1] as string, file, name }]
  })
}

test('each bug of the museum still has its test', () => {
  const all = exhibits()
  expect(all.length).toBeGreaterThan(20)
  const missing = all.filter(({ file, name }) => !readFileSync(file, 'utf8').includes(name))
  expect(missing).toEqual([])
})

test('every mutant stands in the table of rules, and every mutant of the table exists', () => {
  const table = readFileSync('test/README.md', 'utf8')
    .split('\n')
    .filter((row) => /^\| \d/.test(row))
  const listed = new Set(
    table.flatMap(
      (row) =>
        row
          .split('|')
          .at(-2)
          ?.match(/[a-z]+(?:-[a-z]+)+/g) ?? [],
    ),
  )
  const patches = readdirSync('test/mutants').flatMap((file) => (file.endsWith('.patch') ? [file.slice(0, -6)] : []))
  // Raft's own promises are none of these rules.
  const raft = new Set(['old-term-commit', 'vote-without-sync'])
  expect(patches.filter((name) => !listed.has(name) && !raft.has(name))).toEqual([])
  expect([...listed].filter((name) => !patches.includes(name))).toEqual([])
})
