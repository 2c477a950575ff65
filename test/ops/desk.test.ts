import { expect, test } from 'vitest'
import { actor, createSimulation } from '../../src/actor/index.ts'
import { actorNames, type OpsMessage, type PdMessage, type World } from '../../src/model/index.ts'
import { type Desk, deskEdge, opsDesk } from '../../src/ops/index.ts'

/** Answers the second question first, and the first one never. To whoever wants events it tells one. */
const slowPd = actor<PdMessage>({
  module: import.meta.url,
  name: 'slowPd',
  start(ctx) {
    let asked = 0
    return {
      receive(message) {
        if (message.kind === 'eventsWanted') {
          const events = [{ event: 'cellSplit', cell: 2, child: 3 }] as const
          ctx.tell(ctx.named<OpsMessage>(message.origin), { kind: 'events', events })
        }
        if (message.kind !== 'worldWanted' || ++asked === 1) return
        const { origin, request } = message
        ctx.tell(ctx.named<OpsMessage>(origin), { kind: 'world', request, cells: [], stores: [] })
      },
    }
  },
})

function bench(withPd: boolean) {
  let desk: Desk | null = null
  const simulation = createSimulation({
    seed: 1,
    executors: 1,
    edges: () => ({
      [deskEdge.name]: {
        stores: { lost: () => [], executors: () => [] },
        open(opened: Desk) {
          desk = opened
        },
      },
    }),
    populate(executor, _, made) {
      if (executor === 0 && withPd) made.spawn(slowPd, undefined, { executor, name: actorNames.pd })
      if (executor === 1) made.spawn(opsDesk, undefined, { executor, name: actorNames.ops })
    },
  })
  simulation.run({ untilMs: 100 })
  return { simulation, desk: desk as unknown as Desk }
}

test('an answer goes to its own question, and a question without one is given up after two seconds', () => {
  const { simulation, desk } = bench(true)
  const answers: [string, World | null, number][] = []
  const note = (name: string) => (world: World | null) => answers.push([name, world, simulation.clock.monotonicMs()])
  desk.world(note('first'))
  desk.world(note('second'))
  simulation.run({ untilMs: 5_000 })
  expect(answers.map(([name, world]) => [name, world?.kind ?? null])).toEqual([
    ['second', 'world'],
    ['first', null],
  ])
  expect(answers[1]?.[2]).toBeGreaterThanOrEqual(2_000)
  expect(answers[1]?.[2]).toBeLessThan(2_300)
})

test('whoever watches hears what PD tells, until they leave', () => {
  const { simulation, desk } = bench(true)
  const heard: string[] = []
  const leave = desk.watch(({ event }) => heard.push(event))
  simulation.run({ untilMs: 5_000 })
  // At once, and again every two seconds while somebody watches.
  expect(heard.length).toBeGreaterThanOrEqual(3)
  leave()
  const before = heard.length
  simulation.run({ untilMs: 15_000 })
  expect(heard).toHaveLength(before)
})

test('while there is no PD every question is answered at once, with nothing', () => {
  const { desk } = bench(false)
  const answers: unknown[] = []
  desk.world((world) => answers.push(world))
  desk.order({ operator: 'split', cell: 2, store: 0, key: null }, (answer) => answers.push(answer))
  desk.orderStore(2, true, (answer) => answers.push(answer))
  expect(answers).toEqual([null, null, null])
})
