import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'

const HEAP_MB = 150
const CONFIGURATIONS_MAX = 40_000

/** Judges, in a thread with a small heap, a read that `unknown` commands of as many connections do not explain. */
async function judge(unknown: readonly string[]): Promise<string[]> {
  const lines = unknown.map((command, i) => `${i + 1}  ${i}-?  ${command}`)
  const text = [...lines, '999  1000-1001  GET k  never'].join('\n')
  const from = (file: string) => JSON.stringify(new URL(file, import.meta.url).href)
  const body = `
    const { parentPort } = require('node:worker_threads')
    Promise.all([import(${from('./index.js')}), import(${from('./scenario.js')})]).then(([check, scenarios]) => {
      const operations = scenarios.scenario(${JSON.stringify(text)})
      const verdict = check.checkHistory(operations, { configurationsMax: ${CONFIGURATIONS_MAX} })
      parentPort.postMessage(verdict.undecided)
    })`
  const worker = new Worker(body, { eval: true, resourceLimits: { maxOldGenerationSizeMb: HEAP_MB } })
  const [undecided] = await once(worker, 'message')
  await worker.terminate()
  return undecided
}

test('what many commands of unknown fate make of many states is not all remembered', async () => {
  const writes = Array.from({ length: 150 }, (_, i) => `SET k s${i}`)
  const appends = Array.from({ length: 6 }, (_, i) => `APPEND k a${i}`)
  expect(await judge([...writes, ...appends])).toEqual(['k'])
})
