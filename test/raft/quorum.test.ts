import fc from 'fast-check'
import { expect, test } from 'vitest'
import './seed.ts'
import { jointIndex, jointVote, majorityIndex, majorityVote, VoteResult } from '../../src/raft/quorum.ts'

/** Committed, taken literally: the highest of the indexes that more than half of the voters have reached. */
function committedByCounting(indexes: readonly number[]): number {
  if (indexes.length === 0) return Number.POSITIVE_INFINITY
  const reached = [0, ...indexes].filter(
    (index) => indexes.filter((other) => other >= index).length * 2 > indexes.length,
  )
  return Math.max(...reached)
}

/** Every way in which the silent could vote. */
function votesByTrying(voters: number, granted: number, rejected: number): VoteResult {
  const silent = voters - granted - rejected
  const outcomes = Array.from({ length: silent + 1 }, (_, more) => (granted + more) * 2 > voters)
  if (outcomes.every(Boolean)) return VoteResult.won
  return outcomes.some(Boolean) ? VoteResult.pending : VoteResult.lost
}

const indexes = fc.array(fc.nat({ max: 12 }), { maxLength: 9 })

test('a majority has committed what more than half of the voters have acknowledged', () => {
  fc.assert(
    fc.property(indexes, (values) => {
      expect(majorityIndex(values.slice(), values.length)).toBe(committedByCounting(values))
    }),
  )
})

test('only the first places of the scratch array count', () => {
  expect(majorityIndex([5, 3, 4, 99, 99], 3)).toBe(4)
})

test('a vote is decided as soon as the silent cannot change it', () => {
  for (let voters = 1; voters <= 9; voters++) {
    for (let granted = 0; granted <= voters; granted++) {
      for (let rejected = 0; granted + rejected <= voters; rejected++) {
        expect(majorityVote(voters, granted, rejected)).toBe(votesByTrying(voters, granted, rejected))
      }
    }
  }
})

test('no voters at all win every vote and commit everything, so that an absent half decides nothing', () => {
  expect(majorityVote(0, 0, 0)).toBe(VoteResult.won)
  expect(majorityIndex([], 0)).toBe(Number.POSITIVE_INFINITY)
  expect(jointIndex(7, majorityIndex([], 0))).toBe(7)
  for (const result of Object.values(VoteResult)) expect(jointVote(result, VoteResult.won)).toBe(result)
})

test('a joint vote is won by both halves, and lost by either', () => {
  const { won, lost, pending } = VoteResult
  expect(jointVote(won, won)).toBe(won)
  expect(jointVote(won, pending)).toBe(pending)
  expect(jointVote(pending, lost)).toBe(lost)
  expect(jointVote(lost, won)).toBe(lost)
})

test('the halves of a joint configuration may be exchanged', () => {
  fc.assert(
    fc.property(indexes, indexes, (a, b) => {
      const [x, y] = [majorityIndex(a.slice(), a.length), majorityIndex(b.slice(), b.length)]
      expect(jointIndex(x, y)).toBe(jointIndex(y, x))
    }),
  )
})
