import { assert } from '../base/index.ts'
import { describeProgress, hex } from './describe.ts'
import { NO_ENTRIES, payloadBytesOf } from './entry.ts'
import { Message, MessageType } from './message.ts'
import { type Progress, ProgressState } from './progress.ts'
import type { Raft } from './raft.ts'

/**
 * How a leader brings its log to the others: appends, a snapshot where the log no longer reaches, heartbeats.
 * Peers are served in ascending order of their ids.
 */

/**
 * Sends what `progress` allows: the entries from its `next` on, up to the limit of a message. Without entries
 * (there are none, or the window is full) the append goes only `evenIfEmpty`; it then carries the commit index, and
 * draws an answer that a follower whose appends were all lost owes us. Returns whether a message has left.
 */
export function sendAppend(raft: Raft, progress: Progress, evenIfEmpty: boolean): boolean {
  if (progress.isPaused) return false
  const log = raft.log
  if (!evenIfEmpty && progress.next > log.lastIndex()) return false
  const previousIndex = progress.next - 1
  const previousTerm = log.term(previousIndex)
  if (previousTerm < 0) return sendSnapshot(raft, progress)

  let entries = NO_ENTRIES
  if (progress.state !== ProgressState.replicate || !progress.isInflightFull) {
    const found = log.entriesFrom(progress.next, raft.entryBytesMax)
    if (found === null) return sendSnapshot(raft, progress)
    entries = found
  }
  if (entries.length === 0 && !evenIfEmpty) return false

  const append = new Message(MessageType.app, progress.id)
  append.index = previousIndex
  append.logTerm = previousTerm
  append.entries = entries
  append.commit = log.committed
  raft.send(append)
  progress.sentEntries(entries.length, payloadBytesOf(entries))
  progress.sentCommit = log.committed
  return true
}

/** The entries that this follower needs are compacted away. */
function sendSnapshot(raft: Raft, progress: Progress): boolean {
  // A snapshot is much to send to somebody who may not be there.
  if (!progress.recentActive) {
    raft.logger?.debug(`ignore sending snapshot to ${hex(progress.id)} since it is not recently active`)
    return false
  }
  const snapshot = raft.log.snapshot()
  if (snapshot === null) {
    raft.logger?.debug(
      `${hex(raft.id)} failed to send snapshot to ${hex(progress.id)} because snapshot is temporarily unavailable`,
    )
    return false
  }
  assert(snapshot.index > 0, 'an empty snapshot to send')
  raft.logger?.debug(
    `${hex(raft.id)} [firstindex: ${raft.log.firstIndex()}, commit: ${raft.log.committed}] ` +
      `sent snapshot[index: ${snapshot.index}, term: ${snapshot.term}] to ${hex(progress.id)} [${describeProgress(progress)}]`,
  )
  progress.becomeSnapshot(snapshot.index)
  raft.logger?.debug(
    `${hex(raft.id)} paused sending replication messages to ${hex(progress.id)} [${describeProgress(progress)}]`,
  )
  const message = new Message(MessageType.snap, progress.id)
  message.snapshot = snapshot
  raft.send(message)
  return true
}

export function broadcastAppend(raft: Raft, evenIfEmpty = true): void {
  const members = raft.tracker.progress
  for (let i = 0; i < members.length; i++) {
    if (members[i]!.id !== raft.id) sendAppend(raft, members[i]!, evenIfEmpty)
  }
}

/** `context` names the read that waits for this round, if one does. */
export function broadcastHeartbeat(raft: Raft, context: Uint8Array | null): void {
  for (const progress of raft.tracker.progress) {
    if (progress.id === raft.id) continue
    const heartbeat = new Message(MessageType.heartbeat, progress.id)
    // No further than the follower is known to agree: what it holds beyond may be what will be overwritten.
    heartbeat.commit = Math.min(progress.match, raft.log.committed)
    heartbeat.context = context
    raft.send(heartbeat)
    progress.sentCommit = heartbeat.commit
  }
}

/** The end of a transfer of leadership: `to` is up to date and need not wait for a timeout. */
export function sendTimeoutNow(raft: Raft, to: number): void {
  raft.send(new Message(MessageType.timeoutNow, to))
}
