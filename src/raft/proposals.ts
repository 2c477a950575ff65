import { EMPTY } from '../base/index.ts'
import { asV2, decodeConfChange, isLeaveJoint } from './conf-change.ts'
import { describeConfChange, describeConfiguration, hex } from './describe.ts'
import { Entry, EntryType, encodedBytesOf, payloadBytesOf } from './entry.ts'
import { NONE } from './message.ts'
import type { Raft } from './raft.ts'
import { reconfigure } from './reconfigure.ts'
import { broadcastEntries } from './replication.ts'
import { StateType } from './state.ts'

/**
 * A proposal at the leader: numbered, appended, sent. And its other end: what is applied makes room for new ones,
 * and may be the moment to leave a joint configuration.
 */

const NORMAL = EntryType.normal

/** Appends the proposals, all or none, and sends them. Only type and data of `proposals` count. False: dropped. */
export function proposeAtLeader(raft: Raft, proposals: readonly Entry[]): boolean {
  if (proposals.length === 0 || !takesProposals(raft)) return false
  const first = raft.log.lastIndex() + 1
  const entries = proposals.map(({ type, data }, at) => numbered(raft, first + at, type, data))
  return append(raft, entries, first + entries.length - 1, payloadBytesOf(entries))
}

/** One proposal: the usual case, without a list and a message around it. */
export function proposeOne(raft: Raft, type: EntryType, data: Uint8Array): boolean {
  if (!takesProposals(raft)) return false
  const index = raft.log.lastIndex() + 1
  const entry = numbered(raft, index, type, data)
  return append(raft, [entry], index, entry.data.length)
}

/** Payload bytes that would be taken now; see `RawNode.proposalBudgetBytes`. */
export function proposalBudgetBytes(raft: Raft): number {
  if (raft.state !== StateType.leader || raft.leadTransferee !== NONE) return 0
  if (raft.own === undefined) return 0
  return Math.max(raft.uncommittedBytesMax - raft.uncommittedBytes, 0)
}

function takesProposals(raft: Raft): boolean {
  // Removed while it led: it goes on leading to commit what it has, and takes nothing new.
  if (raft.own === undefined) return false
  if (raft.leadTransferee === NONE) return true
  logTransfer(raft)
  return false
}

function logTransfer(raft: Raft): void {
  raft.logger?.debug(
    `${hex(raft.id)} [term ${raft.term}] transfer leadership to ${hex(raft.leadTransferee)} is in progress; dropping proposal`,
  )
}

/** The entry that a proposal becomes. */
function numbered(raft: Raft, index: number, type: EntryType, data: Uint8Array): Entry {
  return type === NORMAL ? new Entry(raft.term, index, type, data) : numberedChange(raft, index, type, data)
}

function numberedChange(raft: Raft, index: number, type: EntryType, data: Uint8Array): Entry {
  if (admitConfChange(raft, type, data, index)) return new Entry(raft.term, index, type, data)
  // An empty one in the place of a change that is refused: the number of entries is what the proposer expects.
  return new Entry(raft.term, index)
}

/** `last` is the index of the last of them, `bytes` that of their payloads. False: dropped. */
function append(raft: Raft, entries: readonly Entry[], last: number, bytes: number): boolean {
  if (!raft.hasRoomFor(bytes)) {
    logNoRoom(raft)
    return false
  }
  raft.uncommittedBytes += bytes
  raft.appendEntries(entries, last)
  broadcastEntries(raft, entries, last, bytes)
  return true
}

function logNoRoom(raft: Raft): void {
  raft.logger?.warn(
    `${hex(raft.id)} appending new entries to log would exceed uncommitted entry size limit; dropping proposal`,
  )
}

function admitConfChange(raft: Raft, type: EntryType, data: Uint8Array, index: number): boolean {
  const change = decodeConfChange(type, data)
  if (!raft.disableConfChangeValidation) {
    const v2 = asV2(change)
    let refusal: string | null = null
    if (raft.pendingConfIndex > raft.log.applied) {
      refusal = `possible unapplied conf change at index ${raft.pendingConfIndex} (applied to ${raft.log.applied})`
    } else if (raft.tracker.isJoint && !isLeaveJoint(v2)) {
      refusal = 'must transition out of joint config first'
    } else if (!raft.tracker.isJoint && v2.changes.length === 0) {
      refusal = 'not in joint state; refusing empty conf change'
    } else {
      // Nothing is pending, so the configuration it will meet is this one. What cannot be made must not be agreed on:
      // every peer would fall over it.
      refusal = reconfigure(raft.tracker, v2, raft.log.lastIndex()).refused
    }
    if (refusal !== null) {
      raft.logger?.info(
        `${hex(raft.id)} ignoring conf change ${describeConfChange(change)} ` +
          `at config ${describeConfiguration(raft.tracker.configuration)}: ${refusal}`,
      )
      return false
    }
  }
  raft.pendingConfIndex = index
  return true
}

/** The host has applied these entries, which a Ready gave it. */
export function entriesApplied(raft: Raft, entries: readonly Entry[]): void {
  if (entries.length === 0) return
  const bytes = raft.log.countsApplyingBytes ? encodedBytesOf(entries) : 0
  appliedTo(raft, entries[entries.length - 1]!.index, bytes)
  if (raft.uncommittedBytes > 0) {
    // Entries of earlier terms were never counted in: what is left may be too little, and never below nothing.
    raft.uncommittedBytes = Math.max(raft.uncommittedBytes - payloadBytesOf(entries), 0)
  }
}

/** The snapshot at `index` is on disk, and is the state of the state machine now. */
export function snapshotApplied(raft: Raft, index: number): void {
  raft.log.unstable.stableSnapshotTo(index)
  appliedTo(raft, index, 0)
}

function appliedTo(raft: Raft, index: number, bytes: number): void {
  // A snapshot may have overtaken entries that were being applied.
  raft.log.appliedTo(Math.max(index, raft.log.applied), bytes)
  const { autoLeave } = raft.tracker.configuration
  if (!autoLeave || raft.state !== StateType.leader || raft.log.applied < raft.pendingConfIndex) return
  leaveJointConfiguration(raft)
}

function leaveJointConfiguration(raft: Raft): void {
  // Without payload it fits always. It may be dropped in a transfer of leadership: then each entry that is applied
  // tries again, here or at the next leader.
  const configuration = raft.logger === null ? '' : describeConfiguration(raft.tracker.configuration)
  if (proposeOne(raft, EntryType.confChangeV2, EMPTY)) {
    raft.logger?.info(`initiating automatic transition out of joint configuration ${configuration}`)
  } else {
    raft.logger?.debug(
      `not initiating automatic transition out of joint configuration ${configuration}: raft proposal dropped`,
    )
  }
}
