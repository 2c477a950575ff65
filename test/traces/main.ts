import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { difference, type Kind, replay } from './replay.ts'

/**
 * Replays all recorded conversations of the folder that `RAFT_TRACES` names: interaction files at its top, others in
 * `confchange` and `quorum`. The last line is `N passed, M failed`.
 */

interface Recorded {
  readonly kind: Kind
  readonly name: string
  readonly path: string
}

function recordedFiles(folder: string): Recorded[] {
  return [
    ...filesIn('interaction', folder, ''),
    ...filesIn('confchange', join(folder, 'confchange'), 'confchange/'),
    ...filesIn('quorum', join(folder, 'quorum'), 'quorum/'),
  ]
}

function filesIn(kind: Kind, folder: string, prefix: string): Recorded[] {
  if (!existsSync(folder)) return []
  const names = readdirSync(folder).filter((name) => name.endsWith('.txt') && statSync(join(folder, name)).isFile())
  return names.sort().map((name) => ({ kind, name: `${prefix}${name}`, path: join(folder, name) }))
}

/** What is wrong with the file, in words; null if nothing is. */
function complaint(file: Recorded): string | null {
  try {
    const mismatch = replay(file.kind, readFileSync(file.path, 'utf8'))
    if (mismatch === null) return null
    return `${file.name}:${mismatch.line}: ${mismatch.directive}\n${difference(mismatch)}`
  } catch (error) {
    return `${file.name}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`
  }
}

function main(): number {
  const folder = process.env.RAFT_TRACES
  if (folder === undefined || folder === '') {
    console.error('RAFT_TRACES must name the folder of the recorded conversations to replay')
    return 1
  }
  const files = recordedFiles(folder)
  if (files.length === 0) {
    console.error(`no recorded conversations (*.txt, confchange/*.txt, quorum/*.txt) in ${folder}`)
    return 1
  }
  let failed = 0
  for (const file of files) {
    const text = complaint(file)
    if (text === null) continue
    failed++
    console.log(`${text}\n`)
  }
  console.log(`${files.length - failed} passed, ${failed} failed`)
  return failed === 0 ? 0 : 1
}

process.exitCode = main()
