import { assert, type Random } from '../base/index.ts'
import { checkConfig, type RaftConfig } from './config.ts'
import { describeConfiguration, describePeers, hex } from './describe.ts'
import { Entry } from './entry.ts'
import { Log } from './log.ts'
import type { Logger } from './logger.ts'
import { Message, MessageType, NO_MESSAGES, NONE, withMessage } from './message.ts'
import type { Progress } from './progress.ts'
import { ReadOnly } from './read-only.ts'
import { type Reconfiguration, restoreConfiguration } from './reconfigure.ts'
import { type ConfState, StateType } from './state.ts'
import type { RaftStorage } from './storage.ts'
import { Tracker } from './tracker.ts'

/** A read that may be answered once `index` is applied. */
export interface ReadState {
  readonly index: number
  readonly context: Uint8Array
}

export const NO_READ_STATES: readonly ReadState[] = Object.freeze([])

/**
 * The state of one node, and the changes of state that all stories share: roles, terms, the outboxes, the log's end.
 * What is done with a message stands in one file per story: `election`, `follower`, `candidate`, `leader`,
 * `replication`, `proposals`, `reads`, `membership`; `step` puts them together.
 */
export class Raft {
  readonly id: number
  readonly log: Log
  readonly tracker: Tracker
  /** Its own record in the tracker; undefined while it is no member. */
  own: Progress | undefined
  readonly logger: Logger | null
  readonly #random: Random

  readonly electionTicks: number
  readonly heartbeatTicks: number
  readonly entryBytesMax: number
  readonly uncommittedBytesMax: number
  readonly committedBytesPerReadyMax: number
  readonly preVote: boolean
  readonly checkQuorum: boolean
  readonly stepDownOnRemoval: boolean
  readonly disableProposalForwarding: boolean
  readonly disableConfChangeValidation: boolean
  readonly quietCommit: boolean
  readonly leaseBasedReads: boolean

  // Hard state, beside the log's commit index.
  term: number
  vote: number

  state: StateType
  leader: number
  electionElapsed: number
  heartbeatElapsed: number
  randomizedElectionTicks: number

  // A leader's own.
  leadTransferee: number
  /**
   * No configuration change may be proposed while one may stand unapplied at or below this index: two at a time
   * could give majorities that do not overlap.
   */
  pendingConfIndex: number
  /** Payload bytes that were appended in this term and not applied. An estimate: entries of earlier terms are not in it. */
  uncommittedBytes: number
  readonly readOnly: ReadOnly
  /** Reads that came before this leader had committed an entry of its term, and could not know the commit index. */
  earlyReads: readonly Message[]

  // Outboxes.
  readStates: readonly ReadState[]
  messages: readonly Message[]
  /** Acknowledgements and votes: promises, which must not leave before what they promise is on disk. */
  messagesAfterAppend: readonly Message[]
  /**
   * A leader's promise to itself, which is made for every entry: as a number, the index that it will have on disk.
   * 0: none, or it stands among `messagesAfterAppend`, where it must when it is not alone. It belongs to this term.
   */
  ownAppended: number

  constructor(config: RaftConfig, storage: RaftStorage, random: Random, logger: Logger | null) {
    checkConfig(config)
    this.id = config.id
    this.log = new Log(storage, logger, config.committedBytesPerReadyMax)
    this.tracker = new Tracker(config.inflightMessagesMax, config.inflightBytesMax)
    this.own = undefined
    this.logger = logger
    this.#random = random
    this.electionTicks = config.electionTicks
    this.heartbeatTicks = config.heartbeatTicks
    this.entryBytesMax = config.entryBytesMax
    this.uncommittedBytesMax = config.uncommittedBytesMax
    this.committedBytesPerReadyMax = config.committedBytesPerReadyMax
    this.preVote = config.preVote
    this.checkQuorum = config.checkQuorum
    this.stepDownOnRemoval = config.stepDownOnRemoval
    this.disableProposalForwarding = config.disableProposalForwarding
    this.disableConfChangeValidation = config.disableConfChangeValidation
    this.quietCommit = config.quietCommit
    this.leaseBasedReads = config.readOnlyOption === 'leaseBased'
    this.term = config.hardState.term
    this.vote = config.hardState.vote
    this.state = StateType.follower
    this.leader = NONE
    this.electionElapsed = 0
    this.heartbeatElapsed = 0
    this.randomizedElectionTicks = 0
    this.leadTransferee = NONE
    this.pendingConfIndex = 0
    this.uncommittedBytes = 0
    this.readOnly = new ReadOnly()
    this.earlyReads = NO_MESSAGES
    this.readStates = NO_READ_STATES
    this.messages = NO_MESSAGES
    this.messagesAfterAppend = NO_MESSAGES
    this.ownAppended = 0

    this.adoptConfiguration(restoreConfiguration(this.tracker, config.confState, this.log.lastIndex()))
    // A commit index is stored when there is something else to sync, so it may be older than what was applied, and
    // what was applied was committed.
    this.log.commitTo(Math.max(config.hardState.commit, config.applied))
    if (config.applied > 0) this.log.appliedTo(config.applied, 0)
    this.becomeFollower(this.term, NONE)
    this.logger?.info(
      `newRaft ${hex(this.id)} [peers: [${describePeers(this.tracker.voters())}], term: ${this.term}, ` +
        `commit: ${this.log.committed}, applied: ${this.log.applied}, ` +
        `lastindex: ${this.log.lastIndex()}, lastterm: ${this.log.lastTerm()}]`,
    )
  }

  // Membership.

  adoptConfiguration(result: Reconfiguration): ConfState {
    assert(result.refused === null, 'a configuration change that cannot be made was agreed on')
    this.tracker.adopt(result.configuration, result.progress)
    this.own = this.tracker.find(this.id)
    this.logger?.info(`${hex(this.id)} switched to configuration ${describeConfiguration(result.configuration)}`)
    return result.configuration
  }

  /** May campaign: a voter that has no snapshot to install first. */
  get isPromotable(): boolean {
    const { own } = this
    return own !== undefined && !own.isLearner && !this.log.hasSnapshotPending()
  }

  // Roles.

  becomeFollower(term: number, leader: number): void {
    this.#reset(term)
    this.leader = leader
    this.state = StateType.follower
    this.logger?.info(`${hex(this.id)} became follower at term ${this.term}`)
  }

  becomeCandidate(): void {
    assert(this.state !== StateType.leader, 'a leader does not campaign')
    this.#reset(this.term + 1)
    this.vote = this.id
    this.state = StateType.candidate
    this.logger?.info(`${hex(this.id)} became candidate at term ${this.term}`)
  }

  /** Asks for votes without asking anything of itself: term and vote stay, so that nothing need be stored. */
  becomePreCandidate(): void {
    assert(this.state !== StateType.leader, 'a leader does not campaign')
    this.tracker.resetBallots()
    this.leader = NONE
    this.state = StateType.preCandidate
    this.logger?.info(`${hex(this.id)} became pre-candidate at term ${this.term}`)
  }

  becomeLeader(): void {
    assert(this.state === StateType.candidate, 'only a candidate becomes leader')
    this.#reset(this.term)
    this.leader = this.id
    this.state = StateType.leader
    const { own } = this
    assert(own !== undefined, 'a leader outside of its configuration')
    own.becomeReplicate()
    own.recentActive = true
    // There may be a configuration change in the uncommitted tail. Rather than look for it, wait until all is applied.
    this.pendingConfIndex = this.log.lastIndex()
    // Entries of earlier terms are committed by way of this one (thesis §3.6.2).
    const first = this.log.lastIndex() + 1
    this.appendEntries([new Entry(this.term, first)], first)
    this.logger?.info(`${hex(this.id)} became leader at term ${this.term}`)
  }

  #reset(term: number): void {
    this.#spellOut()
    if (this.term !== term) {
      this.term = term
      this.vote = NONE
    }
    this.leader = NONE
    this.electionElapsed = 0
    this.heartbeatElapsed = 0
    this.randomizedElectionTicks = this.electionTicks + this.#random.below(this.electionTicks)
    this.leadTransferee = NONE
    this.pendingConfIndex = 0
    this.uncommittedBytes = 0
    this.readOnly.clear()
    this.earlyReads = NO_MESSAGES
    const last = this.log.lastIndex()
    for (const progress of this.tracker.progress) progress.reset(progress.id === this.id ? last : 0, last + 1)
  }

  // The log's end.

  /** False: the uncommitted tail would grow over its limit. One proposal fits always, and entries without payload do. */
  hasRoomFor(payloadBytes: number): boolean {
    return (
      payloadBytes === 0 ||
      this.uncommittedBytes === 0 ||
      this.uncommittedBytes + payloadBytes <= this.uncommittedBytesMax
    )
  }

  /** A leader's append: entries of its term, up to `last`. It acknowledges them to itself when they are on disk, as others do. */
  appendEntries(entries: readonly Entry[], last: number): void {
    this.log.append(entries)
    if (this.messagesAfterAppend.length === 0 && this.ownAppended === 0) this.ownAppended = last
    else this.#promiseItself(last)
  }

  #promiseItself(last: number): void {
    this.#promise(this.ownAcknowledgement(this.term, last))
  }

  /** What a leader says to itself, as the message that others would send. */
  ownAcknowledgement(term: number, index: number): Message {
    const acknowledgement = new Message(MessageType.appResp, this.id, this.id, term)
    acknowledgement.index = index
    return acknowledgement
  }

  tryCommit(): boolean {
    return this.log.tryCommit(this.tracker.committedIndex(), this.term)
  }

  /** Only then does a leader know what is committed (thesis §6.4). */
  get hasCommittedInTerm(): boolean {
    return this.log.termOrZero(this.log.committed) === this.term
  }

  // Outboxes.

  send(message: Message): void {
    if (message.from === NONE) message.from = this.id
    switch (message.type) {
      case MessageType.vote:
      case MessageType.preVote:
        // A campaign says for which term it asks, which for a pre-vote is not its own.
        assert(message.term !== 0, 'a request for a vote without its term')
        break
      case MessageType.voteResp:
      case MessageType.preVoteResp:
        assert(message.term !== 0, 'a vote without its term')
        this.#promise(message)
        return
      case MessageType.prop:
      case MessageType.readIndex:
        // On their way to a leader, of whatever term that is.
        assert(message.term === 0, 'a forwarded request belongs to no term')
        break
      case MessageType.appResp:
        message.term = this.term
        this.#promise(message)
        return
      default:
        message.term = this.term
    }
    assert(message.to !== this.id, 'a message to oneself that waits for nothing')
    this.messages = withMessage(this.messages, message)
  }

  /** Must not leave before what it promises is on disk. */
  #promise(message: Message): void {
    this.#spellOut()
    this.messagesAfterAppend = withMessage(this.messagesAfterAppend, message)
  }

  /** The promise to itself takes its place among the others, which are kept in order. */
  #spellOut(): void {
    if (this.ownAppended === 0) return
    const acknowledgement = this.ownAcknowledgement(this.term, this.ownAppended)
    this.ownAppended = 0
    this.messagesAfterAppend = withMessage(this.messagesAfterAppend, acknowledgement)
  }

  addReadState(index: number, context: Uint8Array): void {
    if (this.readStates.length === 0) this.readStates = [{ index, context }]
    else (this.readStates as ReadState[]).push({ index, context })
  }
}
