import { expect, test } from 'vitest'
import { describeProgress } from '../../src/raft/index.ts'
import { Progress, ProgressState } from '../../src/raft/progress.ts'

function progressAt(match: number, next: number, inflight = 256): Progress {
  const progress = new Progress(2, next, inflight, 0)
  progress.match = match
  return progress
}

test('a probe with entries waits for its answer, and one without does not', () => {
  const progress = progressAt(0, 5)
  progress.sentEntries(0, 0)
  expect(progress.isPaused).toBe(false)
  progress.sentEntries(3, 30)
  expect(progress.isPaused).toBe(true)
  expect(progress.next).toBe(5)
})

test('replication goes on optimistically until its window is full', () => {
  const progress = progressAt(4, 5, 2)
  progress.becomeReplicate()
  progress.sentEntries(3, 30)
  expect([progress.next, progress.isPaused]).toEqual([8, false])
  progress.sentEntries(1, 10)
  expect([progress.next, progress.isPaused]).toEqual([9, true])
})

test('an acknowledgement never takes back what is known, and always lets the stream flow', () => {
  const progress = progressAt(4, 5)
  progress.flowPaused = true
  expect(progress.acknowledge(3)).toBe(false)
  expect(progress.acknowledge(4)).toBe(false)
  expect(progress.isPaused).toBe(true)
  expect(progress.acknowledge(9)).toBe(true)
  expect([progress.match, progress.next, progress.isPaused]).toEqual([9, 10, false])
})

test('a stale refusal changes nothing', () => {
  const replicating = progressAt(5, 6)
  replicating.becomeReplicate()
  replicating.sentEntries(4, 0)
  expect(replicating.reject(5, 2)).toBe(false)
  expect(replicating.next).toBe(10)
  const probing = progressAt(0, 8)
  expect(probing.reject(5, 2)).toBe(false)
  expect(probing.next).toBe(8)
})

test('a refusal takes a replicating stream back to what is known to match, and a probe to the hint', () => {
  const replicating = progressAt(5, 6)
  replicating.becomeReplicate()
  replicating.sentEntries(4, 0)
  expect(replicating.reject(9, 9)).toBe(true)
  expect(replicating.next).toBe(6)
  const probing = progressAt(2, 10)
  expect(probing.reject(9, 4)).toBe(true)
  expect(probing.next).toBe(5)
  expect(probing.reject(4, 0)).toBe(true)
  expect(probing.next).toBe(3)
})

test('a hint above the refused index does not raise the next probe', () => {
  const probing = progressAt(0, 10)
  expect(probing.reject(9, 100)).toBe(true)
  expect(probing.next).toBe(9)
})

test('after a snapshot the probe begins behind it, unless it is known to have failed', () => {
  const progress = progressAt(1, 2)
  progress.becomeSnapshot(10)
  expect([progress.state, progress.isPaused, progress.next]).toEqual([ProgressState.snapshot, true, 11])
  progress.becomeProbe()
  expect([progress.state, progress.pendingSnapshot, progress.next]).toEqual([ProgressState.probe, 0, 11])
  progress.becomeSnapshot(20)
  progress.pendingSnapshot = 0
  progress.becomeProbe()
  expect(progress.next).toBe(2)
})

test('a commit index is news only above what was sent, and only while something is on its way', () => {
  const progress = progressAt(4, 5)
  progress.becomeReplicate()
  progress.sentCommit = 4
  expect(progress.canBumpCommit(6)).toBe(false)
  progress.sentEntries(2, 0)
  expect(progress.canBumpCommit(6)).toBe(true)
  expect(progress.canBumpCommit(4)).toBe(false)
})

test('its description names what is out of the ordinary', () => {
  const progress = progressAt(3, 4, 1)
  expect(describeProgress(progress)).toBe('StateProbe match=3 next=4 inactive')
  progress.recentActive = true
  progress.isLearner = true
  progress.becomeReplicate()
  progress.sentEntries(2, 9)
  expect(describeProgress(progress)).toBe('StateReplicate match=3 next=6 learner paused inflight=1[full]')
  progress.becomeSnapshot(9)
  expect(describeProgress(progress)).toBe('StateSnapshot match=3 next=10 learner paused pendingSnap=9')
})
