/** Do stores have as many cells, and lead as many, as each other; and how long does that take? */
import { type CellShape, type Evenness, isWhole, leadersOf, peersOf, tiles } from './cells.ts'
import { passed, REPLICAS, type Stage, users } from './stage.ts'

const GAP_MAX = 2
const DEVIATION_MAX = 0.05
const LOOK_AGAIN_MS = 200

/** What is taken for even. */
export interface Even {
  readonly said: string
  is(evenness: Evenness): boolean
}

/** For a few cells. */
export const near: Even = { said: `gap ≤ ${GAP_MAX}`, is: ({ gap }) => gap <= GAP_MAX }
/** For many. */
export const steady: Even = {
  said: `deviation ≤ ${DEVIATION_MAX * 100} %`,
  is: ({ deviation }) => deviation <= DEVIATION_MAX,
}

/** Waits until they are, and says how long that took since. What is counted are all cells, the system's own too, as PD does. */
export async function untilEven(stage: Stage, when: string, sinceMs: number, even: Even): Promise<void> {
  const { evenWithinMs, progress } = stage.options
  let isDone: boolean
  for (;;) {
    const cells = await stage.cells()
    isDone = cells.length > 1 && cells.every((cell) => isWhole(cell, REPLICAS)) && tiles(users(cells))
    isDone &&= [peersOf, leadersOf].every((of) => even.is(of(cells, stage.stores)))
    const passedMs = performance.now() - sinceMs
    progress(`${cells.length} cells, ${counted(cells, stage)}, ${(passedMs / 1000).toFixed(0)} s ${when}`)
    if (isDone || passedMs > evenWithinMs) break
    await passed(LOOK_AGAIN_MS)
  }
  const tookMs = performance.now() - sinceMs
  const within = `within ${evenWithinMs / 1000} s`
  stage.check(`whole and even ${when}`, within, isDone && tookMs <= evenWithinMs, `${(tookMs / 1000).toFixed(1)} s`)
}

/** The data, the cells, and that they are even still. */
export async function lookEven(stage: Stage, when: string, wished: number, even: Even): Promise<void> {
  const cells = await stage.look(when)
  const count = users(cells).length
  stage.check(`cells ${when}`, `≥ ${wished}`, count >= wished, `${count}`)
  sayEvenness(stage, `cells of stores ${when}`, peersOf(cells, stage.stores), even)
  sayEvenness(stage, `leaders of stores ${when}`, leadersOf(cells, stage.stores), even)
}

function counted(cells: readonly CellShape[], { stores }: Stage): string {
  return `peers ${peersOf(cells, stores).counts.join(' ')}, leaders ${leadersOf(cells, stores).counts.join(' ')}`
}

function sayEvenness(stage: Stage, what: string, evenness: Evenness, even: Even): void {
  const { counts, gap, deviation } = evenness
  const found = `${counts.join(' ')} (gap ${gap}, deviation ${(deviation * 100).toFixed(1)} %)`
  stage.check(what, even.said, even.is(evenness), found)
}
