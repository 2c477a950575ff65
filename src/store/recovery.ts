/**
 * What a store finds when it is opened. Phases: snapshots that were being installed are installed to their end, those
 * that had not come whole are let go → what was buried is deleted → each cell state in the engine and its part of the log become a peer → logs without a state
 * become learners that know nothing yet.
 */
import { assert } from '../base/index.ts'
import { type CellState, decodeCellState, type StorePlace } from '../model/index.ts'
import {
  cellOfMetaKey,
  type Engine,
  type EngineBatch,
  type GroupLog,
  metaKey,
  metaRange,
  type Pair,
  type RaftLog,
  stagingKey,
  stagingRange,
} from '../storage/index.ts'
import { bearLearner, createPeer } from './birth.ts'
import { behind, rangeOfCell } from './cell-range.ts'
import { installFromStage, stagedState } from './snapshot-stage.ts'
import { BORN_INDEX } from './split.ts'
import { Store } from './store.ts'
import type { Stores } from './stores.ts'

type Done = (error: Error | null, store: Store | null) => void

export function recoverStore(stores: Stores, log: RaftLog, place: StorePlace, engine: Engine, done: Done): void {
  const store = new Store(place, engine, log)
  const fail = (error: Error) => done(error, null)
  finishInstalls(store, (failedInstall) => {
    if (failedInstall !== null) return fail(failedInstall)
    return clearStage(engine, (failedClear) => {
      if (failedClear !== null) return fail(failedClear)
      return readStates(engine, (error, states) => {
        if (error !== null) return fail(error)
        return deleteBuried(store, states, (failedDelete, living) => {
          if (failedDelete !== null) return fail(failedDelete)
          return makeInstalledDurable(engine, living, (failedFlush) => {
            if (failedFlush !== null) return fail(failedFlush)
            try {
              reviveAll(stores, store, living)
            } catch (damage) {
              return fail(damage as Error)
            }
            return done(null, store)
          })
        })
      })
    })
  })
}

function reviveAll(stores: Stores, store: Store, states: readonly CellState[]): void {
  for (const state of states) revive(stores, store, state)
  const absorbed = new Set(states.flatMap((state) => state.absorbed.map(({ cell }) => cell)))
  for (const group of [...store.log.groups()]) {
    if (group.store !== store.id || store.peers.has(group.cell)) continue
    // The engine has it as a part of another cell, and only its log does not know.
    if (absorbed.has(group.cell)) {
      store.log.bury(group, 0)
      continue
    }
    // A child whose birth will be replayed: the split takes over what the log has for it (rule 18).
    if (group.firstIndex() === BORN_INDEX + 1) continue
    if (group.firstIndex() > 1) throw new Error(`store ${store.id}: the engine has lost cell ${group.cell}`)
    bearLearner(stores, store, group.cell, group.peer)
  }
}

/** Everything of a snapshot is on the stage when its mark is in the log, so it needs nobody else to be installed. */
function finishInstalls(store: Store, done: (error: Error | null) => void): void {
  const { log, engine } = store
  const marked = [...log.groups()].filter((group) => group.store === store.id && group.installingIndex > 0)
  const next = (): void => {
    const group = marked.pop()
    if (group === undefined) return done(null)
    return engine.getMany([stagingKey(group.cell, 0), metaKey(group.cell)], (error, [staged, meta]) => {
      if (error !== null) return done(error)
      const finish = (state: CellState): void => {
        restartAt(log, group, state)
        next()
      }
      if (staged) {
        const state = stagedState(staged, group.peer)
        return installFromStage(engine, state, (failed) => {
          if (failed) return done(failed)
          return engine.flush((unflushed) => (unflushed ? done(unflushed) : finish(state)))
        })
      }
      // No stage: the last batch was written, and only the log does not know it.
      if (!meta)
        return done(new Error(`store ${store.id}: cell ${group.cell} was taking a snapshot in, and it is gone`))
      return finish(decodeCellState(meta))
    })
  }
  next()
}

/** Before a log begins behind what a snapshot has brought, the engine must not lose that any more. */
function makeInstalledDurable(engine: Engine, states: readonly CellState[], done: (error: Error | null) => void): void {
  if (states.some(({ installing }) => installing)) engine.flush(done)
  else done(null)
}

/** The log begins anew behind what a snapshot has brought. */
function restartAt(log: RaftLog, group: GroupLog, { appliedIndex: index, appliedTerm }: CellState): void {
  const { term, vote } = group.hardState
  const hardState = { term: Math.max(term, appliedTerm), vote: term >= appliedTerm ? vote : 0, commit: index }
  log.restart(group, { index, term: appliedTerm }, hardState)
}

function readStates(engine: Engine, done: (error: Error | null, states: CellState[]) => void): void {
  const range = metaRange()
  const states: CellState[] = []
  const read = (start: Uint8Array): void => {
    engine.scan(start, range.end, { pairsMax: 1000, bytesMax: 1024 * 1024 }, (error, pairs, more) => {
      if (error !== null) return done(error, [])
      for (const { key, value } of pairs) {
        const state = decodeCellState(value)
        if (state.cell.id !== cellOfMetaKey(key))
          return done(new Error('a cell state lies under the key of another cell'), [])
        states.push(state)
      }
      const last = pairs[pairs.length - 1] as Pair | undefined
      if (!more || last === undefined) return done(null, states)
      return read(behind(last.key))
    })
  }
  read(range.start)
}

function deleteBuried(
  store: Store,
  states: readonly CellState[],
  done: (error: Error | null, living: readonly CellState[]) => void,
): void {
  const buried = new Map<number, number>()
  for (const tombstone of store.log.tombstones()) {
    if (tombstone.store === store.id) buried.set(tombstone.cell, tombstone.peer)
  }
  const isDead = (state: CellState) => state.peer <= (buried.get(state.cell.id) ?? -1)
  const dead = states.filter(isDead)
  if (dead.length === 0) return done(null, states)
  const batch: EngineBatch = { deleteRanges: [], keys: [], values: [] }
  for (const { cell } of dead) {
    batch.deleteRanges.push(rangeOfCell(cell))
    batch.keys.push(metaKey(cell.id))
    batch.values.push(null)
  }
  const living = states.filter((state) => !isDead(state))
  return store.engine.write(batch, (error) => done(error, living))
}

/** Snapshots that had not come whole: their senders begin anew. */
function clearStage(engine: Engine, done: (error: Error | null) => void): void {
  const { start } = stagingRange(0)
  const end = Uint8Array.of((start[0] as number) + 1)
  engine.scan(start, end, { pairsMax: 1, bytesMax: 1 }, (error, pairs) => {
    if (error !== null || pairs.length === 0) return done(error)
    return engine.write({ deleteRanges: [{ start, end }], keys: [], values: [] }, done)
  })
}

function revive(stores: Stores, store: Store, state: CellState): void {
  const { log } = store
  let group = log.group(store.id, state.cell.id)
  if (group === undefined) {
    // A first cell has no log yet: set-up wrote its state alone. Any other without a log has lost what it had promised.
    const start = { index: state.appliedIndex, term: state.appliedTerm }
    if (!isFirst(state)) throw new Error(`store ${store.id}: the log of cell ${state.cell.id} is missing`)
    group = log.create(store.id, state.cell.id, state.peer, start, { term: start.term, vote: 0, commit: start.index })
  }
  assert(group.peer === state.peer, 'the log and the engine tell of different peers of one cell')
  // A small snapshot was written at once, and the log was to hear of it next (`snapshot-in.ts`).
  if (state.installing && group.firstIndex() <= state.appliedIndex) restartAt(log, group, state)
  if (group.firstIndex() > state.appliedIndex + 1) {
    throw new Error(`store ${store.id}: the log of cell ${state.cell.id} begins behind what its engine holds`)
  }
  const peer = createPeer(stores, store, state, group)
  store.peers.set(state.cell.id, peer)
}

/** As set-up writes it: nothing was ever applied. */
const FIRST_INDEX = 5

function isFirst(state: CellState): boolean {
  return state.appliedIndex === FIRST_INDEX && state.appliedTerm === FIRST_INDEX
}
