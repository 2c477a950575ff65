import { assert, type Random } from '../base/index.ts'
import { asV2, type ConfChange, type ConfChangeV2, confChangeEntryType, encodeConfChange } from './conf-change.ts'
import type { RaftConfig } from './config.ts'
import { Entry, EntryType } from './entry.ts'
import type { Logger } from './logger.ts'
import { applyConfChange, forceConfiguration } from './membership.ts'
import { Message, MessageType, NO_MESSAGES, NONE } from './message.ts'
import type { ProgressView } from './progress.ts'
import { entriesApplied, proposalBudgetBytes, proposeAtLeader, proposeOne } from './proposals.ts'
import { NO_READ_STATES, Raft } from './raft.ts'
import { Rarities, Ready } from './ready.ts'
import { broadcastAppend } from './replication.ts'
import { type ConfState, type HardState, type Snapshot, type SoftState, StateType } from './state.ts'
import { hear, ownAppended, release, type StepResult, step, storageAppended, tick } from './step.ts'
import type { RaftStorage } from './storage.ts'

// Constants of the module itself are folded into the code; these are asked for with every entry.
const LEADER = StateType.leader
const NORMAL = EntryType.normal
const NO_RARITIES = new Rarities(null, NO_READ_STATES, null)

/** One member of a Raft group, as its host sees it. See the plaque of `index.ts` for who does what in which order. */
export class RawNode {
  readonly #raft: Raft
  readonly #asyncStorageWrites: boolean
  // What the last Ready told, so that the next tells what is new.
  #previousLeader: number
  #previousState: StateType
  #previousTerm: number
  #previousVote: number
  #previousCommit: number
  #readyCount: number
  /** The number of the last Ready with promises, and of the last that was acknowledged. */
  #lastWithPromises: number
  #lastAppended: number
  /** Synchronous mode: the Ready that waits for `advance`. */
  #unadvanced: Ready | null

  constructor(config: RaftConfig, storage: RaftStorage, random: Random, logger?: Logger) {
    const raft = new Raft(config, storage, random, logger ?? null)
    this.#raft = raft
    this.#asyncStorageWrites = config.asyncStorageWrites
    this.#previousLeader = raft.leader
    this.#previousState = raft.state
    this.#previousTerm = raft.term
    this.#previousVote = raft.vote
    this.#previousCommit = raft.log.committed
    this.#readyCount = 0
    this.#lastWithPromises = 0
    this.#lastAppended = 0
    this.#unadvanced = null
  }

  // What it is.

  get id(): number {
    return this.#raft.id
  }

  get term(): number {
    return this.#raft.term
  }

  /** Whom it voted for in this term, or 0. */
  get vote(): number {
    return this.#raft.vote
  }

  get state(): StateType {
    return this.#raft.state
  }

  get isLeader(): boolean {
    return this.#raft.state === LEADER
  }

  /** The leader of this term, or 0 while none is known. */
  get leader(): number {
    return this.#raft.leader
  }

  /** Whom leadership is being transferred to, or 0. */
  get leadTransferee(): number {
    return this.#raft.leadTransferee
  }

  get committed(): number {
    return this.#raft.log.committed
  }

  get applied(): number {
    return this.#raft.log.applied
  }

  get firstIndex(): number {
    return this.#raft.log.firstIndex()
  }

  get lastIndex(): number {
    return this.#raft.log.lastIndex()
  }

  /** The term of the entry at `index`, COMPACTED or UNAVAILABLE. The unstable tail is known, too. */
  termAt(index: number): number {
    return this.#raft.log.term(index)
  }

  /** Whether an entry of this term is committed: only then does a leader know the group's commit index. */
  get hasCommittedInTerm(): boolean {
    return this.#raft.hasCommittedInTerm
  }

  /** Ticks since it last heard from a leader, voted, or campaigned. */
  get electionElapsed(): number {
    return this.#raft.electionElapsed
  }

  /** The configuration in force. Read it; a change makes a new value. */
  get configuration(): Readonly<ConfState> {
    return this.#raft.tracker.configuration
  }

  get inJoint(): boolean {
    return this.#raft.tracker.isJoint
  }

  /** A voter of either half. */
  isVoter(id: number): boolean {
    return this.#raft.tracker.isVoter(id)
  }

  isLearner(id: number): boolean {
    return this.#raft.tracker.configuration.learners.includes(id)
  }

  /** What is known of a member's log. Of use at a leader only: elsewhere it is as old as the last election. */
  progress(id: number): ProgressView | undefined {
    return this.#raft.tracker.find(id)
  }

  /** All members, ascending by id. */
  get members(): readonly ProgressView[] {
    return this.#raft.tracker.progress
  }

  // What happens to it.

  /** Time passes. Not called while the group sleeps. */
  tick(): void {
    tick(this.#raft)
  }

  /** Wakes a sleeping node: it is as if that many ticks had passed since its leader was heard. */
  setElectionElapsed(ticks: number): void {
    this.#raft.electionElapsed = ticks
  }

  /** Overwrites the election timeout that was drawn, until the next is: for scenarios that are written down. */
  setRandomizedElectionTicks(ticks: number): void {
    this.#raft.randomizedElectionTicks = ticks
  }

  /** Begins an election now. */
  campaign(): void {
    step(this.#raft, new Message(MessageType.hup, NONE, this.id))
  }

  /** A message from another node, or from the host's storage work. It is not changed, and may be shared. */
  step(message: Message): StepResult {
    return hear(this.#raft, message)
  }

  /**
   * Payload bytes that a proposal may have now. 0: none would be taken (it does not lead, is no member, is handing
   * leadership over, or has too much under way). What is evaluated within it and proposed before anything else is
   * stepped is not dropped.
   */
  proposalBudgetBytes(): number {
    return proposalBudgetBytes(this.#raft)
  }

  /** False: dropped. The bytes belong to the log from now on. */
  propose(data: Uint8Array): boolean {
    return this.isLeader ? proposeOne(this.#raft, NORMAL, data) : this.#forward(NORMAL, data)
  }

  /** Several that follow one another in the log, all or none. For a leader only. */
  proposeAll(data: readonly Uint8Array[]): boolean {
    if (!this.isLeader) return false
    return proposeAtLeader(
      this.#raft,
      data.map((bytes) => new Entry(0, 0, EntryType.normal, bytes)),
    )
  }

  /**
   * False: dropped. A leader that finds the change wrong at this time appends an empty entry in its place: only a
   * committed entry of its type is a change that was agreed on.
   */
  proposeConfChange(change: ConfChange | ConfChangeV2): boolean {
    const type = confChangeEntryType(change)
    const data = encodeConfChange(change)
    return this.isLeader ? proposeOne(this.#raft, type, data) : this.#forward(type, data)
  }

  #forward(type: EntryType, data: Uint8Array): boolean {
    const proposal = new Message(MessageType.prop, NONE, this.id)
    proposal.entries = [new Entry(0, 0, type, data)]
    return step(this.#raft, proposal)
  }

  /** A committed change is applied: to be called for each, in the order of the log. Returns what is in force then. */
  applyConfChange(change: ConfChange | ConfChangeV2): ConfState {
    return applyConfChange(this.#raft, asV2(change))
  }

  /**
   * By order of a person, where a majority is gone for good: from now on these are the members, whatever the others
   * believe. It gives up every promise of Raft; the host sees to it that the others never speak again.
   */
  forceConfiguration(confState: ConfState): void {
    forceConfiguration(this.#raft, confState)
  }

  /** A leader's word to all on what is committed, where it would otherwise wait for the next entries or heartbeat. */
  announceCommit(): void {
    if (this.isLeader) broadcastAppend(this.#raft)
  }

  /** What the host knows from elsewhere: the entry that the log has at `index`, and all before it, is committed. */
  learnCommitted(index: number): void {
    this.#raft.log.commitTo(index)
  }

  /** Asks for an index that is safe to read at: it comes in a Ready's `readStates`, with that context. May be lost. */
  readIndex(context: Uint8Array): void {
    assert(context.length > 0, 'a read needs a context to be known again by')
    const request = new Message(MessageType.readIndex, NONE, NONE)
    request.entries = [new Entry(0, 0, EntryType.normal, context)]
    step(this.#raft, request)
  }

  /** Asks this leader, or the leader that it follows, to hand over to `to`. */
  transferLeadership(to: number): void {
    step(this.#raft, new Message(MessageType.transferLeader, NONE, to))
  }

  /** The leader is known to be gone: vote for another without waiting. */
  forgetLeader(): void {
    step(this.#raft, new Message(MessageType.forgetLeader, NONE))
  }

  /** The last message to `id` could not be sent. */
  reportUnreachable(id: number): void {
    step(this.#raft, new Message(MessageType.unreachable, NONE, id))
  }

  /** What became of the snapshot that was sent to `id`: to be called once for each, or its log stays where it is. */
  reportSnapshot(id: number, ok: boolean): void {
    const status = new Message(MessageType.snapStatus, NONE, id)
    status.reject = !ok
    step(this.#raft, status)
  }

  // What it wants.

  hasReady(): boolean {
    const raft = this.#raft
    return (
      raft.messages.length > 0 ||
      raft.messagesAfterAppend.length > 0 ||
      raft.ownAppended !== 0 ||
      raft.log.unstable.hasNextEntries() ||
      this.#hasNewHardState() ||
      raft.log.hasNextCommitted(!this.#asyncStorageWrites) ||
      this.#hasRarities()
    )
  }

  #hasRarities(): boolean {
    const { readStates, log } = this.#raft
    return this.#hasNewSoftState() || readStates.length > 0 || log.unstable.nextSnapshot() !== null
  }

  #hasNewHardState(): boolean {
    const raft = this.#raft
    return (
      raft.log.committed !== this.#previousCommit ||
      raft.term !== this.#previousTerm ||
      raft.vote !== this.#previousVote
    )
  }

  #hasNewSoftState(): boolean {
    return this.#raft.leader !== this.#previousLeader || this.#raft.state !== this.#previousState
  }

  /**
   * Hands out everything that is to be done, and takes it as under way. In one piece: were it shorter, the compiler would
   * put it into whoever calls it, and then has no room left there for the rest of an entry's way.
   */
  ready(): Ready {
    const raft = this.#raft
    const log = raft.log
    const unstable = log.unstable
    assert(this.#unadvanced === null, 'a Ready before the last was advanced')
    const allowUnstable = !this.#asyncStorageWrites
    const entries = unstable.nextEntries()
    const snapshot = unstable.nextSnapshot()
    const committedEntries = log.nextCommitted(allowUnstable)
    const { term, vote } = raft
    const mustSync = entries.length > 0 || term !== this.#previousTerm || vote !== this.#previousVote
    let hardState: HardState | null = null
    if (this.#hasNewHardState()) {
      hardState = { term, vote, commit: log.committed }
      this.#previousTerm = term
      this.#previousVote = vote
      this.#previousCommit = log.committed
    }
    const rarities = this.#hasRarities() ? this.#takeRarities(snapshot) : NO_RARITIES

    // Beyond what is handed out now there is nothing: it is the last entry that is told of, if there is something to tell.
    const tells = entries.length > 0 || hardState !== null || snapshot !== null || raft.messagesAfterAppend.length > 0
    const last = tells && unstable.entries.length > 0 ? unstable.last : null
    const ready = new Ready(
      ++this.#readyCount,
      rarities,
      hardState,
      entries,
      committedEntries,
      raft.messages,
      raft.messagesAfterAppend,
      raft.ownAppended !== 0,
      last === null ? 0 : last.index,
      last === null ? 0 : last.term,
      term,
      mustSync,
      this.#lastWithPromises,
    )
    raft.messages = NO_MESSAGES
    raft.messagesAfterAppend = NO_MESSAGES
    raft.ownAppended = 0
    unstable.acceptInProgress()
    log.acceptApplying(committedEntries, allowUnstable)
    if (ready.promises) this.#lastWithPromises = ready.number
    if (!this.#asyncStorageWrites) this.#unadvanced = ready
    return ready
  }

  #takeRarities(snapshot: Snapshot | null): Rarities {
    const raft = this.#raft
    const rarities = new Rarities(this.#hasNewSoftState() ? this.#takeSoftState() : null, raft.readStates, snapshot)
    raft.readStates = NO_READ_STATES
    return rarities
  }

  #takeSoftState(): SoftState {
    this.#previousLeader = this.#raft.leader
    this.#previousState = this.#raft.state
    return { leader: this.#previousLeader, state: this.#previousState }
  }

  /** Synchronous mode: the Ready that was taken last is done, written, synced, sent and applied. */
  advance(): void {
    const ready = this.#unadvanced
    assert(ready !== null, 'nothing to advance')
    this.#unadvanced = null
    this.#written(ready)
    entriesApplied(this.#raft, ready.committedEntries)
  }

  /**
   * Asynchronous mode: everything that `ready` wants written is on disk. Steps what it says to itself, and returns
   * what is to be sent now. In the order of the Readys; one that promises nothing may be left out.
   */
  appended(ready: Ready): readonly Message[] {
    assert(this.#asyncStorageWrites, 'synchronous storage writes are acknowledged by advance')
    assert(ready.number > this.#lastAppended, 'a Ready was acknowledged twice')
    assert(ready.appendsAfter <= this.#lastAppended, 'a Ready was acknowledged before an earlier one')
    this.#lastAppended = ready.number
    return this.#written(ready)
  }

  /** Steps what `ready` says to this node itself, and returns what it says to others. */
  #written(ready: Ready): readonly Message[] {
    const { afterSync, snapshot } = ready
    const onward = afterSync.length === 0 ? NO_MESSAGES : release(this.#raft, afterSync)
    if (ready.countsItself) ownAppended(this.#raft, ready.writtenTerm, ready.writtenIndex)
    if (ready.writtenIndex > 0 || snapshot !== null) {
      storageAppended(this.#raft, ready.writtenTerm, ready.writtenIndex, ready.writtenLogTerm, snapshot)
    }
    return onward
  }

  /** Asynchronous mode: the committed entries of `ready` are applied. In the order of the Readys. */
  appliedTo(ready: Ready): void {
    assert(this.#asyncStorageWrites, 'synchronous application is acknowledged by advance')
    entriesApplied(this.#raft, ready.committedEntries)
  }
}
