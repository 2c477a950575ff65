import { equalBytes, utf8 } from '../base/index.ts'
import { hex } from './describe.ts'
import { EntryType } from './entry.ts'
import { Message, MessageType, messageTypeName, NONE } from './message.ts'
import { Ballot } from './progress.ts'
import type { VoteResult } from './quorum.ts'
import type { Raft } from './raft.ts'
import { StateType } from './state.ts'

/**
 * Elections: how one begins, what is asked, who is answered how, and the count (thesis §3.4, §3.6, §4.2.3, §9.6).
 */

export const Campaign = { preElection: 0, election: 1, transfer: 2 } as const
export type Campaign = (typeof Campaign)[keyof typeof Campaign]

/** In the context of a vote request: the leader itself asked for this election, so its lease holds nobody back. */
const TRANSFER_CONTEXT = utf8('CampaignTransfer')

/** Begins an election, if this node may. */
export function startElection(raft: Raft, campaign: Campaign): void {
  const { logger } = raft
  if (raft.state === StateType.leader) {
    logger?.debug(`${hex(raft.id)} ignoring MsgHup because already leader`)
  } else if (!raft.isPromotable) {
    logger?.warn(`${hex(raft.id)} is unpromotable and can not campaign`)
  } else if (hasUnappliedConfChange(raft)) {
    // It would campaign in a configuration that is no longer the group's.
    logger?.warn(
      `${hex(raft.id)} cannot campaign at term ${raft.term} since there are still pending configuration changes to apply`,
    )
  } else {
    logger?.info(`${hex(raft.id)} is starting a new election at term ${raft.term}`)
    requestVotes(raft, campaign)
  }
}

function hasUnappliedConfChange(raft: Raft): boolean {
  const log = raft.log
  // In pages, for there may be much to apply, on disk.
  let low = log.applied + 1
  while (low <= log.committed) {
    const entries = log.slice(low, log.committed + 1, raft.committedBytesPerReadyMax)
    if (entries === null) return false
    for (const entry of entries) if (entry.type !== EntryType.normal) return true
    low += entries.length
  }
  return false
}

/** Asks every voter of both halves, ascending. */
export function requestVotes(raft: Raft, campaign: Campaign): void {
  const isPre = campaign === Campaign.preElection
  if (isPre) raft.becomePreCandidate()
  else raft.becomeCandidate()
  const term = isPre ? raft.term + 1 : raft.term
  const request = isPre ? MessageType.preVote : MessageType.vote
  const index = raft.log.lastIndex()
  const logTerm = raft.log.lastTerm()
  for (const id of raft.tracker.voters()) {
    if (id === raft.id) {
      // Its own vote, too, counts only when it is on disk: so it is sent like anybody's.
      raft.send(new Message(responseTo(request), id, NONE, term))
      continue
    }
    raft.logger?.info(
      `${hex(raft.id)} [logterm: ${logTerm}, index: ${index}] sent ${messageTypeName(request)} request to ${hex(id)} at term ${raft.term}`,
    )
    const message = new Message(request, id, NONE, term)
    message.index = index
    message.logTerm = logTerm
    if (campaign === Campaign.transfer) message.context = TRANSFER_CONTEXT
    raft.send(message)
  }
}

function responseTo(request: MessageType): MessageType {
  return request === MessageType.preVote ? MessageType.preVoteResp : MessageType.voteResp
}

/**
 * A request of a higher term while a leader is heard: not answered at all (thesis §4.2.3), lest a node that was cut
 * off, or removed, disturb a group that works. Returns whether it was.
 */
export function ignoresVoteUnderLease(raft: Raft, message: Message): boolean {
  const inLease = raft.checkQuorum && raft.leader !== NONE && raft.electionElapsed < raft.electionTicks
  if (!inLease || isTransfer(message)) return false
  raft.logger?.info(
    `${describeRequest(raft, 'ignored', message)}: lease is not expired (remaining ticks: ${raft.electionTicks - raft.electionElapsed})`,
  )
  return true
}

function isTransfer(message: Message): boolean {
  return message.context !== null && equalBytes(message.context, TRANSFER_CONTEXT)
}

/** A request for a vote, in this node's term or (a pre-vote) above it. */
export function answerVoteRequest(raft: Raft, message: Message): void {
  const isPre = message.type === MessageType.preVote
  const mayVote =
    // It is the vote that was cast already,
    raft.vote === message.from ||
    // or none was, and no leader of this term is known,
    (raft.vote === NONE && raft.leader === NONE) ||
    // or nothing is promised but for a term to come.
    (isPre && message.term > raft.term)
  // A node that believes it is a learner votes too: it may have been promoted by an entry that it has not got yet,
  // and the candidate, who asks, may need this vote to win.
  if (!mayVote || !raft.log.isUpToDate(message.logTerm, message.index)) {
    refuseVote(raft, message)
    return
  }
  raft.logger?.info(describeRequest(raft, 'cast', message))
  // The term of the request and not our own, which for a pre-vote is lower: the asker would ignore that.
  raft.send(new Message(responseTo(message.type), message.from, NONE, message.term))
  if (isPre) return
  raft.electionElapsed = 0
  raft.vote = message.from
}

export function refuseVote(raft: Raft, message: Message): void {
  raft.logger?.info(describeRequest(raft, 'rejected', message))
  const refusal = new Message(responseTo(message.type), message.from, NONE, raft.term)
  refusal.reject = true
  raft.send(refusal)
}

function describeRequest(raft: Raft, verb: 'cast' | 'rejected' | 'ignored', message: Message): string {
  return (
    `${hex(raft.id)} [logterm: ${raft.log.lastTerm()}, index: ${raft.log.lastIndex()}, vote: ${hex(raft.vote)}] ` +
    `${verb} ${messageTypeName(message.type)} ${verb === 'cast' ? 'for' : 'from'} ${hex(message.from)} ` +
    `[logterm: ${message.logTerm}, index: ${message.index}] at term ${raft.term}`
  )
}

/** Counts an answer, and says what it decides. */
export function countVote(raft: Raft, message: Message): VoteResult {
  const name = messageTypeName(message.type)
  raft.logger?.info(
    `${hex(raft.id)} received ${name}${message.reject ? ' rejection' : ''} from ${hex(message.from)} at term ${raft.term}`,
  )
  raft.tracker.recordVote(message.from, !message.reject)
  raft.logger?.info(
    `${hex(raft.id)} has received ${raft.tracker.countBallots(Ballot.granted)} ${name} votes ` +
      `and ${raft.tracker.countBallots(Ballot.rejected)} vote rejections`,
  )
  return raft.tracker.electionResult()
}
