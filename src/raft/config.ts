import { assert } from '../base/index.ts'
import { NONE } from './message.ts'
import type { ConfState, HardState } from './state.ts'

/** What a node is told when it is made. Limits may be `Infinity`. */
export interface RaftConfig {
  /** Above 0, never used twice in a group. */
  id: number
  /** Ticks without a word from a leader until a follower campaigns; the actual number is drawn from here to twice that, less one. */
  electionTicks: number
  /** Ticks between a leader's heartbeats; below `electionTicks`. */
  heartbeatTicks: number
  /** As it was stored last; all zero for a new node. Its commit index may be older than `applied`. */
  hardState: HardState
  /** The configuration as of `applied`: of the snapshot, with the changes since that were applied. */
  confState: ConfState
  /** The last index that the host has applied, not below what the storage has compacted. 0: nothing but that. */
  applied: number
  /** Encoded bytes of the entries of one append; at least one entry goes. 0: one entry each. */
  entryBytesMax: number
  /** Appends on their way to one follower. */
  inflightMessagesMax: number
  /** Payload bytes on their way to one follower. 0: no limit. */
  inflightBytesMax: number
  /** Payload bytes that a leader takes without having applied them; one proposal of any size is always taken. */
  uncommittedBytesMax: number
  /** Encoded bytes handed out to be applied and not yet acknowledged; at least one entry goes. */
  committedBytesPerReadyMax: number
  /** Ask before raising the term, so that who cannot win does not disturb (thesis §9.6). */
  preVote: boolean
  /** A leader steps down when it has not heard from a quorum for `electionTicks`, and votes are refused while one is heard (thesis §6.4). */
  checkQuorum: boolean
  /** A leader that is removed or made a learner steps down when it applies that. */
  stepDownOnRemoval: boolean
  /** Followers refuse proposals instead of sending them on. */
  disableProposalForwarding: boolean
  /** Trust the host to propose only configuration changes that make sense. */
  disableConfChangeValidation: boolean
  /**
   * A commit index is told with the next entries or the next heartbeat, and in no append of its own, unless members
   * change. Where entries are small and groups are many, such appends and their answers are half of all messages. A host
   * that wants followers to hear of one at once says `announceCommit`.
   */
  quietCommit: boolean
  /** Several Readys may be under way: `appended` and `appliedTo` in place of `advance`. */
  asyncStorageWrites: boolean
  /** `safe`: a round to a quorum for each read. `leaseBased`: trusts the ticks; needs `checkQuorum`. */
  readOnlyOption: 'safe' | 'leaseBased'
}

export function checkConfig(config: RaftConfig): void {
  assert(config.id > NONE, 'the id of a node must be above 0')
  assert(config.heartbeatTicks > 0, 'the heartbeat must take at least one tick')
  assert(config.electionTicks > config.heartbeatTicks, 'an election must take more ticks than a heartbeat')
  assert(config.inflightMessagesMax > 0, 'at least one append must be allowed on its way')
  assert(config.uncommittedBytesMax > 0, 'the limit of uncommitted bytes must be above 0')
  assert(config.committedBytesPerReadyMax > 0, 'the limit of committed bytes must be above 0')
  assert(config.checkQuorum || config.readOnlyOption === 'safe', 'reads under a lease need the check of the quorum')
}
