import { expect, test } from 'vitest'
import { judge } from '../../src/pd/hand.ts'
import { cellReport, places, world } from './world.ts'

const removal = (store: number) => ({ operator: 'remove-peer', cell: 2, store, key: null }) as const

test('a peer is not removed by hand when most of those that remain are on stores that are not up', () => {
  const { survey } = world(places(4, 4), [cellReport({ peers: '1 2 3' })], { lost: [2] })
  expect(judge(removal(3), survey())).toMatchObject({ wish: null, refusal: 'notPossible' })
  expect(judge(removal(1), survey())).toMatchObject({ wish: null, refusal: 'notPossible' })
  // The one that is lost may go: the others are a majority.
  expect(judge(removal(2), survey())).toMatchObject({ wish: { kind: 'remove-peer' } })
})

test('of four voters, one of which is lost, another may be removed', () => {
  const { survey } = world(places(4, 4), [cellReport({ peers: '1 2 3 4' })], { lost: [2] })
  expect(judge(removal(3), survey())).toMatchObject({ wish: { kind: 'remove-peer' } })
})
