/**
 * Histories as text, a line for each operation: connection, from and until, command, reply.
 *
 * ```
 * 1  0-2   SET k a     OK
 * 2  3-4   GET k       a        the times are milliseconds, and the order of events too
 * 1  5-?   INCR n               sent, fate unknown
 * 1  6-x   INCR n               not executed
 * 2  7-8   MGET k n    [a nil]  also :1 for integers and -ERR for errors
 * ```
 * Two spaces or more part the columns. The commands of a connection were sent in the order of the lines.
 */
import type { Operation, Outcome, Reply } from './history.ts'

function parseReply(text: string): Reply {
  if (text === 'nil') return null
  if (text.startsWith(':')) return Number(text.slice(1))
  if (text.startsWith('-')) return { error: text.slice(1) }
  if (text.startsWith('[')) return text.slice(1, -1).split(' ').map(parseReply)
  return text
}

export function scenario(text: string): Operation[] {
  const operations: Operation[] = []
  const sent = new Map<number, number>()
  for (const line of text.split('\n')) {
    const columns = line.trim().split(/ {2,}/)
    if (columns.length < 3) continue
    const [connectionText, times, commandText, replyText] = columns as [string, string, string, string | undefined]
    const connection = Number(connectionText)
    const sequence = (sent.get(connection) ?? 0) + 1
    sent.set(connection, sequence)
    const [from, until] = times.split('-') as [string, string]
    const outcome: Outcome = until === '?' ? 'unknown' : until === 'x' ? 'notExecuted' : 'done'
    const returned = outcome === 'done' ? Number(until) : Number.POSITIVE_INFINITY
    operations.push({
      connection,
      sequence,
      command: commandText.split(' '),
      invokedAt: Number(from),
      returnedAt: returned,
      invokedMs: Number(from),
      returnedMs: returned,
      outcome,
      reply: replyText === undefined ? null : parseReply(replyText),
    })
  }
  return operations
}
