/**
 * The way of one SET, as the map tells it, is the way that one SET goes: it is sent through the product in a simulation,
 * and after each event the engine that runs it all is asked which functions have run.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { FunctionCounter, outOfTurn } from './coverage.ts'
import { hopsIn, section } from './map.ts'
import { findRoot } from './project.ts'
import { SetWorld } from './set-world.ts'

/** The edges, in whose place the simulation has its own. */
const TWINS = new Set(['gateway/listener.ts', 'storage/disk.ts', 'storage/rocks-engine.ts'])
const WRITE_BACK_MS_MAX = 60_000
/** What comes much later than the answer. */
const isLater = (hop: string) => /^store\/(write-back|flush)\.ts|: trim$/.test(hop)

const page = readFileSync(join(findRoot(), 'src/ARCHITECTURE.md'), 'utf8')
const way = hopsIn(section(page, 'The way of one SET'))
  .filter(({ path }) => !TWINS.has(path))
  .map(({ path, name }) => `${path}: ${name}`)

test('one SET runs through every hop of the map, in that order', async () => {
  const world = new SetWorld('the way of a SET')
  expect(await world.open()).toBe(true)
  const { simulation } = world
  const events: ReadonlySet<string>[] = []
  const counter = new FunctionCounter()
  counter.start()
  try {
    world.send('*3\r\n$3\r\nSET\r\n$3\r\nkey\r\n$5\r\nvalue\r\n')
    const look = () => {
      events.push(counter.take())
      return world.received !== ''
    }
    expect(simulation.runUntil(look, 1000)).toBe(true)
    expect(world.received).toBe('+OK\r\n')
    const answered = events.length
    while (!world.isWrittenBack() && simulation.clock.monotonicMs() < WRITE_BACK_MS_MAX) {
      simulation.run({ untilMs: simulation.clock.monotonicMs() + 20 })
      events.push(counter.take())
    }
    expect(world.isWrittenBack()).toBe(true)

    expect(outOfTurn(way, events)).toBe(null)
    const beforeAnswer = way.filter((hop) => !isLater(hop))
    expect(outOfTurn(beforeAnswer, events.slice(0, answered))).toBe(null)
  } finally {
    counter.stop()
  }
})

test('a hop that is left out by the run, or comes before its turn, is found', () => {
  const events = [new Set(['a', 'b']), new Set(['c']), new Set(['a', 'd'])]
  expect(outOfTurn(['a', 'b', 'c', 'd'], events)).toBe(null)
  expect(outOfTurn(['b', 'a', 'c', 'a'], events)).toBe(null)
  expect(outOfTurn(['c', 'b'], events)).toBe('b')
  expect(outOfTurn(['a', 'x', 'c'], events)).toBe('x')
})
