/**
 * Judges tiny histories by trying everything: every order, every subset of what is of unknown fate, every millisecond at
 * which a command may have been evaluated. Too slow for anything else, and too plain to be wrong.
 */
import type { Operation, Reply } from './history.ts'

interface Entry {
  value: string
  /** Infinity: never. */
  diesMs: number
}

type World = ReadonlyMap<string, Entry>

/** Keys that share a world here are one group: the histories are made of them alone. */
export function bruteForce(operations: readonly Operation[], toleranceMs: number): boolean {
  const list = operations.filter((operation) => operation.outcome !== 'notExecuted')
  return explore(list, new Set(), new Map(), toleranceMs)
}

function explore(list: readonly Operation[], done: ReadonlySet<Operation>, world: World, toleranceMs: number): boolean {
  const left = list.filter((operation) => !done.has(operation))
  if (left.every((operation) => operation.outcome === 'unknown')) return true
  for (const next of left) {
    if (left.some((other) => other.outcome === 'done' && other.returnedAt < next.invokedAt)) continue
    if (left.some((other) => other.outcome === 'done' && before(other, next))) continue
    // An operation of unknown fate that was passed over by a later one of its connection can come no more.
    const passed = [...done, next].filter((other) => other.connection === next.connection)
    const after = new Set([...done, next])
    for (const other of left)
      if (other.outcome === 'unknown' && passed.some((later) => before(other, later))) after.add(other)
    const from = next.invokedMs - toleranceMs
    // Beyond the last instant in the history nothing new can be seen.
    const until = next.outcome === 'done' ? next.returnedMs + toleranceMs : from + 12
    for (let nowMs = from; nowMs <= until; nowMs++) {
      for (const [reply, changed] of run(next.command, world, nowMs)) {
        if (next.outcome === 'done' && JSON.stringify(reply) !== JSON.stringify(next.reply)) continue
        if (explore(list, after, changed, toleranceMs)) return true
      }
      if (!timed(list)) break
    }
  }
  return false
}

function before(a: Operation, b: Operation): boolean {
  return a.connection === b.connection && a.sequence < b.sequence
}

function timed(list: readonly Operation[]): boolean {
  return list.some((operation) => operation.command.includes('PX') || operation.command[0] === 'PEXPIRE')
}

/** At the very instant of its death a key may be seen either way. */
function run(command: readonly string[], world: World, nowMs: number): [Reply, World][] {
  const dying = [...world].filter(([, entry]) => entry.diesMs <= nowMs)
  const live = new Map(world)
  for (const [key] of dying) live.delete(key)
  const results: [Reply, World][] = [execute(command, new Map(live), nowMs)]
  if (dying.some(([, entry]) => entry.diesMs === nowMs)) {
    for (const [key, entry] of dying) if (entry.diesMs === nowMs) live.set(key, entry)
    results.push(execute(command, new Map(live), nowMs))
  }
  return results
}

function execute(command: readonly string[], world: Map<string, Entry>, nowMs: number): [Reply, World] {
  const [name, key, argument] = command as [string, string, string]
  const entry = world.get(key)
  const forever = Number.POSITIVE_INFINITY
  switch (name) {
    case 'GET':
      return [entry?.value ?? null, world]
    case 'SET': {
      if (command[3] === 'NX' && entry !== undefined) return [null, world]
      world.set(key, { value: argument, diesMs: command[3] === 'PX' ? nowMs + Number(command[4]) : forever })
      return ['OK', world]
    }
    case 'APPEND': {
      const value = (entry?.value ?? '') + argument
      world.set(key, { value, diesMs: entry?.diesMs ?? forever })
      return [value.length, world]
    }
    case 'DEL':
      return [world.delete(key) ? 1 : 0, world]
    case 'EXISTS':
      return [entry === undefined ? 0 : 1, world]
    case 'PEXPIRE':
      if (entry !== undefined) world.set(key, { value: entry.value, diesMs: nowMs + Number(argument) })
      return [entry === undefined ? 0 : 1, world]
    case 'PTTL': {
      const remaining = entry === undefined ? -2 : entry.diesMs === forever ? -1 : entry.diesMs - nowMs
      return [remaining, world]
    }
    case 'FLUSHALL':
      world.clear()
      return ['OK', world]
    case 'MSET':
      for (let i = 1; i < command.length; i += 2) {
        world.set(command[i] as string, { value: command[i + 1] as string, diesMs: forever })
      }
      return ['OK', world]
    case 'MGET':
      return [command.slice(1).map((wanted) => world.get(wanted)?.value ?? null), world]
    default:
      throw new Error(`no such command here: ${name}`)
  }
}
