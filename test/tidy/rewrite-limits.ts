/**
 * `node dist/test/tidy/rewrite-limits.js`: what has become shorter may not grow back. It lowers what stands in
 * limits.json and takes out what is long no more; it never permits anything new.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findRoot, readProject } from './project.ts'
import { type Limits, oversized } from './sizes.ts'

type Table = Readonly<Record<string, number>>

function lowered(permitted: Table, now: Table): Table {
  const rows = Object.entries(permitted)
    .filter(([name]) => name in now)
    .map(([name, lines]) => [name, Math.min(lines, now[name] as number)] as const)
  return Object.fromEntries(rows.sort(([a], [b]) => (a < b ? -1 : 1)))
}

const root = findRoot()
const path = join(root, 'test/tidy/limits.json')
const permitted = JSON.parse(readFileSync(path, 'utf8')) as Limits
const now = oversized(readProject(root))
const next: Limits = {
  files: lowered(permitted.files, now.files),
  functions: lowered(permitted.functions, now.functions),
}
writeFileSync(path, `${JSON.stringify(next, null, 2)}\n`)
