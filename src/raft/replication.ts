import { assert } from '../base/index.ts'
import { describeProgress, hex } from './describe.ts'
import { type Entry, encodedBytesOf, NO_ENTRIES, payloadBytesOf } from './entry.ts'
import { Message, MessageType, withMessage, withTwoMessages } from './message.ts'
import { type Progress, ProgressState } from './progress.ts'
import type { Raft } from './raft.ts'

/**
 * How a leader brings its log to the others: appends, a snapshot where the log no longer reaches, heartbeats.
 * Peers are served in ascending order of their ids.
 */

// Known to the compiler where another module's are read each time.
const APPEND = MessageType.app
const REPLICATE = ProgressState.replicate

/**
 * Sends what `progress` allows: the entries from its `next` on, up to the limit of a message. Without entries
 * (there are none, or the window is full) the append goes only `evenIfEmpty`; it then carries the commit index, and
 * draws an answer that a follower whose appends were all lost owes us. Returns whether a message has left.
 */
export function sendAppend(raft: Raft, progress: Progress, evenIfEmpty: boolean): boolean {
  if (progress.isPaused) return false
  const { log } = raft
  const { next } = progress
  if (next > log.lastIndex() && !evenIfEmpty) return false
  const previousTerm = log.term(next - 1)
  if (previousTerm < 0) return sendSnapshot(raft, progress)

  let entries = NO_ENTRIES
  if (progress.state !== REPLICATE || !progress.isInflightFull) {
    const found = log.entriesFrom(next, raft.entryBytesMax)
    if (found === null) return sendSnapshot(raft, progress)
    entries = found
  }
  if (entries.length === 0 && !evenIfEmpty) return false
  raft.messages = withMessage(raft.messages, appendTo(raft, progress, previousTerm, entries))
  progress.sentEntries(entries.length, payloadBytesOf(entries))
  return true
}

/** An append behind `next - 1`, whose term is `previousTerm`. It is to be sent now. */
function appendTo(raft: Raft, progress: Progress, previousTerm: number, entries: readonly Entry[]): Message {
  const { committed } = raft.log
  const append = new Message(APPEND, progress.id, raft.id, raft.term)
  append.index = progress.next - 1
  append.logTerm = previousTerm
  append.entries = entries
  append.commit = committed
  progress.sentCommit = committed
  return append
}

/**
 * Sends entries that were appended just now, in one append each. Whose stream has come up to them gets them as they
 * are, all the same array; what any other needs, or must wait for, is found out for each.
 */
export function broadcastEntries(raft: Raft, entries: readonly Entry[], last: number, payloadBytes: number): void {
  const first = last - entries.length + 1
  const previousTerm = raft.log.term(first - 1)
  const isOneAppend = entries.length === 1 || encodedBytesOf(entries) <= raft.entryBytesMax
  const members = raft.tracker.progress
  // The usual two leave together: an outbox is made once for both.
  let held: Message | null = null
  for (let i = 0; i < members.length; i++) {
    const progress = members[i]!
    if (progress.id === raft.id) continue
    if (isOneAppend && progress.next === first && progress.isStreaming) {
      const append = appendTo(raft, progress, previousTerm, entries)
      progress.streamed(last, payloadBytes)
      if (held === null) {
        held = append
        continue
      }
      raft.messages = withTwoMessages(raft.messages, held, append)
      held = null
    } else {
      if (held !== null) raft.messages = withMessage(raft.messages, held)
      held = null
      sendAppend(raft, progress, true)
    }
  }
  if (held !== null) raft.messages = withMessage(raft.messages, held)
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
