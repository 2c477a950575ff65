import { readFileSync } from 'node:fs'
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
