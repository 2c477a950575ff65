import { assert, EMPTY } from '../base/index.ts'
import { hex } from './describe.ts'
import { Message, MessageType, NO_MESSAGES, NONE, withMessage } from './message.ts'
import { VoteResult } from './quorum.ts'
import type { Raft } from './raft.ts'
import { broadcastHeartbeat } from './replication.ts'

/**
 * Reads without an entry (thesis §6.4): the leader notes its commit index, makes sure that it still leads, and says
 * that the read may be answered by whoever has applied that index.
 *
 * The request is a message whose one entry carries the context by which the host knows its read again.
 */

export function requestRead(raft: Raft, request: Message): void {
  // Before that, the commit index may lie behind what an earlier leader has committed and answered. That goes for a
  // group of one, too: the index that it stored may be old.
  if (!raft.hasCommittedInTerm) {
    raft.earlyReads = withMessage(raft.earlyReads, request)
    return
  }
  startRead(raft, request)
}

/** The commit index has moved, in this term. */
export function startEarlyReads(raft: Raft): void {
  if (!raft.hasCommittedInTerm) return
  const requests = raft.earlyReads
  raft.earlyReads = NO_MESSAGES
  for (const request of requests) startRead(raft, request)
}

function startRead(raft: Raft, request: Message): void {
  if (raft.leaseBasedReads || raft.tracker.isSingleton) {
    answerRead(raft, request, raft.log.committed)
    return
  }
  const context = contextOf(request)
  // Asked twice, it waits once; but the round is made again, for the first may have been lost.
  raft.readOnly.add(request, context, raft.log.committed)
  raft.readOnly.acknowledge(raft.id, context)
  broadcastHeartbeat(raft, context)
}

/** A heartbeat that named a read was answered. */
export function acknowledgeRead(raft: Raft, from: number, context: Uint8Array): void {
  if (raft.leaseBasedReads || context.length === 0) return
  const read = raft.readOnly.acknowledge(from, context)
  if (read === null || raft.tracker.acknowledgementResult(read.acknowledgedBy) !== VoteResult.won) return
  for (const { request, index } of raft.readOnly.releaseUpTo(read)) answerRead(raft, request, index)
}

function answerRead(raft: Raft, request: Message, index: number): void {
  if (request.from === NONE || request.from === raft.id) {
    raft.addReadState(index, contextOf(request))
    return
  }
  const answer = new Message(MessageType.readIndexResp, request.from)
  answer.index = index
  answer.entries = request.entries
  raft.send(answer)
}

/** A leader has answered a read that this node passed on. */
export function readAnswered(raft: Raft, answer: Message): void {
  if (answer.entries.length !== 1) {
    raft.logger?.error(
      `${hex(raft.id)} invalid format of MsgReadIndexResp from ${hex(answer.from)}, entries count: ${answer.entries.length}`,
    )
    return
  }
  raft.addReadState(answer.index, contextOf(answer))
}

function contextOf(message: Message): Uint8Array {
  assert(message.entries.length === 1, 'a read carries its context in one entry')
  return message.entries[0]?.data ?? EMPTY
}
