/** Cells and stores as HTTP shows them, and what is wished of them: whole, tiling, even. */

export interface CellShape {
  readonly id: number
  readonly start: unknown
  readonly end: unknown
  readonly leader: number | null
  readonly peers: readonly { readonly store: number; readonly role: string }[]
  readonly load: { readonly commandsPerSecond: number }
}

/** So many voters, each on a store of its own, and nobody else; and one of them leads. */
export function isWhole({ leader, peers }: Pick<CellShape, 'leader' | 'peers'>, replicas: number): boolean {
  const stores = new Set(peers.filter(({ role }) => role === 'voter').map(({ store }) => store))
  return peers.length === replicas && stores.size === replicas && leader !== null && stores.has(leader)
}

/** The list is in order of keys: the first begins at the beginning, each other where the one before it ends. */
export function tiles(cells: readonly CellShape[]): boolean {
  if (cells[0]?.start !== null) return false
  return cells.every((cell, i) => {
    const next = cells[i + 1]
    const end = JSON.stringify(cell.end)
    return next === undefined ? end === 'null' : end !== 'null' && end === JSON.stringify(next.start)
  })
}

export interface Evenness {
  /** Of each store, in the order that was given. */
  readonly counts: readonly number[]
  /** Between the store that has most and the one that has least. */
  readonly gap: number
  /** The standard deviation as a share of the mean. */
  readonly deviation: number
}

export function peersOf(cells: readonly CellShape[], stores: readonly number[]): Evenness {
  return evenness(stores, (store) => cells.filter(({ peers }) => peers.some((peer) => peer.store === store)).length)
}

export function leadersOf(cells: readonly CellShape[], stores: readonly number[]): Evenness {
  return evenness(stores, (store) => cells.filter(({ leader }) => leader === store).length)
}

function evenness(stores: readonly number[], countOf: (store: number) => number): Evenness {
  const counts = stores.map(countOf)
  const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length
  const variance = counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / counts.length
  return {
    counts,
    gap: Math.max(...counts) - Math.min(...counts),
    deviation: mean === 0 ? 0 : Math.sqrt(variance) / mean,
  }
}
