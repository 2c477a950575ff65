/** What clients did and saw: the only evidence that the checker takes. */

/** An error reply, by its code: the first word. */
export interface ErrorReply {
  readonly error: string
}

/** A reply as a client understands it; strings are bytes, a character each. */
export type Reply = string | number | null | ErrorReply | readonly Reply[]

/**
 * * `done`: the reply is the command's own, an error that depends on data included.
 * * `notExecuted`: refused, or never sent whole: it must have no effect.
 * * `unknown`: it may have taken effect at any time after it was sent, also long after, or never.
 */
export type Outcome = 'done' | 'notExecuted' | 'unknown'

export interface Operation {
  /** A connection that is opened again is another connection. */
  readonly connection: number
  /** Its place among the commands of its connection, in the order in which they were sent. */
  readonly sequence: number
  /** The name in upper case, then the arguments as bytes, a character each. */
  readonly command: readonly string[]
  /**
   * Places in the one order of all events of the history. Not times: two events of one virtual instant still have an
   * order, and a reply that a client saw before it sent its next command came first.
   */
  readonly invokedAt: number
  /** Infinity when no reply came. */
  returnedAt: number
  /** The same in milliseconds of the wall clock: what times to live are judged by. */
  readonly invokedMs: number
  returnedMs: number
  outcome: Outcome
  /** Of no meaning unless `done`. */
  reply: Reply
}

export function isError(reply: Reply): reply is ErrorReply {
  return typeof reply === 'object' && reply !== null && 'error' in reply
}

export function equalReplies(a: Reply, b: Reply): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if ('error' in a || 'error' in b) return 'error' in a && 'error' in b && a.error === b.error
  return a.length === b.length && a.every((element, i) => equalReplies(element, b[i] as Reply))
}

export function formatReply(reply: Reply): string {
  if (typeof reply === 'string') return JSON.stringify(reply.length > 60 ? `${reply.slice(0, 57)}…` : reply)
  if (reply === null) return 'nil'
  if (typeof reply === 'number') return String(reply)
  return 'error' in reply ? `-${reply.error}` : `[${reply.map(formatReply).join(' ')}]`
}

/** As it is where that can be read, as a JSON string where it cannot. */
function formatWord(word: string): string {
  const short = word.length > 60 ? `${word.slice(0, 57)}…` : word
  return /^[!-~…]+$/.test(short) ? short : JSON.stringify(short)
}

/** One line for people: who, when, what, and what came of it. */
export function formatOperation(operation: Operation): string {
  const { connection, sequence, command, invokedMs, returnedMs, outcome, reply } = operation
  const words = command.map(formatWord).join(' ')
  const times = `${invokedMs.toFixed(3)} … ${Number.isFinite(returnedMs) ? returnedMs.toFixed(3) : 'never'}`
  return `#${connection}.${sequence} [${times}] ${words} → ${outcome === 'done' ? formatReply(reply) : outcome}`
}
