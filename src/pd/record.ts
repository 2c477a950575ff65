/**
 * The reported world and a seed, as JSON: a planner that begins with it decides what the recorded one goes on to decide,
 * given the same words. So a decision that someone wonders about is found again, and looked at, elsewhere.
 *
 * Recording is itself an event in the life of a planner: chance, pauses and the sweep begin anew, on both sides alike.
 * Left out: orders to cut at many keys, and which store is slow.
 */
import { fromLatin1, latin1, Random } from '../base/index.ts'
import type { Cell, CellReport, StorePlace } from '../model/index.ts'
import type { Operator, Step } from './operator.ts'
import { Planner } from './planner.ts'
import type { SchedulerName } from './schedulers.ts'
import type { PdSettings } from './settings.ts'
import type { StoresRecord } from './store-view.ts'

/** Bytes of keys as characters, one each. */
type CellWritten = Omit<Cell, 'start' | 'end'> & { readonly start: string; readonly end: string | null }
type ReportWritten = Omit<CellReport, 'cell' | 'load'> & { readonly cell: CellWritten }

export interface PdRecord extends StoresRecord {
  readonly format: 1
  readonly seed: number
  readonly nowMs: number
  readonly startedMs: number
  readonly wasComplete: boolean
  readonly settings: PdSettings
  readonly paused: readonly SchedulerName[]
  readonly cells: readonly ReportWritten[]
  readonly leaderless: readonly number[]
  readonly operators: readonly unknown[]
}

export function recordOf(planner: Planner, nowMs: number): PdRecord {
  const { view, operators, settings, paused } = planner
  const seed = planner.beginAnew(null)
  return {
    format: 1,
    seed,
    nowMs,
    ...view.record(),
    settings,
    paused: [...paused],
    cells: view.held().map(({ cell, load: _, ...report }) => ({ ...report, cell: writtenCell(cell) })),
    operators: operators.underWay().map((operator) => ({ ...operator, steps: operator.steps.map(writtenStep) })),
  }
}

export function plannerOf(record: PdRecord): Planner {
  const { settings, startedMs, seed } = record
  const places = record.stores.map(
    ({ report: { store: id, executor, dir, labels } }): StorePlace => ({ id, executor, dir, labels, logDir: '' }),
  )
  const planner = new Planner({ settings, places, random: new Random(seed), nowMs: startedMs })
  planner.view.restore(
    record,
    record.cells.map((report) => ({ ...report, cell: readCell(report.cell) })),
  )
  planner.operators.restore(record.operators as Operator[], readStep)
  planner.pause(record.paused)
  planner.beginAnew(seed)
  return planner
}

function writtenCell(cell: Cell): CellWritten {
  return { ...cell, start: latin1(cell.start), end: cell.end === null ? null : latin1(cell.end) }
}

function readCell(cell: CellWritten): Cell {
  return { ...cell, start: fromLatin1(cell.start), end: cell.end === null ? null : fromLatin1(cell.end) }
}

function writtenStep(step: Step): unknown {
  return step.kind === 'split' && step.key !== null ? { ...step, key: latin1(step.key) } : step
}

function readStep(step: Step): Step {
  return step.kind === 'split' && step.key !== null ? { ...step, key: fromLatin1(step.key as unknown as string) } : step
}
