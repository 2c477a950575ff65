/**
 * The two cells of a new cluster: the system range and all user keys, each with one voter on the first store. Written
 * as the state that a peer would have applied, so that the store opens them like any other.
 */
import { EMPTY } from '../base/index.ts'
import { type Cell, type CellState, encodeCellState, FIRST_USER_CELL, SYSTEM_CELL } from '../model/index.ts'
import { type Engine, metaKey } from '../storage/index.ts'
import { closeDatabase, openDatabase } from './identity.ts'

/** Raft's log of a first peer begins behind this entry: room for no entry at 0, where "nothing" would look the same. */
export const FIRST_INDEX = 5
const FIRST_TERM = 5

/** The state of both cells with their only peer on `store`. The peer's id is the cell's: both are below FIRST_FREE_ID and unique. */
function firstCells(store: number): CellState[] {
  return [SYSTEM_CELL, FIRST_USER_CELL].map((id) => {
    const peer = id
    const cell: Cell = {
      id,
      system: id === SYSTEM_CELL,
      start: EMPTY,
      end: null,
      epoch: { version: 1, confVer: 1 },
      peers: [{ id: peer, store, role: 'voter' }],
    }
    return {
      cell,
      peer,
      appliedIndex: FIRST_INDEX,
      appliedTerm: FIRST_TERM,
      clockFloorMs: 0,
      keys: 0,
      sizeBytes: 0,
      confState: { voters: [peer], votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false },
      installing: false,
      merging: null,
      absorbed: [],
    }
  })
}

export async function writeFirstCells(storeDirectory: string, store: number): Promise<void> {
  const engine = await openDatabase(storeDirectory)
  await putFirstCells(engine, store)
  await closeDatabase(engine)
}

export function putFirstCells(engine: Engine, store: number): Promise<void> {
  return putCells(engine, firstCells(store))
}

/** Resolves when a crash would find them there. */
export function putCells(engine: Engine, states: readonly CellState[]): Promise<void> {
  const batch = {
    deleteRanges: [],
    keys: states.map((state) => metaKey(state.cell.id)),
    values: states.map(encodeCellState),
  }
  return new Promise((resolve, reject) => {
    engine.write(batch, (error) => {
      if (error !== null) reject(error)
      else engine.flush((flushError) => (flushError === null ? resolve() : reject(flushError)))
    })
  })
}
