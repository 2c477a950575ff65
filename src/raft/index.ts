/**
 * One Raft group's member as a function: messages and ticks in, `Ready` out.
 *
 * **For.** Agreement on a log among the members of a group, as Diego Ongaro's thesis describes it ("the thesis" in the
 * comments), with the behaviour of etcd's raft library: pre-vote, check-quorum, learners, joint consensus, transfer of
 * leadership, read index, flow control by probe, replicate and snapshot, limits in messages and bytes, asynchronous
 * storage writes.
 *
 * **Promises.** What is in some Ready's `committedEntries` is in the log of every member that will ever lead, at the
 * same index. The same inputs give the same outputs: no clock, no chance but the `Random` that is passed in. A node at
 * rest holds no buffers. A bug falls as an `AssertionError`; then this member is not to be used any more.
 *
 * **Refuses.** To wait, to write, to read a clock. Proposals when it does not lead and forwarding is off, or when a
 * limit is reached: `false`, and nobody will hear of them. A proposal that was taken may be lost still, by a change of
 * leader: only its commit says otherwise.
 *
 * **The host** makes one `RawNode` per member and then, again and again:
 *
 * 1. calls `tick` at a steady pace, `step` for each message from others, `propose…` and `readIndex` as it likes;
 * 2. if `hasReady`, takes `ready()`, and does what the comment of `Ready` says, in that order;
 * 3. synchronous mode: calls `advance` when all of it is done; asynchronous mode: may take further Readys at once,
 *    calls `appended` when the writes of one are synced, in order, and sends what that returns; calls `appliedTo` when
 *    its committed entries are applied, in order;
 * 4. decodes committed entries of the types `confChange` and `confChangeV2`, and gives each to `applyConfChange` before
 *    it acknowledges their application;
 * 5. implements `RaftStorage` over what it has written. Entries may be compacted once they are applied.
 *
 * A restart: the last stored `HardState`, the applied index with the configuration as of it, and the storage.
 */

export {
  addLearnerNode,
  addNode,
  asV2,
  type ConfChange,
  type ConfChangeSingle,
  ConfChangeTransition,
  ConfChangeType,
  type ConfChangeV2,
  confChangeEntryType,
  confChangeV2,
  contextOf,
  decodeConfChange,
  encodeConfChange,
  leaveJointChange,
  removeNode,
} from './conf-change.ts'
export type { RaftConfig } from './config.ts'
export { describeConfiguration, describeProgress } from './describe.ts'
export { Entry, EntryType, NO_ENTRIES } from './entry.ts'
export type { Logger } from './logger.ts'
export { MemoryStorage } from './memory-storage.ts'
export { APPEND_THREAD, APPLY_THREAD, Message, MessageType, messageTypeName, NO_MESSAGES, NONE } from './message.ts'
export { ProgressState, type ProgressView } from './progress.ts'
export type { ReadState } from './raft.ts'
export { RawNode } from './raw-node.ts'
export type { Ready } from './ready.ts'
export {
  type ConfState,
  confStateEqual,
  emptyConfState,
  type HardState,
  type Snapshot,
  type SoftState,
  StateType,
  stateName,
} from './state.ts'
export type { StepResult } from './step.ts'
export { COMPACTED, type RaftStorage, UNAVAILABLE } from './storage.ts'
