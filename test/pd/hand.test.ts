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

const addition = (store: number) => ({ operator: 'add-peer', cell: 2, store, key: null }) as const
const kindsOf = (order: ReturnType<typeof addition>, of: ReturnType<ReturnType<typeof world>['survey']>) =>
  judge(order, of).wish?.steps.map((step) => (step.kind === 'replacePeer' ? `${step.kind} ${step.removed}` : step.kind))

test('a voter more than wanted takes the place of the one beside it, where half would be lost with one log', () => {
  // Stores 5 and 1, 6 and 2 are on one executor each; the leader is on store 1.
  const full = world(places(8, 4), [cellReport({ peers: '1 2 3' })]).survey()
  expect(kindsOf(addition(6), full)).toEqual(['addLearner', 'replacePeer 102'])
  expect(kindsOf(addition(5), full)).toEqual(['addLearner', 'transferLeader', 'replacePeer 101'])
  // Store 4 is alone on its own.
  expect(kindsOf(addition(4), full)).toEqual(['addLearner', 'promoteLearner'])
})

test('where copies are missing, or all lie together, one beside another is added', () => {
  const missing = world(places(8, 4), [cellReport({ peers: '1 2' })]).survey()
  expect(kindsOf(addition(5), missing)).toEqual(['addLearner', 'promoteLearner'])
  const together = world(places(4, 1), [cellReport({ peers: '1 2 3' })]).survey()
  expect(kindsOf(addition(4), together)).toEqual(['addLearner', 'promoteLearner'])
})
