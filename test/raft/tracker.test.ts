import fc from 'fast-check'
import { expect, test } from 'vitest'
import './seed.ts'
import type { ConfState } from '../../src/raft/index.ts'
import { Ballot } from '../../src/raft/progress.ts'
import { VoteResult } from '../../src/raft/quorum.ts'
import { restoreConfiguration } from '../../src/raft/reconfigure.ts'
import { Tracker } from '../../src/raft/tracker.ts'

/** Quorums of whole configurations against a model that knows nothing but "more than half of each half". */

const ids = fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { maxLength: 5 })

/** Any configuration there can be: learners have no vote, and who is a learner next leaves the outgoing half. */
const anyConfState: fc.Arbitrary<ConfState> = fc
  .record({
    voters: fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 5 }),
    votersOutgoing: fc.oneof(fc.constant<number[]>([]), ids),
    strangers: ids,
    leaving: ids,
    autoLeave: fc.boolean(),
  })
  .map(({ voters, votersOutgoing, strangers, leaving, autoLeave }) => ({
    voters: voters.sort(ascending),
    votersOutgoing: votersOutgoing.sort(ascending),
    learners: strangers.filter((id) => !voters.includes(id) && !votersOutgoing.includes(id)).sort(ascending),
    learnersNext: leaving.filter((id) => votersOutgoing.includes(id) && !voters.includes(id)).sort(ascending),
    autoLeave: autoLeave && votersOutgoing.length > 0,
  }))

function ascending(a: number, b: number): number {
  return a - b
}

function trackerOf(confState: ConfState): Tracker {
  const tracker = new Tracker(10, 0)
  const restored = restoreConfiguration(tracker, confState, 10)
  if (restored.refused !== null) throw new Error(restored.refused)
  tracker.adopt(restored.configuration, restored.progress)
  return tracker
}

function halvesOf({ voters, votersOutgoing }: ConfState): number[][] {
  return votersOutgoing.length === 0 ? [voters] : [voters, votersOutgoing]
}

/** Whether those make up more than half of each half. */
function isQuorum(confState: ConfState, chosen: readonly number[]): boolean {
  return halvesOf(confState).every((half) => half.filter((id) => chosen.includes(id)).length * 2 > half.length)
}

test('a tracker takes any configuration as it stands, and has one record for each of its members', () => {
  fc.assert(
    fc.property(anyConfState, (confState) => {
      const tracker = trackerOf(confState)
      expect(tracker.configuration).toEqual(confState)
      const members = new Set([...confState.voters, ...confState.votersOutgoing, ...confState.learners])
      expect(tracker.progress.map(({ id }) => id)).toEqual([...members].sort(ascending))
      for (const { id, isLearner } of tracker.progress) expect(isLearner).toBe(confState.learners.includes(id))
    }),
  )
})

test('committed is the highest index that a quorum of each half has', () => {
  fc.assert(
    fc.property(anyConfState, fc.array(fc.nat({ max: 6 }), { minLength: 10, maxLength: 10 }), (confState, matches) => {
      const tracker = trackerOf(confState)
      for (const progress of tracker.progress) progress.match = matches[progress.id]!
      const candidates = [0, 1, 2, 3, 4, 5, 6].filter((index) =>
        isQuorum(
          confState,
          tracker.progress.filter(({ match }) => match >= index).map(({ id }) => id),
        ),
      )
      expect(tracker.committedIndex()).toBe(Math.max(...candidates))
    }),
  )
})

test('an election is won when a quorum says yes, lost when none can any more, and open else', () => {
  const words = fc.array(fc.constantFrom(Ballot.none, Ballot.granted, Ballot.rejected), {
    minLength: 10,
    maxLength: 10,
  })
  fc.assert(
    fc.property(anyConfState, words, (confState, ballots) => {
      const tracker = trackerOf(confState)
      for (const { id } of tracker.progress) {
        if (ballots[id] !== Ballot.none) tracker.recordVote(id, ballots[id] === Ballot.granted)
      }
      const all = [1, 2, 3, 4, 5, 6, 7, 8, 9]
      const yes = all.filter((id) => ballots[id] === Ballot.granted)
      const perhaps = all.filter((id) => ballots[id] !== Ballot.rejected)
      const expected = isQuorum(confState, yes)
        ? VoteResult.won
        : isQuorum(confState, perhaps)
          ? VoteResult.pending
          : VoteResult.lost
      expect(tracker.electionResult()).toBe(expected)
      expect(tracker.acknowledgementResult(yes) === VoteResult.won).toBe(isQuorum(confState, yes))
    }),
  )
})

test('a quorum is active when more than half of each half was heard from', () => {
  fc.assert(
    fc.property(anyConfState, ids, (confState, heard) => {
      const tracker = trackerOf(confState)
      for (const progress of tracker.progress) progress.recentActive = heard.includes(progress.id)
      expect(tracker.activityResult() === VoteResult.won).toBe(isQuorum(confState, heard))
    }),
  )
})

test('the first word of a voter counts, whatever it says later', () => {
  const tracker = trackerOf({ voters: [1, 2, 3], votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false })
  tracker.recordVote(2, false)
  tracker.recordVote(2, true)
  expect([tracker.countBallots(Ballot.granted), tracker.countBallots(Ballot.rejected)]).toEqual([0, 1])
})
