import { expect, test } from 'vitest'
import { actor, createSimulation } from '../../src/actor/index.ts'

interface Numbered {
  readonly kind: 'numbered'
  readonly number: number
}

/** Handles numbers, until one of them ends its thread in the middle of a pass. */
function fragile(handled: number[], last: number) {
  return actor<Numbered>({
    module: import.meta.url,
    name: 'fragile',
    start: () => ({
      receive({ number }) {
        handled.push(number)
        if (number === last) throw new Error('in the middle of a pass')
      },
    }),
  })
}

function sender(count: number, back: number[]) {
  return actor<{ kind: 'go' }>({
    module: import.meta.url,
    name: 'sender',
    start(ctx) {
      const to = ctx.named<Numbered>('fragile')
      return {
        receive() {
          for (let number = 0; number < count; number++) to.tell({ kind: 'numbered', number })
        },
        undelivered(_to, message) {
          back.push((message as Numbered).number)
        },
      }
    },
  })
}

test('what a thread had handled in the pass in which it died does not come back', () => {
  for (let last = 0; last < 40; last += 3) {
    const handled: number[] = []
    const back: number[] = []
    const sim = createSimulation({ seed: last, executors: 2, restartDelayMs: 1000, onExecutorExit: () => {} })
    sim.spawn(fragile(handled, last), undefined, { executor: 1, name: 'fragile', supervise: 'escalate' })
    const source = sim.spawn(sender(40, back), undefined, { executor: 0, name: 'sender' })
    sim.run({ untilMs: 10 })
    source.tell({ kind: 'go' })
    sim.run({ untilMs: 100 })
    expect(handled).toEqual(Array.from({ length: last + 1 }, (_, number) => number))
    expect(back.filter((number) => handled.includes(number))).toEqual([])
  }
})
