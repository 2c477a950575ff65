/**
 * DBSIZE is a sum over all groups, so no group alone can judge it. It is judged where it is certain: a key counts as
 * there, or as gone, when an operation that shows it had returned before the DBSIZE was sent, and no other operation
 * that might change the key overlaps the time from that one's sending to the DBSIZE's return. Other keys may count or
 * not. So the check never refuses a legal history, and is exact when clients rest.
 *
 * On its own connection DBSIZE takes effect in its place: what was sent before it counts as returned, and what was sent
 * after it does not overlap it.
 */
import { isError, type Operation } from './history.ts'
import { commandModel } from './model.ts'

interface Touch {
  readonly operation: Operation
  /** Whether the key is there after it; null: it does not tell. */
  readonly present: boolean | null
  readonly writes: boolean
}

const timed = new Set(['EXPIRE', 'PEXPIRE'])

function mayExpire(command: readonly string[]): boolean {
  return (
    timed.has(command[0] as string) ||
    (command[0] === 'SET' && command.slice(3).some((word) => /^(EX|PX|EXAT|PXAT)$/i.test(word)))
  )
}

/** What a reply of this operation tells of its key number `i`, as it was left. */
function presence(operation: Operation, i: number): boolean | null {
  const { command, reply } = operation
  if (operation.outcome !== 'done' || isError(reply)) return null
  switch (command[0]) {
    case 'GET':
      return reply !== null
    case 'MGET':
      return Array.isArray(reply) ? reply[i] !== null : null
    case 'SET':
      if (reply === 'OK') return true
      if (command.includes('GET') || reply !== null) return null
      return command.includes('NX')
    case 'MSET':
    case 'APPEND':
    case 'INCR':
    case 'DECR':
    case 'INCRBY':
    case 'DECRBY':
      return true
    case 'DEL':
    case 'UNLINK':
    case 'FLUSHALL':
      return false
    default:
      return null
  }
}

/** A message for each DBSIZE that cannot be right. */
export function checkCounts(operations: readonly Operation[]): string[] {
  const counts = operations.filter((operation) => operation.command[0] === 'DBSIZE' && operation.outcome === 'done')
  if (counts.length === 0) return []

  const touches = new Map<string, Touch[]>()
  const flushes: Touch[] = []
  const expiring = new Set<string>()
  for (const operation of operations) {
    if (operation.outcome === 'notExecuted') continue
    const model = commandModel(operation.command)
    const { command } = operation
    if (model.keys === 'keyspace') {
      if (model.writes) flushes.push({ operation, present: presence(operation, 0), writes: true })
      continue
    }
    const stride = model.keys === 'pairs' ? 2 : 1
    const last = model.keys === 'first' ? 2 : command.length
    for (let at = 1; at < last; at += stride) {
      const key = command[at] as string
      const touch = { operation, present: presence(operation, (at - 1) / stride), writes: model.writes }
      const known = touches.get(key)
      if (known === undefined) touches.set(key, [touch])
      else known.push(touch)
      if (mayExpire(command)) expiring.add(key)
    }
  }

  const wrong: string[] = []
  for (const count of counts) {
    let there = 0
    let unsure = 0
    for (const [key, own] of touches) {
      const present = presenceAt(count, flushes.length === 0 ? own : [...own, ...flushes])
      if (present === null || (present && expiring.has(key))) unsure++
      else if (present) there++
    }
    const said = count.reply
    if (typeof said === 'number' && said >= there && said <= there + unsure) continue
    const right = unsure === 0 ? `${there}` : `${there} to ${there + unsure}`
    wrong.push(
      `DBSIZE #${count.connection}.${count.sequence} said ${JSON.stringify(said)}, and ${right} would be right`,
    )
  }
  return wrong
}

function presenceAt(count: Operation, touches: readonly Touch[]): boolean | null {
  let evidence: Touch | null = null
  let wasWritten = false
  for (const touch of touches) {
    const { operation } = touch
    if (isAfter(operation, count)) continue
    if (touch.writes) wasWritten = true
    if (touch.present === null || !isBefore(operation, count)) continue
    if (evidence === null || operation.invokedAt > evidence.operation.invokedAt) evidence = touch
  }
  if (!wasWritten) return false
  if (evidence === null) return null
  for (const touch of touches) {
    const { operation } = touch
    if (touch === evidence || !touch.writes || isAfter(operation, count)) continue
    if (operation.outcome === 'unknown' || !isBefore(operation, evidence.operation)) return null
  }
  return evidence.present
}

function isBefore(operation: Operation, other: Operation): boolean {
  if (operation.connection === other.connection) return operation.sequence < other.sequence
  return operation.returnedAt < other.invokedAt
}

function isAfter(operation: Operation, count: Operation): boolean {
  return operation.connection === count.connection
    ? operation.sequence > count.sequence
    : operation.invokedAt > count.returnedAt
}
