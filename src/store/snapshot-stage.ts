/**
 * What of a snapshot lies in the engine of whoever takes it in: pieces on the stage, and in the end the cell.
 */
import { type CellState, decodeCellState, encodeCellState, type SnapshotPiece } from '../model/index.ts'
import { type Engine, type EngineBatch, metaKey, stagingKey, stagingRange } from '../storage/index.ts'
import { rangeOfCell } from './cell-range.ts'
import { stateFor } from './snapshot-out.ts'
import { decodePairs } from './snapshot-pairs.ts'

/** u32 bytes of the state (only in the first piece) │ state │ pairs. */
export function stagedPiece(message: SnapshotPiece): Uint8Array {
  const stateBytes = message.state?.length ?? 0
  const staged = Buffer.allocUnsafe(4 + stateBytes + message.pairs.length)
  staged.writeUInt32LE(stateBytes, 0)
  if (message.state !== null) staged.set(message.state, 4)
  staged.set(message.pairs, 4 + stateBytes)
  return staged
}

/** The state that the first staged piece of a cell carries; for recovery. */
export function stagedState(piece: Uint8Array, peer: number): CellState {
  const buffer = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
  return stateFor(buffer.subarray(4, 4 + buffer.readUInt32LE(0)), peer)
}

/**
 * Clears the range, and what there is of cells that are a part of this one, fills it from the stage, and ends with the
 * state; a flush makes it durable. Can be repeated after a crash at any point, for the stage is deleted only with the last batch.
 */
export function installFromStage(engine: Engine, state: CellState, done: (error: Error | null) => void): void {
  const { cell } = state
  const dead = state.absorbed.map((absorbed) => metaKey(absorbed.cell))
  let ranges = [rangeOfCell(cell)]
  const fill = (piece: number): void => {
    engine.getMany([stagingKey(cell.id, piece)], (error, [staged]) => {
      if (error !== null) return done(error)
      const pairs = staged ? decodePairs(staged.subarray(4 + Buffer.from(staged).readUInt32LE(0))) : []
      const keys = pairs.map((pair) => pair.key)
      const values: (Uint8Array | null)[] = pairs.map((pair) => pair.value)
      const deleteRanges = piece === 0 ? ranges : []
      if (staged)
        return engine.write({ deleteRanges, keys, values }, (failed) => (failed ? done(failed) : fill(piece + 1)))
      deleteRanges.push(stagingRange(cell.id))
      const metas = [encodeCellState(state), ...dead.map(() => null)]
      return engine.write({ deleteRanges, keys: [metaKey(cell.id), ...dead], values: metas }, done)
    })
  }
  if (dead.length === 0) return fill(0)
  return engine.getMany(dead, (error, states) => {
    if (error !== null) return done(error)
    ranges = [...ranges, ...states.flatMap((bytes) => (bytes ? [rangeOfCell(decodeCellState(bytes).cell)] : []))]
    return fill(0)
  })
}

/**
 * All of a small snapshot. Since the one batch is there or not, nothing need say beforehand that it comes: it says itself
 * that the log may not know of it.
 */
export function installAtOnce(state: CellState, pieces: readonly Uint8Array[]): EngineBatch {
  const { cell } = state
  const batch: EngineBatch = { deleteRanges: [rangeOfCell(cell)], keys: [], values: [] }
  for (const piece of pieces) {
    for (const { key, value } of decodePairs(piece)) {
      batch.keys.push(key)
      batch.values.push(value)
    }
  }
  batch.keys.push(metaKey(cell.id))
  batch.values.push(encodeCellState({ ...state, installing: true }))
  return batch
}
