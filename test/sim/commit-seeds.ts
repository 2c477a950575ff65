/**
 * A hundred seeds derived from the commit's hash, in two files so that both cores play. Red or green for good: a commit
 * always plays the same seeds. Fresh ones are for `npm run sim:fresh`.
 */
import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { run } from './run.ts'

function commitHash(): string {
  try {
    return execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return 'no checkout'
  }
}

export function playSeedsOfCommit(from: number, to: number): void {
  const base = commitHash().slice(0, 12)
  for (let i = from; i <= to; i++) {
    const seed = `${base}-${i}`
    test(`seed ${i} of this commit: no wrong answer, no crash, and full service when the faults are over`, async () => {
      const { kind, message, virtualMs, operations } = await run({ seed })
      if (kind !== 'fine') {
        const replay = `npm run sim -- --seed '${seed}' --trace`
        throw new Error(`${kind} at ${virtualMs.toFixed(3)} ms: ${message}\nreplay: ${replay}`)
      }
      // Some seeds are slow weather from end to end; one that does nothing would prove nothing.
      expect(operations).toBeGreaterThan(50)
    }, 120_000)
  }
}
