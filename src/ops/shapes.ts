/** The nouns as HTTP shows them, and lists in pages. Pure. */
import type { ExecutorInspection } from '../actor/index.ts'
import { compareBytes } from '../base/index.ts'
import type { Cell, OperatorInfo, StoreInfo, WorldCell } from '../model/index.ts'

type KeyShape = { utf8: string } | { base64: string }

interface Page<T> {
  items: T[]
  next: string | null
}

export const LIMIT_DEFAULT = 100
/** A page is made in one go on the main thread: this many cells take two or three milliseconds. */
export const LIMIT_MAX = 1000

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Text where the bytes are text, so that people can read it; exact in either case. */
function keyShape(key: Uint8Array): KeyShape {
  try {
    return { utf8: decoder.decode(key) }
  } catch {
    return { base64: Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('base64') }
  }
}

/** A key as it is shown; null when it is not one. */
export function keyOf(shape: unknown): Uint8Array | null {
  if (typeof shape !== 'object' || shape === null || Object.keys(shape).length !== 1) return null
  const { utf8, base64 } = shape as { utf8?: unknown; base64?: unknown }
  if (typeof utf8 === 'string') return new TextEncoder().encode(utf8)
  if (typeof base64 !== 'string' || !/^[A-Za-z0-9+/]*={0,2}$/.test(base64)) return null
  return Uint8Array.from(Buffer.from(base64, 'base64'))
}

/**
 * A cell. `system`: of the keys of the server itself, which lie beside those of users; `start` and `end` are null where
 * the range is open; `leader` is the id of a store, null while unknown; sizes in bytes, and `keys`, are approximate.
 * `load` is what it usually costs its leader; `cpu` is a share of one thread.
 */
export type CellShape = ReturnType<typeof cellShape>

/** Null: the first key, or behind the last one. */
export function rangeShape({ start, end, epoch }: Cell) {
  return {
    start: start.length === 0 ? null : keyShape(start),
    end: end === null ? null : keyShape(end),
    epoch: { version: epoch.version, confVer: epoch.confVer },
  }
}

function cellShape({ cell, leaderStore, sizeBytes, keys, usual }: WorldCell) {
  return {
    id: cell.id,
    system: cell.system,
    ...rangeShape(cell),
    peers: cell.peers.map((peer) => ({ id: peer.id, store: peer.store, role: peer.role })),
    leader: leaderStore === 0 ? null : leaderStore,
    sizeBytes,
    keys,
    load: {
      commandsPerSecond: Math.round(usual?.commands ?? 0),
      bytesPerSecond: Math.round(usual?.bytes ?? 0),
      cpu: usual?.cpu ?? 0,
    },
  }
}

/** A store: where it is, how it is, and how many cells and leaders it has. Sizes in bytes, approximate. */
export type StoreShape = ReturnType<typeof storeShape>

export function storeShape(store: StoreInfo) {
  const { store: id, executor, dir, labels, state, cells, leaders, sizeBytes } = store
  const { leaderWeight, cellWeight, evictLeaders, slow, health = null } = store
  const settings = { leaderWeight, cellWeight, evictLeaders, slow }
  return { id, executor, dir, labels, state, cells, leaders, sizeBytes, ...settings, health }
}

export function operatorShape(operator: OperatorInfo) {
  const { id, kind, by, cell, reason, steps, progress, ageMs, outcome } = operator
  return { id, kind, by, cell, reason, steps, progress, ageMs: Math.round(ageMs), outcome }
}

/** The last executor is the main thread. */
export function executorShape(executor: ExecutorInspection, executors: number) {
  return {
    id: executor.executor,
    role: executor.executor === executors ? 'main' : 'worker',
    state: executor.state,
    incarnation: executor.incarnation,
    threadId: executor.threadId,
    utilization: executor.utilization,
    longestPassMs: executor.longestPassMs,
    timerLatenessMs: executor.timerLatenessMs,
    passes: executor.passes,
    messages: executor.messages,
    turns: executor.turns,
    deadLetters: executor.deadLetters,
    actors: executor.actors.map(({ name, definition, mailbox, mailboxMax, handled, restarts }) => ({
      name,
      // Without the path of the module: what it is called there says enough, and the path tells of the machine.
      definition: definition.slice(definition.lastIndexOf('#') + 1),
      mailbox,
      mailboxMax,
      handled,
      restarts,
    })),
    lanes: executor.lanes.map((lane) => ({ ...lane })),
  }
}

/** A place in the list of cells: system cells first, then by their first key. Goes on behind it when the cell is gone. */
function cellCursor({ cell }: WorldCell): string {
  return `${cell.system ? 's' : 'u'}${Buffer.from(cell.start).toString('base64url')}`
}

export function cellsPage(
  cells: readonly WorldCell[],
  system: boolean,
  limit: number,
  after: string | null,
): Page<CellShape> {
  const sorted = cells
    .filter(({ cell }) => system || !cell.system)
    .sort((a, b) => Number(b.cell.system) - Number(a.cell.system) || compareBytes(a.cell.start, b.cell.start))
  let from = 0
  if (after !== null) {
    const afterSystem = after.startsWith('s')
    const afterKey = Buffer.from(after.slice(1), 'base64url')
    const behind = ({ cell }: WorldCell) =>
      cell.system === afterSystem ? compareBytes(cell.start, afterKey) > 0 : afterSystem
    from = sorted.findIndex(behind)
    if (from < 0) from = sorted.length
  }
  const items = sorted.slice(from, from + limit)
  const last = items[items.length - 1]
  const next = last !== undefined && from + limit < sorted.length ? cellCursor(last) : null
  return { items: items.map(cellShape), next }
}

/** Every cell of the users, in the order of their keys. */
export function cellShapes(cells: readonly WorldCell[]): CellShape[] {
  return cellsPage(cells, false, Infinity, null).items
}

/** A list in the order of its ids; the cursor is the last id shown. */
export function pageById<T, S extends { id: number }>(
  all: readonly T[],
  shape: (item: T) => S,
  limit: number,
  after: string | null,
): Page<S> {
  const sorted = all.map(shape).sort((a, b) => a.id - b.id)
  const rest = after === null ? sorted : sorted.filter((item) => item.id > Number(after))
  const items = rest.slice(0, limit)
  return { items, next: rest.length > limit ? String((items[items.length - 1] as S).id) : null }
}
