import { describeProgress, hex } from './describe.ts'
import { type Message, MessageType, NONE } from './message.ts'
import { type Progress, ProgressState } from './progress.ts'
import { proposeAtLeader } from './proposals.ts'
import { VoteResult } from './quorum.ts'
import type { Raft } from './raft.ts'
import { acknowledgeRead, requestRead, startEarlyReads } from './reads.ts'
import { broadcastAppend, broadcastHeartbeat, sendAppend, sendTimeoutNow } from './replication.ts'

/** A leader proposes, hears answers, commits. */

// Known to the compiler where another module's are read each time.
const PROBE = ProgressState.probe
const REPLICATE = ProgressState.replicate

/** False: a proposal was dropped. */
export function stepLeader(raft: Raft, message: Message): boolean {
  switch (message.type) {
    case MessageType.prop:
      return proposeAtLeader(raft, message.entries)
    case MessageType.beat:
      broadcastHeartbeat(raft, raft.readOnly.lastContext())
      return true
    case MessageType.checkQuorum:
      checkQuorum(raft)
      return true
    case MessageType.readIndex:
      requestRead(raft, message)
      return true
    case MessageType.forgetLeader:
      // It knows who leads.
      return true
    default:
      stepAboutMember(raft, message)
      return true
  }
}

/** What concerns the member that it comes from, and a stranger not at all. */
function stepAboutMember(raft: Raft, message: Message): void {
  const progress = raft.tracker.find(message.from)
  if (progress === undefined) {
    raft.logger?.debug(`${hex(raft.id)} no progress available for ${hex(message.from)}`)
    return
  }
  switch (message.type) {
    case MessageType.appResp:
      handleAppendResponse(raft, progress, message)
      break
    case MessageType.heartbeatResp:
      handleHeartbeatResponse(raft, progress, message)
      break
    case MessageType.snapStatus:
      handleSnapshotStatus(raft, progress, message)
      break
    case MessageType.unreachable:
      handleUnreachable(raft, progress)
      break
    case MessageType.transferLeader:
      transferLeadership(raft, progress)
      break
    default:
      break
  }
}

function checkQuorum(raft: Raft): void {
  if (raft.tracker.activityResult() !== VoteResult.won) {
    raft.logger?.warn(`${hex(raft.id)} stepped down to follower since quorum is not active`)
    raft.becomeFollower(raft.term, NONE)
  }
  // Everyone has until the next check to be heard.
  for (const progress of raft.tracker.progress) {
    if (progress.id !== raft.id) progress.recentActive = false
  }
}

export function handleAppendResponse(raft: Raft, progress: Progress, message: Message): void {
  if (!message.reject) {
    handleAcknowledgement(raft, progress, message.index)
    return
  }
  progress.recentActive = true
  handleRejection(raft, progress, message)
}

/** This leader's own disk has the log up to `index`: it counts as others' do, and nothing is sent to oneself. */
export function handleOwnAppend(raft: Raft, own: Progress, index: number): void {
  if (own.state !== REPLICATE) {
    handleAcknowledgement(raft, own, index)
    return
  }
  own.recentActive = true
  if (own.acknowledge(index) && index > raft.log.committed) commitByCount(raft)
}

function handleAcknowledgement(raft: Raft, progress: Progress, index: number): void {
  progress.recentActive = true
  // Without news it may answer a probe: the follower is there and agrees, so the stream may flow again.
  const isNews = progress.acknowledge(index) || (progress.match === index && progress.state === PROBE)
  if (isNews) handleAdvance(raft, progress, index)
}

function handleRejection(raft: Raft, progress: Progress, message: Message): void {
  raft.logger?.debug(
    `${hex(raft.id)} received MsgAppResp(rejected, hint: (index ${message.rejectHint}, term ${message.logTerm})) ` +
      `from ${hex(message.from)} for index ${message.index}`,
  )
  let hint = message.rejectHint
  // The follower's entry at the hint has this term. Where this log has a higher one they differ, so skip those: with
  // both sides skipping, a round is spent per term that differs and not per entry.
  if (message.logTerm > 0) hint = raft.log.findConflictByTerm(hint, message.logTerm)
  if (!progress.reject(message.index, hint)) return
  raft.logger?.debug(`${hex(raft.id)} decreased progress of ${hex(message.from)} to [${describeProgress(progress)}]`)
  if (progress.state === ProgressState.replicate) progress.becomeProbe()
  sendAppend(raft, progress, true)
}

function handleAdvance(raft: Raft, progress: Progress, index: number): void {
  if (progress.state === REPLICATE) progress.arrived(index)
  else resumeReplication(raft, progress)

  // What is committed already moves no quorum: of the acknowledgements of an entry only the deciding one is counted out.
  const hasCommitted = index > raft.log.committed && commitByCount(raft)
  if (progress.id === raft.id) return
  if (!hasCommitted && !isQuiet(raft)) bumpCommit(raft, progress)
  if (progress.next <= raft.log.lastIndex()) sendOn(raft, progress)
  if (progress.id === raft.leadTransferee) handOver(raft, progress)
}

/** A heartbeat would tell it, later. */
function bumpCommit(raft: Raft, progress: Progress): void {
  if (progress.canBumpCommit(raft.log.committed)) sendAppend(raft, progress, true)
}

/** The window has opened: as many as fit, with entries only. */
function sendOn(raft: Raft, progress: Progress): void {
  while (sendAppend(raft, progress, false)) {}
}

/** Commits what a quorum has by now, and tells of it. False: nothing new. */
function commitByCount(raft: Raft): boolean {
  const quiet = isQuiet(raft)
  if (!raft.tryCommit()) return false
  if (raft.earlyReads.length > 0) startEarlyReads(raft)
  if (!quiet) broadcastAppend(raft)
  return true
}

/** Of a change of members all hear at once, also the one that leaves: nobody talks to it afterwards. */
function isQuiet(raft: Raft): boolean {
  return raft.quietCommit && raft.pendingConfIndex <= raft.log.committed
}

/** When the member that is to lead has everything, it need not wait. */
function handOver(raft: Raft, progress: Progress): void {
  if (progress.match !== raft.log.lastIndex()) return
  raft.logger?.info(`${hex(raft.id)} sent MsgTimeoutNow to ${hex(progress.id)} after received MsgAppResp`)
  sendTimeoutNow(raft, progress.id)
}

function resumeReplication(raft: Raft, progress: Progress): void {
  if (progress.state === ProgressState.probe) {
    progress.becomeReplicate()
  } else if (progress.match + 1 >= raft.log.firstIndex()) {
    // Whichever snapshot it was that arrived: from there on the log reaches.
    raft.logger?.debug(
      `${hex(raft.id)} recovered from needing snapshot, resumed sending replication messages ` +
        `to ${hex(progress.id)} [${describeProgress(progress)}]`,
    )
    progress.becomeProbe()
    progress.becomeReplicate()
  }
}

function handleHeartbeatResponse(raft: Raft, progress: Progress, message: Message): void {
  progress.recentActive = true
  progress.flowPaused = false
  // It is there, and behind or being probed. If the window is full because all in it was lost, the append goes out
  // empty, and the answer to it sets things right.
  if (progress.match < raft.log.lastIndex() || progress.state === ProgressState.probe) sendAppend(raft, progress, true)
  if (message.context !== null) acknowledgeRead(raft, message.from, message.context)
}

/** The host's word on a snapshot that it carried. The follower's own comes as an acknowledgement. */
function handleSnapshotStatus(raft: Raft, progress: Progress, message: Message): void {
  if (progress.state !== ProgressState.snapshot) return
  // A snapshot that failed is no place to probe behind.
  if (message.reject) progress.pendingSnapshot = 0
  progress.becomeProbe()
  raft.logger?.debug(
    `${hex(raft.id)} snapshot ${message.reject ? 'failed' : 'succeeded'}, resumed sending replication messages ` +
      `to ${hex(message.from)} [${describeProgress(progress)}]`,
  )
  // Wait for the follower's word if it succeeded, and for a heartbeat's time before trying anew if it failed.
  progress.flowPaused = true
}

function handleUnreachable(raft: Raft, progress: Progress): void {
  // What was sent optimistically is probably lost.
  if (progress.state === ProgressState.replicate) progress.becomeProbe()
  raft.logger?.debug(
    `${hex(raft.id)} failed to send message to ${hex(progress.id)} because it is unreachable [${describeProgress(progress)}]`,
  )
}

/** Thesis §3.10. Proposals are dropped until the other has won, or `electionTicks` have passed. */
function transferLeadership(raft: Raft, progress: Progress): void {
  const { logger } = raft
  const to = progress.id
  if (progress.isLearner) {
    logger?.debug(`${hex(raft.id)} is learner. Ignored transferring leadership`)
    return
  }
  const previous = raft.leadTransferee
  if (previous === to) {
    logger?.info(
      `${hex(raft.id)} [term ${raft.term}] transfer leadership to ${hex(to)} is in progress, ignores request to same node ${hex(to)}`,
    )
    return
  }
  if (previous !== NONE) {
    raft.leadTransferee = NONE
    logger?.info(`${hex(raft.id)} [term ${raft.term}] abort previous transferring leadership to ${hex(previous)}`)
  }
  if (to === raft.id) {
    logger?.debug(`${hex(raft.id)} is already leader. Ignored transferring leadership to self`)
    return
  }
  logger?.info(`${hex(raft.id)} [term ${raft.term}] starts to transfer leadership to ${hex(to)}`)
  raft.electionElapsed = 0
  raft.leadTransferee = to
  if (progress.match === raft.log.lastIndex()) {
    sendTimeoutNow(raft, to)
    logger?.info(
      `${hex(raft.id)} sends MsgTimeoutNow to ${hex(to)} immediately as ${hex(to)} already has up-to-date log`,
    )
  } else {
    sendAppend(raft, progress, true)
  }
}
