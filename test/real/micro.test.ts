/** Benchmarks are programs, too: what they measure must still be there, and work. */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

interface Figures {
  readonly suite: string
  readonly task: string
  readonly medianNs: number
  readonly bytes: number
}

test('every micro-benchmark does its work, and says what an operation takes', () => {
  const program = fileURLToPath(new URL('../../bench/micro/main.js', import.meta.url))
  const printed = execFileSync(process.execPath, [program, '--time', '5', '--json'], { encoding: 'utf8' })
  const { figures, machine } = JSON.parse(printed) as { figures: Figures[]; machine: { cores: number } }
  expect(machine.cores).toBeGreaterThan(0)
  expect([...new Set(figures.map(({ suite }) => suite))]).toEqual([
    ...['ring', 'parse', 'raft round', 'raft log', 'route', 'evaluate', 'write-back'],
  ])
  for (const { task, medianNs, bytes } of figures) {
    expect(medianNs, task).toBeGreaterThan(1)
    expect(Number.isFinite(bytes), task).toBe(true)
  }
})

test('the actor runtime is measured beside piscina, comlink and postMessage', () => {
  const program = fileURLToPath(new URL('../../bench/actors/main.js', import.meta.url))
  const args = [program, '--seconds', '0.05', '--rounds', '1', '--json']
  const { figures } = JSON.parse(
    execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  )
  const names = figures.map(({ name }: { name: string }) => name)
  expect(names.slice(0, 4)).toEqual(['cellarium/actor', 'postMessage', 'piscina', 'comlink'])
  for (const { name, floodPerSecond, asksPerSecond, askP50Ms } of figures) {
    expect(floodPerSecond, name).toBeGreaterThan(0)
    expect(asksPerSecond, name).toBeGreaterThan(0)
    expect(askP50Ms, name).toBeGreaterThan(0)
  }
  expect(figures[0].hopsPerSecond).toBeGreaterThan(0)
  expect(figures[0].spawnMs).toBeLessThan(figures[1].spawnMs)
})
