/** The directory of a cluster with many cells, as their births would leave it: for measurements of what many cells cost. */
import { FIRST_INDEX, putCells } from '../src/boot/first-cells.ts'
import { closeDatabase, openDatabase } from '../src/boot/identity.ts'
import { setUp } from '../src/boot/set-up.ts'
import { type Cell, type CellState, FIRST_USER_CELL } from '../src/model/index.ts'

export const REPLICAS = 3
/** Ids that no placement driver gives out in a benchmark's time. */
const FIRST_ID = 1e9

/** The key that each cell holds, and that its range begins with. */
export function keyOf(cell: number): Uint8Array {
  return Buffer.from(`cell-${String(cell).padStart(6, '0')}`)
}

function stateOf(number: number, peerAt: number, cells: number, stores: number): CellState {
  const members = Array.from({ length: REPLICAS }, (_, i) => ({
    id: FIRST_ID + number * REPLICAS + i,
    store: ((number + i) % stores) + 1,
    role: 'voter' as const,
  }))
  const cell: Cell = {
    id: FIRST_ID + number,
    system: false,
    start: keyOf(number),
    end: number === cells - 1 ? null : keyOf(number + 1),
    epoch: { version: cells, confVer: 1 },
    peers: members,
  }
  return {
    cell,
    peer: (members[peerAt] as (typeof members)[number]).id,
    appliedIndex: FIRST_INDEX,
    appliedTerm: FIRST_INDEX,
    clockFloorMs: 0,
    keys: 0,
    sizeBytes: 0,
    confState: {
      voters: members.map(({ id }) => id),
      votersOutgoing: [],
      learners: [],
      learnersNext: [],
      autoLeave: false,
    },
    installing: false,
    merging: null,
    absorbed: [],
  }
}

/** A new cluster whose user keys are one small cell, and `cells` more to the right of it. */
export async function layOut(directory: string, cells: number, executors: number): Promise<void> {
  const stores = executors * Math.ceil(3 / executors)
  const prepared = await setUp([directory], { executors, stores, storesGiven: true, replicas: REPLICAS })
  const byStore = new Map<number, CellState[]>()
  for (let number = 0; number < cells; number++) {
    for (let i = 0; i < REPLICAS; i++) {
      const store = ((number + i) % stores) + 1
      const states = byStore.get(store) ?? []
      states.push(stateOf(number, i, cells, stores))
      byStore.set(store, states)
    }
  }
  for (const place of prepared.topology.stores) {
    const states = byStore.get(place.id) ?? []
    if (place.id === 1) states.push(leftmost(cells))
    const engine = await openDatabase(place.dir)
    await putCells(engine, states)
    await closeDatabase(engine)
  }
  await prepared.release()
}

function leftmost(cells: number): CellState {
  const member = { id: FIRST_USER_CELL, store: 1, role: 'voter' as const }
  const state = stateOf(0, 0, cells, REPLICAS)
  const epoch = { version: cells, confVer: 1 }
  const cell: Cell = {
    id: FIRST_USER_CELL,
    system: false,
    start: Buffer.alloc(0),
    end: keyOf(0),
    epoch,
    peers: [member],
  }
  return { ...state, cell, peer: member.id, confState: { ...state.confState, voters: [member.id] } }
}
