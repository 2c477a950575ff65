/** What clients send and hear is noted here, in the form in which it is judged: by simulated clients and by real ones. */
import { assert, latin1 } from '../../src/base/index.ts'
import { ReplyError, type Reply as WireReply } from '../../src/redis/index.ts'
import type { Operation, Reply } from '../check/index.ts'

/** What an error reply says of the command's fate; every other code is an answer of the command itself. */
const notExecuted = new Set(['UNAVAILABLE', 'BUSY', 'MISCONF', 'LOADING', 'CROSSCELL', 'TOOBIG'])

/** All operations of a run, and the one order of what happened to them. */
export class History {
  readonly operations: Operation[] = []
  #events = 0
  #connections = 0

  nextConnection(): number {
    return ++this.#connections
  }

  /** Of unknown fate until a reply says more. */
  sent(connection: number, sequence: number, command: readonly string[], nowMs: number): Operation {
    const operation: Operation = {
      connection,
      sequence,
      command,
      invokedAt: ++this.#events,
      returnedAt: Number.POSITIVE_INFINITY,
      invokedMs: nowMs,
      returnedMs: Number.POSITIVE_INFINITY,
      outcome: 'unknown',
      reply: null,
    }
    this.operations.push(operation)
    return operation
  }

  returned(operation: Operation, reply: WireReply, nowMs: number): void {
    operation.returnedAt = ++this.#events
    operation.returnedMs = nowMs
    operation.reply = plainReply(reply)
    if (!(reply instanceof ReplyError)) operation.outcome = 'done'
    else if (notExecuted.has(reply.code)) operation.outcome = 'notExecuted'
    else if (reply.code !== 'UNKNOWN') operation.outcome = 'done'
  }
}

function plainReply(reply: WireReply): Reply {
  if (reply instanceof Uint8Array) return latin1(reply)
  if (reply instanceof ReplyError) return { error: reply.code }
  if (Array.isArray(reply)) return reply.map(plainReply)
  if (typeof reply === 'bigint') return Number(reply)
  assert(
    typeof reply === 'string' || typeof reply === 'number' || reply === null,
    'a reply of a kind that no command has',
  )
  return reply
}
