/**
 * The order of one connection, beyond a single group: two commands of a connection that lie in one cell, or of which one
 * is for the whole keyspace, take effect in the order sent, whatever their keys. (Between cells that holds only for a
 * client that waits, or with strict order, where a command is held until earlier *writes* to other cells are answered.)
 *
 * The groups are judged one by one, so what joins them is told to each as a *deadline*: when a later command of the
 * connection was seen to have taken effect, by whomever, the earlier one had, too, though its own reply may have come
 * long after. Whoever then still meets the state before it has met what could not be.
 *
 *     connection 1   SET a 1 ──────────────────────── OK        a and b lie in one cell
 *                      SET b 2 ────────────────────── OK
 *     connection 2                GET b → 2 ┤                   the deadline of SET a: b's 2 was seen
 *     connection 3                            GET a → nil       refused
 *
 * A value that was written once is evidence of its write; that it was *not* yet seen is none.
 */
import { isError, type Operation } from './history.ts'
import { commandModel } from './model.ts'

export interface SessionOrder {
  /** Which cell a key lay in, all the time; null: not known, or not always in the same. */
  cellOf(key: string): string | number | null
  /** Connection order *strict*. */
  readonly strict: boolean
}

/** By when an operation's part on a key had taken effect; null asks for its part on every key there is. */
export type Deadlines = (operation: Operation, key: string | null) => number

export const noDeadlines: Deadlines = (operation) => operation.returnedAt

export function keysOf(operation: Operation): readonly string[] {
  const { command } = operation
  const model = commandModel(command)
  if (model.keys === 'keyspace') return []
  if (model.keys === 'first') return [command[1] as string]
  return command.filter((_, i) => i > 0 && (model.keys === 'all' || i % 2 === 1))
}

export function sessionDeadlines(operations: readonly Operation[], order: SessionOrder): Deadlines {
  const seenAt = sightings(operations)
  const byConnection = new Map<number, Operation[]>()
  for (const operation of operations) {
    if (operation.outcome === 'notExecuted') continue
    const sent = byConnection.get(operation.connection)
    if (sent === undefined) byConnection.set(operation.connection, [operation])
    else sent.push(operation)
  }
  const deadlines = new Map<Operation, Map<string | number | null, number>>()
  for (const sent of byConnection.values()) {
    sent.sort((a, b) => b.sequence - a.sequence)
    /** By cell, of what was sent later. Null: whatever its cell. */
    const bounds = new Map<string | number | null, number>()
    const bound = (cell: string | number | null, atMost: number) =>
      bounds.set(cell, Math.min(bounds.get(cell) ?? Number.POSITIVE_INFINITY, atMost))
    for (const operation of sent) {
      const model = commandModel(operation.command)
      const anywhere = bounds.get(null) ?? Number.POSITIVE_INFINITY
      const own = new Map<string | number | null, number>()
      const tighten = (cell: string | number | null, atMost: number) => {
        if (atMost < operation.returnedAt) own.set(cell, atMost)
      }
      if (operation.outcome === 'done') {
        if (model.keys === 'keyspace' || (order.strict && model.writes)) tighten(null, anywhere)
        for (const key of keysOf(operation)) {
          const cell = order.cellOf(key)
          if (cell !== null) tighten(cell, bounds.get(cell) ?? Number.POSITIVE_INFINITY)
        }
        if (own.size > 0) deadlines.set(operation, own)
      }
      for (const key of keysOf(operation)) {
        const atMost = Math.min(operation.returnedAt, seenAt.get(operation)?.get(key) ?? Number.POSITIVE_INFINITY)
        const cell = order.cellOf(key)
        if (cell !== null) bound(cell, atMost)
        bound(null, atMost)
      }
    }
  }
  return (operation, key) => {
    const own = deadlines.get(operation)
    if (own === undefined) return operation.returnedAt
    const cell = key === null ? null : order.cellOf(key)
    const atMost = Math.min(
      own.get(null) ?? Number.POSITIVE_INFINITY,
      cell === null ? Number.POSITIVE_INFINITY : (own.get(cell) ?? Number.POSITIVE_INFINITY),
    )
    return Math.min(operation.returnedAt, atMost)
  }
}

/** By write and key: when the earliest reply came that showed its value. */
function sightings(operations: readonly Operation[]): Map<Operation, Map<string, number>> {
  const writers = new Map<string, Operation | null>()
  for (const operation of operations) {
    if (operation.outcome === 'notExecuted') continue
    for (const [key, value] of written(operation)) {
      const name = `${key}\0${value}`
      // Written twice, it is evidence of neither.
      writers.set(name, writers.has(name) ? null : operation)
    }
  }
  const seenAt = new Map<Operation, Map<string, number>>()
  for (const reader of operations) {
    if (reader.outcome !== 'done' || isError(reader.reply)) continue
    for (const [key, value] of shown(reader)) {
      const writer = writers.get(`${key}\0${value}`)
      if (!writer || writer === reader) continue
      let own = seenAt.get(writer)
      if (own === undefined) {
        own = new Map()
        seenAt.set(writer, own)
      }
      own.set(key, Math.min(own.get(key) ?? Number.POSITIVE_INFINITY, reader.returnedAt))
    }
  }
  return seenAt
}

function written({ command }: Operation): [string, string][] {
  if (command[0] === 'SET') return [[command[1] as string, command[2] as string]]
  if (command[0] !== 'MSET') return []
  const pairs: [string, string][] = []
  for (let i = 1; i < command.length; i += 2) pairs.push([command[i] as string, command[i + 1] as string])
  return pairs
}

function shown({ command, reply }: Operation): [string, string][] {
  if (command[0] === 'GET' && typeof reply === 'string') return [[command[1] as string, reply]]
  if (command[0] !== 'MGET' || !Array.isArray(reply)) return []
  return reply.flatMap((value, i) => (typeof value === 'string' ? [[command[i + 1] as string, value]] : []))
}
