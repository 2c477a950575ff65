import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  addLearnerNode,
  addNode,
  type ConfChangeSingle,
  ConfChangeTransition,
  ConfChangeType,
  type ConfChangeV2,
  type ConfState,
  confChangeV2,
  confStateEqual,
  emptyConfState,
  leaveJointChange,
  removeNode,
} from '../../src/raft/index.ts'
import {
  enterJoint,
  leaveJoint,
  type Reconfiguration,
  reconfigure,
  restoreConfiguration,
  simpleChange,
} from '../../src/raft/reconfigure.ts'
import { Tracker } from '../../src/raft/tracker.ts'
import { votersOf } from './group.ts'
import { RUNS } from './seed.ts'

function trackerOf(confState: ConfState): Tracker {
  const tracker = new Tracker(10, 0)
  adopt(tracker, restoreConfiguration(tracker, confState, 10))
  return tracker
}

function adopt(tracker: Tracker, result: Reconfiguration): void {
  if (result.refused !== null) throw new Error(result.refused)
  tracker.adopt(result.configuration, result.progress)
}

/** Membership as a plain map from id to role: what the sets come to, without any of their rules. */
function rolesOf(confState: ConfState): Map<number, string> {
  const roles = new Map<number, string>()
  for (const id of confState.learners) roles.set(id, 'learner')
  for (const id of confState.voters) roles.set(id, 'voter')
  return roles
}

function changeRoles(roles: Map<number, string>, changes: readonly ConfChangeSingle[]): Map<number, string> {
  const changed = new Map(roles)
  for (const { type, nodeId } of changes) {
    if (nodeId === 0) continue
    if (type === ConfChangeType.addNode) changed.set(nodeId, 'voter')
    else if (type === ConfChangeType.addLearnerNode) changed.set(nodeId, 'learner')
    else if (type === ConfChangeType.removeNode) changed.delete(nodeId)
  }
  return changed
}

const single: fc.Arbitrary<ConfChangeSingle> = fc.record({
  type: fc.constantFrom(...Object.values(ConfChangeType)),
  nodeId: fc.nat({ max: 6 }),
})
const changeList = fc.array(single, { minLength: 0, maxLength: 8 })
const startingVoters = fc.uniqueArray(fc.integer({ min: 1, max: 6 }), { minLength: 1, maxLength: 4 })

test('going through a joint configuration ends where a map of roles says', () => {
  fc.assert(
    fc.property(startingVoters, changeList, (voters, changes) => {
      const tracker = trackerOf(votersOf(...voters))
      const expected = changeRoles(rolesOf(tracker.configuration), changes)
      const joint = enterJoint(tracker, false, changes, 10)
      if (![...expected.values()].includes('voter')) {
        expect(joint.refused).toBe('removed all voters')
        return
      }
      adopt(tracker, joint)
      expect(tracker.configuration.votersOutgoing).toEqual([...voters].sort((a, b) => a - b))
      adopt(tracker, leaveJoint(tracker))
      expect(rolesOf(tracker.configuration)).toEqual(expected)
      expect(tracker.progress.map(({ id }) => id)).toEqual([...expected.keys()].sort((a, b) => a - b))
      for (const progress of tracker.progress) expect(progress.isLearner).toBe(expected.get(progress.id) === 'learner')
    }),
  )
})

test('simple changes one by one end where the same changes end jointly', () => {
  fc.assert(
    fc.property(startingVoters, changeList, (voters, changes) => {
      const simply = trackerOf(votersOf(...voters))
      for (const change of changes) {
        const result = simpleChange(simply, [change], 10)
        if (result.refused !== null) return
        adopt(simply, result)
      }
      const jointly = trackerOf(votersOf(...voters))
      adopt(jointly, enterJoint(jointly, false, changes, 10))
      adopt(jointly, leaveJoint(jointly))
      expect(simply.configuration).toEqual(jointly.configuration)
    }),
  )
})

test('a configuration that is restored is the one that was stored, joint or not', () => {
  fc.assert(
    fc.property(startingVoters, changeList, fc.boolean(), (voters, changes, autoLeave) => {
      const tracker = trackerOf(votersOf(...voters))
      const joint = enterJoint(tracker, autoLeave, changes, 10)
      if (joint.refused === null) adopt(tracker, joint)
      expect(trackerOf(tracker.configuration).configuration).toEqual(tracker.configuration)
    }),
  )
})

test('the order of members in a stored configuration does not matter', () => {
  const stored = { ...votersOf(3, 1, 2), learners: [5, 4] }
  expect(trackerOf(stored).configuration.voters).toEqual([1, 2, 3])
  expect(confStateEqual(trackerOf(stored).configuration, stored)).toBe(true)
  expect(confStateEqual(stored, votersOf(1, 2, 3))).toBe(false)
})

test('a change that is refused leaves configuration and progress as they were', () => {
  const tracker = trackerOf(votersOf(1, 2))
  const before = [tracker.configuration, tracker.progress, { ...tracker.configuration }] as const
  expect(simpleChange(tracker, [addNode(3), addNode(4)], 10).refused).toBe(
    'more than one voter changed without entering joint config',
  )
  expect(simpleChange(tracker, [removeNode(1), removeNode(2)], 10).refused).toBe('removed all voters')
  expect(leaveJoint(tracker).refused).toBe("can't leave a non-joint config")
  expect(enterJoint(trackerOf(emptyConfState), true, [addNode(1)], 10).refused).toBe(
    "can't make a zero-voter config joint",
  )
  expect([tracker.configuration, tracker.progress, { ...tracker.configuration }]).toEqual(before)
})

test('a voter that becomes a learner keeps its vote in the outgoing half until that is gone', () => {
  const tracker = trackerOf(votersOf(1, 2, 3))
  tracker.find(3)!.acknowledge(9)
  adopt(tracker, enterJoint(tracker, true, [addLearnerNode(3), addLearnerNode(4)], 10))
  expect(tracker.configuration).toEqual({
    voters: [1, 2],
    votersOutgoing: [1, 2, 3],
    learners: [4],
    learnersNext: [3],
    autoLeave: true,
  })
  expect([tracker.isVoter(3), tracker.find(3)!.isLearner, tracker.find(4)!.isLearner]).toEqual([true, false, true])
  adopt(tracker, leaveJoint(tracker))
  expect(tracker.configuration).toEqual({ ...votersOf(1, 2), learners: [3, 4] })
  expect([tracker.isVoter(3), tracker.find(3)!.isLearner, tracker.find(3)!.match]).toEqual([false, true, 9])
})

test('who is promoted again before the joint configuration is left stays a voter', () => {
  const tracker = trackerOf(votersOf(1, 2, 3))
  adopt(tracker, enterJoint(tracker, false, [addLearnerNode(3), addNode(3)], 10))
  expect(tracker.configuration).toEqual({ ...votersOf(1, 2, 3), votersOutgoing: [1, 2, 3] })
})

test('a member that is removed and added again in one change begins anew, one that moves between roles does not', () => {
  const tracker = trackerOf(votersOf(1, 2, 3))
  tracker.find(2)!.acknowledge(9)
  tracker.find(3)!.acknowledge(8)
  adopt(tracker, simpleChange(tracker, [removeNode(2), addNode(2), addLearnerNode(3), addNode(3)], 20))
  expect(tracker.find(2)).toMatchObject({ match: 0, next: 20, recentActive: true })
  expect(tracker.find(3)).toMatchObject({ match: 8, isLearner: false })
})

test('one change is made at once, several or on demand by way of a joint configuration', () => {
  const { auto, jointImplicit, jointExplicit } = ConfChangeTransition
  const results: [ConfState['votersOutgoing'], boolean][] = []
  for (const change of [
    confChangeV2([addNode(2)], auto),
    confChangeV2([addNode(2), addNode(3)], auto),
    confChangeV2([addNode(2)], jointImplicit),
    confChangeV2([addNode(2)], jointExplicit),
  ]) {
    const tracker = trackerOf(votersOf(1))
    adopt(tracker, reconfigure(tracker, change, 10))
    results.push([tracker.configuration.votersOutgoing, tracker.configuration.autoLeave])
  }
  expect(results).toEqual([
    [[], false],
    [[1], true],
    [[1], true],
    [[1], false],
  ])
})

test('an empty change leaves the joint configuration, and only that', () => {
  const tracker = trackerOf(votersOf(1))
  expect(reconfigure(tracker, leaveJointChange(), 10).refused).toBe("can't leave a non-joint config")
  adopt(tracker, reconfigure(tracker, confChangeV2([addNode(2)], ConfChangeTransition.jointExplicit), 10))
  adopt(tracker, reconfigure(tracker, leaveJointChange(), 10))
  expect(tracker.configuration).toEqual(votersOf(1, 2))
})

/** What one command makes of a configuration, said once more and as simply as can be: in sets, and by the thesis's words. */
function changedPlainly(from: ConfState, change: ConfChangeV2): ConfState | string {
  const isJoint = from.votersOutgoing.length > 0
  if (change.changes.length === 0 && change.transition === ConfChangeTransition.auto) {
    if (!isJoint) return 'not joint'
    return confStateOf(
      new Set(from.voters),
      new Set(),
      new Set([...from.learners, ...from.learnersNext]),
      new Set(),
      false,
    )
  }
  if (isJoint) return 'joint'
  const viaJoint = change.transition !== ConfChangeTransition.auto || change.changes.length > 1
  const outgoing = new Set(viaJoint ? from.voters : [])
  const voters = new Set(from.voters)
  const learners = new Set(from.learners)
  const next = new Set<number>()
  for (const { type, nodeId } of change.changes) {
    if (nodeId === 0 || type === ConfChangeType.updateNode) continue
    for (const set of [voters, learners, next]) set.delete(nodeId)
    if (type === ConfChangeType.addNode) voters.add(nodeId)
    if (type === ConfChangeType.addLearnerNode) (outgoing.has(nodeId) ? next : learners).add(nodeId)
  }
  if (voters.size === 0) return 'no voters'
  return confStateOf(
    voters,
    outgoing,
    learners,
    next,
    viaJoint && change.transition !== ConfChangeTransition.jointExplicit,
  )
}

function confStateOf(
  voters: Set<number>,
  outgoing: Set<number>,
  learners: Set<number>,
  next: Set<number>,
  autoLeave: boolean,
): ConfState {
  const sorted = (set: Set<number>) => [...set].sort((a, b) => a - b)
  return {
    voters: sorted(voters),
    votersOutgoing: sorted(outgoing),
    learners: sorted(learners),
    learnersNext: sorted(next),
    autoLeave,
  }
}

test('any sequence of simple and joint changes goes where sets of ids say, and is refused where they say', () => {
  const change = fc
    .record({
      transition: fc.constantFrom(...Object.values(ConfChangeTransition)),
      changes: fc.array(single, { maxLength: 3 }),
    })
    .map(({ transition, changes }) => confChangeV2(changes, transition))
  fc.assert(
    fc.property(startingVoters, fc.array(change, { maxLength: 25, size: 'max' }), (voters, changes) => {
      const tracker = trackerOf(votersOf(...voters))
      for (const each of changes) {
        const before = tracker.configuration
        const expected = changedPlainly(before, each)
        const result = reconfigure(tracker, each, 10)
        expect(result.refused === null, JSON.stringify([before, each])).toBe(typeof expected !== 'string')
        if (result.refused !== null) {
          expect(tracker.configuration).toBe(before)
          continue
        }
        adopt(tracker, result)
        expect(tracker.configuration).toEqual(expected)
        // And a node that begins here, with what the others have stored, has the same members.
        const restored = trackerOf(tracker.configuration)
        expect(restored.configuration).toEqual(tracker.configuration)
        expect(restored.progress.map(({ id, isLearner }) => [id, isLearner])).toEqual(
          tracker.progress.map(({ id, isLearner }) => [id, isLearner]),
        )
      }
    }),
    { numRuns: RUNS },
  )
})
