import { stepCandidate } from './candidate.ts'
import { hex } from './describe.ts'
import { answerVoteRequest, Campaign, ignoresVoteUnderLease, refuseVote, startElection } from './election.ts'
import { stepFollower } from './follower.ts'
import { handleAppendResponse, handleOwnAppend, stepLeader } from './leader.ts'
import {
  isLocalMessage,
  isResponseMessage,
  Message,
  MessageType,
  messageTypeName,
  NO_MESSAGES,
  NONE,
  withMessage,
} from './message.ts'
import { entriesApplied, snapshotApplied } from './proposals.ts'
import type { Raft } from './raft.ts'
import { type Snapshot, StateType } from './state.ts'

/** The two inputs of a node, messages and ticks, and how terms meet (thesis §3.3). */

const ACKNOWLEDGEMENT = MessageType.appResp
const LEADER = StateType.leader

/**
 * `ok`: taken; `proposalDropped`: nobody will hear of this proposal, and it may be made again; `peerNotFound`: an
 * answer from a node that is not, or no longer, in the configuration; `localMessage`: a kind that no node may send to
 * another.
 */
export type StepResult = 'ok' | 'proposalDropped' | 'peerNotFound' | 'localMessage'

/** A message from another node, or from the host's storage work. */
export function hear(raft: Raft, message: Message): StepResult {
  // What a leader hears most, without the questions that are asked of all else.
  if (message.type === ACKNOWLEDGEMENT && message.term === raft.term && raft.state === LEADER) {
    const progress = raft.tracker.find(message.from)
    if (progress === undefined) return 'peerNotFound'
    handleAppendResponse(raft, progress, message)
    return 'ok'
  }
  return hearAny(raft, message)
}

function hearAny(raft: Raft, message: Message): StepResult {
  if (message.from >= NONE) {
    if (isLocalMessage(message.type)) return 'localMessage'
    if (isResponseMessage(message.type) && raft.tracker.find(message.from) === undefined) return 'peerNotFound'
  }
  return step(raft, message) ? 'ok' : 'proposalDropped'
}

/** False: a proposal was dropped. Everything else that cannot be done is no error: messages come late, and twice. */
export function step(raft: Raft, message: Message): boolean {
  if (message.type === MessageType.storageAppendResp) {
    storageAppended(raft, message.term, message.index, message.logTerm, message.snapshot)
    return true
  }
  if (message.term > raft.term) {
    if (!meetHigherTerm(raft, message)) return true
  } else if (message.term < raft.term && message.term !== 0) {
    answerLowerTerm(raft, message)
    return true
  }
  switch (message.type) {
    case MessageType.hup:
      startElection(raft, raft.preVote ? Campaign.preElection : Campaign.election)
      return true
    case MessageType.vote:
    case MessageType.preVote:
      answerVoteRequest(raft, message)
      return true
    case MessageType.storageApplyResp:
      entriesApplied(raft, message.entries)
      return true
    default:
      return stepByState(raft, message)
  }
}

function stepByState(raft: Raft, message: Message): boolean {
  if (raft.state === StateType.leader) return stepLeader(raft, message)
  if (raft.state === StateType.follower) return stepFollower(raft, message)
  return stepCandidate(raft, message)
}

/** False: the message is left alone, and its term too. */
function meetHigherTerm(raft: Raft, message: Message): boolean {
  switch (message.type) {
    case MessageType.vote:
      if (ignoresVoteUnderLease(raft, message)) return false
      break
    case MessageType.preVote:
      // Nobody is in that term yet, and perhaps nobody will be.
      return !ignoresVoteUnderLease(raft, message)
    case MessageType.preVoteResp:
      // Granted, it carries the term that was asked for. Refused, the term of who refused, which is ahead of ours.
      if (!message.reject) return true
      break
    default:
      break
  }
  raft.logger?.info(
    `${hex(raft.id)} [term: ${raft.term}] received a ${messageTypeName(message.type)} message with higher term ` +
      `from ${hex(message.from)} [term: ${message.term}]`,
  )
  raft.becomeFollower(message.term, isFromLeader(message) ? message.from : NONE)
  return true
}

function isFromLeader(message: Message): boolean {
  return message.type === MessageType.app || message.type === MessageType.heartbeat || message.type === MessageType.snap
}

function answerLowerTerm(raft: Raft, message: Message): void {
  const { type } = message
  if ((raft.checkQuorum || raft.preVote) && (type === MessageType.heartbeat || type === MessageType.app)) {
    // Their sender leads in a term that is over, and where votes are refused under a lease it may not hear of it by an
    // election: this node, which was cut off and has gone ahead, could neither follow nor win. So tell it.
    raft.send(new Message(MessageType.appResp, message.from))
  } else if (type === MessageType.preVote) {
    // Who asks for less than what is here must learn it, or it may ask for ever.
    refuseVote(raft, message)
  } else {
    raft.logger?.info(
      `${hex(raft.id)} [term: ${raft.term}] ignored a ${messageTypeName(type)} message with lower term ` +
        `from ${hex(message.from)} [term: ${message.term}]`,
    )
  }
}

/** What a leader promised itself in `term` is on disk. */
export function ownAppended(raft: Raft, term: number, index: number): void {
  const { own } = raft
  if (own !== undefined && raft.term === term && raft.state === LEADER) {
    handleOwnAppend(raft, own, index)
  } else step(raft, raft.ownAcknowledgement(term, index))
}

/** What was promised is on disk: steps what this node said to itself, and returns what it says to others. */
export function release(raft: Raft, messages: readonly Message[]): readonly Message[] {
  let onward = NO_MESSAGES
  for (let i = 0; i < messages.length; i++) {
    const message = messages[i]!
    if (message.to === raft.id) step(raft, message)
    else onward = withMessage(onward, message)
  }
  return onward
}

/** The log is on disk up to (`index`, `logTerm`), and `snapshot` is, as was said in `term`. 0 and null: nothing of that. */
export function storageAppended(
  raft: Raft,
  term: number,
  index: number,
  logTerm: number,
  snapshot: Snapshot | null,
): void {
  if (index !== 0) {
    if (term === raft.term) {
      raft.log.unstable.stableTo(index, logTerm)
    } else logEarlierTerm(raft, term)
  }
  // A snapshot is committed state, of whatever term.
  if (snapshot !== null) snapshotApplied(raft, snapshot.index)
}

function logEarlierTerm(raft: Raft, term: number): void {
  // What was written may have been replaced since, and more than once, so that index and term match again: see
  // `Ready.writtenIndex`.
  raft.logger?.info(
    `${hex(raft.id)} [term: ${raft.term}] ignored entry appends from a MsgStorageAppendResp message ` +
      `with lower term [term: ${term}]`,
  )
}

export function tick(raft: Raft): void {
  if (raft.state === StateType.leader) tickLeader(raft)
  else tickFollower(raft)
}

function tickFollower(raft: Raft): void {
  raft.electionElapsed++
  if (raft.electionElapsed < raft.randomizedElectionTicks || !raft.isPromotable) return
  raft.electionElapsed = 0
  step(raft, new Message(MessageType.hup, NONE, raft.id))
}

function tickLeader(raft: Raft): void {
  raft.heartbeatElapsed++
  raft.electionElapsed++
  if (raft.electionElapsed >= raft.electionTicks) {
    raft.electionElapsed = 0
    if (raft.checkQuorum) step(raft, new Message(MessageType.checkQuorum, NONE, raft.id))
    // Who did not take over by now never will: lead on.
    if (raft.state === StateType.leader) raft.leadTransferee = NONE
  }
  if (raft.state !== StateType.leader || raft.heartbeatElapsed < raft.heartbeatTicks) return
  raft.heartbeatElapsed = 0
  step(raft, new Message(MessageType.beat, NONE, raft.id))
}
