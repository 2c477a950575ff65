import { hex } from './describe.ts'
import { Campaign, startElection } from './election.ts'
import type { Entry } from './entry.ts'
import { restoreSnapshot } from './membership.ts'
import { Message, MessageType, NONE } from './message.ts'
import type { Raft } from './raft.ts'
import { readAnswered } from './reads.ts'

/** A follower appends, votes elsewhere, and sends on what only a leader can do. */

/** False: a proposal was dropped. */
export function stepFollower(raft: Raft, message: Message): boolean {
  switch (message.type) {
    case MessageType.prop:
      return forwardProposal(raft, message.from, message.entries)
    case MessageType.app:
      hearLeader(raft, message.from)
      handleAppend(raft, message)
      break
    case MessageType.heartbeat:
      hearLeader(raft, message.from)
      handleHeartbeat(raft, message)
      break
    case MessageType.snap:
      hearLeader(raft, message.from)
      handleSnapshot(raft, message)
      break
    case MessageType.transferLeader:
      forward(raft, message, 'leader transfer')
      break
    case MessageType.readIndex:
      forward(raft, message, 'index reading')
      break
    case MessageType.readIndexResp:
      readAnswered(raft, message)
      break
    case MessageType.forgetLeader:
      forgetLeader(raft)
      break
    case MessageType.timeoutNow:
      raft.logger?.info(
        `${hex(raft.id)} [term ${raft.term}] received MsgTimeoutNow from ${hex(message.from)} and starts an election to get leadership.`,
      )
      // Without a pre-vote: the leader itself asks for the change.
      startElection(raft, Campaign.transfer)
      break
    default:
      break
  }
  return true
}

function hearLeader(raft: Raft, leader: number): void {
  raft.electionElapsed = 0
  raft.leader = leader
}

/** False: dropped. `from` is who proposed first, when the proposal came from another follower. */
function forwardProposal(raft: Raft, from: number, proposals: readonly Entry[]): boolean {
  if (raft.leader === NONE) {
    raft.logger?.info(`${hex(raft.id)} no leader at term ${raft.term}; dropping proposal`)
    return false
  }
  if (raft.disableProposalForwarding) {
    raft.logger?.info(
      `${hex(raft.id)} not forwarding to leader ${hex(raft.leader)} at term ${raft.term}; dropping proposal`,
    )
    return false
  }
  const proposal = new Message(MessageType.prop, raft.leader, from)
  proposal.entries = proposals
  raft.send(proposal)
  return true
}

/** Sends a request on to the leader, in the name of who made it. */
function forward(raft: Raft, message: Message, what: string): void {
  if (raft.leader === NONE) {
    raft.logger?.info(`${hex(raft.id)} no leader at term ${raft.term}; dropping ${what} msg`)
    return
  }
  const onward = new Message(message.type, raft.leader, message.from)
  onward.entries = message.entries
  onward.context = message.context
  raft.send(onward)
}

/**
 * The host knows that the leader is gone. The term stays, and no vote is taken back: this only lifts the refusal to
 * vote for another, without waiting for the election timeout.
 */
function forgetLeader(raft: Raft): void {
  if (raft.leaseBasedReads) {
    // The lease is this node's promise not to elect another while it lasts.
    raft.logger?.error('ignoring MsgForgetLeader due to ReadOnlyLeaseBased')
  } else if (raft.leader !== NONE) {
    raft.logger?.info(`${hex(raft.id)} forgetting leader ${hex(raft.leader)} at term ${raft.term}`)
    raft.leader = NONE
  }
}

export function handleAppend(raft: Raft, message: Message): void {
  const log = raft.log
  if (message.index < log.committed) {
    // Old, or from a leader that does not know yet how far this log agrees. Tell it.
    acknowledgeAppend(raft, message.from, log.committed)
    return
  }
  const last = log.tryAppend(message.index, message.logTerm, message.entries, message.commit)
  if (last >= 0) acknowledgeAppend(raft, message.from, last)
  else rejectAppend(raft, message)
}

function acknowledgeAppend(raft: Raft, to: number, index: number): void {
  const acknowledgement = new Message(MessageType.appResp, to)
  acknowledgement.index = index
  raft.send(acknowledgement)
}

/**
 * The entry before these is not the leader's. The refusal names the highest index where this log could agree with a
 * log whose entry there has the leader's term: all above it is skipped in one step, where probing entry by entry
 * would take one round each.
 */
function rejectAppend(raft: Raft, message: Message): void {
  const log = raft.log
  raft.logger?.debug(
    `${hex(raft.id)} [logterm: ${log.termOrZero(message.index)}, index: ${message.index}] rejected MsgApp ` +
      `[logterm: ${message.logTerm}, index: ${message.index}] from ${hex(message.from)}`,
  )
  const hint = log.findConflictByTerm(Math.min(message.index, log.lastIndex()), message.logTerm)
  const refusal = new Message(MessageType.appResp, message.from)
  refusal.index = message.index
  refusal.reject = true
  refusal.rejectHint = hint
  refusal.logTerm = log.termOrZero(hint)
  raft.send(refusal)
}

export function handleHeartbeat(raft: Raft, message: Message): void {
  raft.log.commitTo(message.commit)
  const answer = new Message(MessageType.heartbeatResp, message.from)
  answer.context = message.context
  raft.send(answer)
}

export function handleSnapshot(raft: Raft, message: Message): void {
  const snapshot = message.snapshot
  if (snapshot === null) return
  const restored = restoreSnapshot(raft, snapshot)
  raft.logger?.info(
    `${hex(raft.id)} [commit: ${raft.log.committed}] ${restored ? 'restored' : 'ignored'} snapshot ` +
      `[index: ${snapshot.index}, term: ${snapshot.term}]`,
  )
  acknowledgeAppend(raft, message.from, restored ? raft.log.lastIndex() : raft.log.committed)
}
