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

test('a follower is paused while its probe is under way, its window is full, or a snapshot is on its way', () => {
  const table: [state: ProgressState, flowPaused: boolean, paused: boolean][] = [
    [ProgressState.probe, false, false],
    [ProgressState.probe, true, true],
    [ProgressState.replicate, false, false],
    [ProgressState.replicate, true, true],
    [ProgressState.snapshot, false, true],
    [ProgressState.snapshot, true, true],
  ]
  for (const [state, flowPaused, paused] of table) {
    const progress = progressAt(0, 1)
    progress.state = state
    progress.flowPaused = flowPaused
    expect(progress.isPaused).toBe(paused)
  }
})

test('a refusal and an acknowledgement each end a pause', () => {
  const progress = progressAt(1, 2)
  progress.flowPaused = true
  expect([progress.reject(1, 1), progress.isPaused]).toEqual([true, false])
  progress.flowPaused = true
  expect([progress.acknowledge(2), progress.isPaused]).toEqual([true, false])
})

test('a probe begins behind what matches, or behind the snapshot that was sent', () => {
  const table: [state: ProgressState, pending: number, next: number][] = [
    [ProgressState.replicate, 0, 2],
    [ProgressState.snapshot, 10, 11],
    [ProgressState.snapshot, 0, 2],
  ]
  for (const [state, pending, next] of table) {
    const progress = progressAt(1, 5)
    progress.state = state
    progress.pendingSnapshot = pending
    progress.becomeProbe()
    expect([progress.state, progress.match, progress.next]).toEqual([ProgressState.probe, 1, next])
  }
})

test('replication begins behind what matches', () => {
  const progress = progressAt(1, 5)
  progress.becomeReplicate()
  expect([progress.state, progress.match, progress.next]).toEqual([ProgressState.replicate, 1, 2])
})

test('a snapshot that is sent is waited for, and what comes next is behind it', () => {
  const progress = progressAt(1, 5)
  progress.becomeSnapshot(10)
  expect([progress.state, progress.match, progress.next, progress.pendingSnapshot]).toEqual([
    ProgressState.snapshot,
    1,
    11,
    10,
  ])
})

test('an acknowledgement moves match and next as far as it goes, and never back', () => {
  const table: [index: number, match: number, next: number, isNew: boolean][] = [
    [2, 3, 5, false],
    [3, 3, 5, false],
    [4, 4, 5, true],
    [5, 5, 6, true],
  ]
  for (const [index, match, next, isNew] of table) {
    const progress = progressAt(3, 5)
    expect([progress.acknowledge(index), progress.match, progress.next]).toEqual([isNew, match, next])
  }
})

test('a refusal moves next back to the hint, never below what matches, and a stale one not at all', () => {
  const { probe, replicate } = ProgressState
  type Row = [
    state: ProgressState,
    match: number,
    next: number,
    rejected: number,
    hint: number,
    isNew: boolean,
    after: number,
  ]
  const table: Row[] = [
    // Replicating, what was acknowledged since makes it stale.
    [replicate, 5, 10, 5, 5, false, 10],
    [replicate, 5, 10, 4, 4, false, 10],
    [replicate, 5, 10, 9, 9, true, 6],
    // Probing, only the last probe counts.
    [probe, 0, 0, 0, 0, false, 0],
    [probe, 0, 10, 5, 5, false, 10],
    [probe, 0, 10, 9, 9, true, 9],
    [probe, 0, 2, 1, 1, true, 1],
    [probe, 0, 1, 0, 0, true, 1],
    [probe, 0, 10, 9, 2, true, 3],
    [probe, 0, 10, 9, 0, true, 1],
    [probe, 4, 10, 9, 2, true, 5],
  ]
  for (const [state, match, next, rejected, hint, isNew, after] of table) {
    const progress = progressAt(match, next)
    progress.state = state
    expect([progress.reject(rejected, hint), progress.next], `${[state, match, next, rejected, hint]}`).toEqual([
      isNew,
      after,
    ])
  }
})
