import { hex } from './describe.ts'
import { Campaign, countVote, requestVotes } from './election.ts'
import { handleAppend, handleHeartbeat, handleSnapshot } from './follower.ts'
import { type Message, MessageType, NONE } from './message.ts'
import { VoteResult } from './quorum.ts'
import type { Raft } from './raft.ts'
import { broadcastAppend } from './replication.ts'
import { StateType, stateName } from './state.ts'

/** A candidate, or a pre-candidate, counts votes and gives way to whoever leads its term. */

/** False: a proposal was dropped. */
export function stepCandidate(raft: Raft, message: Message): boolean {
  switch (message.type) {
    case MessageType.prop:
      return dropProposal(raft)
    case MessageType.app:
      raft.becomeFollower(message.term, message.from)
      handleAppend(raft, message)
      break
    case MessageType.heartbeat:
      raft.becomeFollower(message.term, message.from)
      handleHeartbeat(raft, message)
      break
    case MessageType.snap:
      raft.becomeFollower(message.term, message.from)
      handleSnapshot(raft, message)
      break
    case MessageType.voteResp:
    case MessageType.preVoteResp:
      handleVote(raft, message)
      break
    case MessageType.timeoutNow:
      raft.logger?.debug(
        `${hex(raft.id)} [term ${raft.term} state ${stateName(raft.state)}] ignored MsgTimeoutNow from ${hex(message.from)}`,
      )
      break
    default:
      break
  }
  return true
}

function dropProposal(raft: Raft): boolean {
  raft.logger?.info(`${hex(raft.id)} no leader at term ${raft.term}; dropping proposal`)
  return false
}

function handleVote(raft: Raft, message: Message): void {
  const isPreCandidate = raft.state === StateType.preCandidate
  // Answers of the other kind are left over from an earlier part of the campaign, and decide nothing.
  if (message.type !== (isPreCandidate ? MessageType.preVoteResp : MessageType.voteResp)) return
  const result = countVote(raft, message)
  if (result === VoteResult.won) {
    if (isPreCandidate) {
      requestVotes(raft, Campaign.election)
    } else {
      raft.becomeLeader()
      broadcastAppend(raft)
    }
  } else if (result === VoteResult.lost) {
    // In its own term: the answers to a pre-vote carry one to come, which nobody has entered.
    raft.becomeFollower(raft.term, NONE)
  }
}
