import { assert } from '../base/index.ts'
import type { ConfChangeV2 } from './conf-change.ts'
import { hex } from './describe.ts'
import { NONE } from './message.ts'
import type { Raft } from './raft.ts'
import { reconfigure, restoreConfiguration } from './reconfigure.ts'
import { broadcastAppend } from './replication.ts'
import { type ConfState, confStateEqual, type Snapshot, StateType } from './state.ts'

/** When the configuration changes: by an entry that is applied, or by a snapshot. */

export function applyConfChange(raft: Raft, change: ConfChangeV2): ConfState {
  const configuration = raft.adoptConfiguration(reconfigure(raft.tracker, change, raft.log.lastIndex()))
  if (raft.state === StateType.leader) leadNewConfiguration(raft)
  return configuration
}

/** Whoever it led, or followed, was of the former configuration. */
export function forceConfiguration(raft: Raft, confState: ConfState): void {
  raft.adoptConfiguration(restoreConfiguration(raft.tracker, confState, raft.log.lastIndex()))
  raft.becomeFollower(raft.term, NONE)
}

function leadNewConfiguration(raft: Raft): void {
  const own = raft.tracker.find(raft.id)
  if (own === undefined || own.isLearner) {
    // It is no longer asked. By default it goes on, so that what it has appended is committed by the others.
    if (raft.stepDownOnRemoval) raft.becomeFollower(raft.term, NONE)
    return
  }
  if (raft.tryCommit()) {
    // A smaller quorum: what was acknowledged already may be enough now.
    broadcastAppend(raft)
  } else {
    // New members need not wait for the next proposal or heartbeat to be probed.
    broadcastAppend(raft, false)
  }
  if (raft.leadTransferee !== NONE && !raft.tracker.isVoter(raft.leadTransferee)) raft.leadTransferee = NONE
}

/**
 * Takes the place of everything by a leader's snapshot. False when that is not needed, or not safe; then the log is
 * as it was, but that the commit index may have moved.
 */
export function restoreSnapshot(raft: Raft, snapshot: Snapshot): boolean {
  const { log, logger } = raft
  if (snapshot.index <= log.committed) return false
  assert(raft.state === StateType.follower, 'only a follower takes a snapshot')
  const { confState, index, term } = snapshot
  if (!isMember(confState, raft.id)) {
    // Its own removal, perhaps, or somebody else's snapshot. A node outside of its own configuration is of no use.
    logger?.warn(`${hex(raft.id)} attempted to restore snapshot but it is not in the ConfState; should never happen`)
    return false
  }
  if (log.matchTerm(index, term)) {
    // The log holds all that the snapshot does. Keep it, and learn that it is committed.
    logger?.info(
      `${hex(raft.id)} [commit: ${log.committed}, lastindex: ${log.lastIndex()}, lastterm: ${log.lastTerm()}] ` +
        `fast-forwarded commit to snapshot [index: ${index}, term: ${term}]`,
    )
    log.commitTo(index)
    return false
  }
  log.restore(snapshot)
  const restored = raft.adoptConfiguration(restoreConfiguration(raft.tracker, confState, log.lastIndex()))
  assert(confStateEqual(restored, confState), 'the restored configuration is not the one of the snapshot')
  logger?.info(
    `${hex(raft.id)} [commit: ${log.committed}, lastindex: ${log.lastIndex()}, lastterm: ${log.lastTerm()}] ` +
      `restored snapshot [index: ${index}, term: ${term}]`,
  )
  return true
}

function isMember(confState: ConfState, id: number): boolean {
  // Who is a learner next stands among the outgoing voters.
  return confState.voters.includes(id) || confState.votersOutgoing.includes(id) || confState.learners.includes(id)
}
