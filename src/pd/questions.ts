/**
 * What persons ask PD, or tell it, beside orders for one cell: each question with its answer. One that is to be remembered
 * is answered when it is written.
 */
import { unreachable } from '../base/index.ts'
import type { PdQuestion, PdTold } from '../model/index.ts'
import { pdKeys } from './keys.ts'
import { parseSettings } from './memory.ts'
import type { NoteKey, Notes } from './notes.ts'
import type { Planner } from './planner.ts'
import { recordOf } from './record.ts'
import { justBegun, noCell, noStore, notPossible, type Refusal } from './refusal.ts'
import { isScheduler, parseSchedulers, type SchedulerName, schedulerTable } from './schedulers.ts'
import { changedSettings, type NumberSetting, type SettingChange, settingTable } from './settings.ts'
import { orderStoreSettings } from './store-settings.ts'
import { whyCell, whyStore } from './why.ts'

type Told = Omit<PdTold, 'kind' | 'request'>

interface Answer {
  readonly told: Told
  /** To be told when this is written. */
  readonly written?: NoteKey
}

const KEYS_MAX = 10_000

function tell(value: unknown): Answer {
  return { told: { refusal: 'none', message: '', value } }
}

function refuse(refused: Refusal): Answer {
  return { told: { ...refused, value: null } }
}

export function answerTo(question: PdQuestion, planner: Planner, notes: Notes, nowMs: number): Answer {
  switch (question.what) {
    case 'settings':
      return tell(settingsShown(planner))
    case 'changeSettings':
      return changeSettings(question.change, planner, notes)
    case 'schedulers':
      return tell(schedulersShown(planner, nowMs))
    case 'operators':
      return tell(planner.operators.infos(nowMs))
    case 'pauseScheduler':
      return pauseScheduler(question.name, question.paused, notes)
    case 'whyCell':
      return found(whyCell(question.cell, planner, nowMs), noCell(question.cell))
    case 'whyStore':
      return found(whyStore(question.store, planner, nowMs), noStore(question.store))
    case 'changeStore': {
      const refused = orderStoreSettings(question.store, question.change, planner.view, notes)
      if (refused !== null) return refuse(refused)
      return { ...tell({ id: question.store }), written: pdKeys.storeSettings }
    }
    case 'splitAt':
      if (question.keys.length > KEYS_MAX) return refuse(notPossible(`there are at most ${KEYS_MAX} keys`))
      return tell({ splits: planner.manySplits.order(question.keys, question.scatter, planner.survey(nowMs)) })
    case 'record':
      return tell(recordOf(planner, nowMs))
    default:
      unreachable(question)
  }
}

function found(value: unknown, otherwise: Refusal): Answer {
  return value === null ? refuse(otherwise) : tell(value)
}

function settingsShown({ settings }: Planner) {
  const items = Object.entries(settingTable).map(([name, row]) => {
    const { default: byDefault, min, max, summary } = row
    return {
      name,
      value: settings[name as NumberSetting],
      default: byDefault,
      min,
      max,
      fixed: 'fixed' in row,
      summary,
    }
  })
  const isolationLabels = settings.isolationLabels.join(',')
  return { items, isolationLabels, splitPeers: settings.splitPeers }
}

function changeSettings(change: SettingChange, planner: Planner, notes: Notes): Answer {
  const note = notes.planned(pdKeys.settings)
  if (note === null) return refuse(justBegun)
  const changed = changedSettings(planner.settings, change)
  if (typeof changed === 'string') return refuse(notPossible(changed))
  notes.want(pdKeys.settings, JSON.stringify({ ...parseSettings(note), ...change }))
  return { ...tell(change), written: pdKeys.settings }
}

function schedulersShown(planner: Planner, nowMs: number) {
  const pauses = planner.pauses(nowMs)
  const items = Object.entries(schedulerTable).map(([name, summary]) => {
    const nextMs = pauses.get(name as SchedulerName)
    return { name, paused: planner.paused.has(name as SchedulerName), nextMs: nextMs ?? null, summary }
  })
  return { items }
}

function pauseScheduler(name: string, paused: boolean, notes: Notes): Answer {
  if (!isScheduler(name)) return refuse({ refusal: 'notFound', message: `there is no scheduler ${name}` })
  const note = notes.planned(pdKeys.paused)
  if (note === null) return refuse(justBegun)
  const names = new Set(parseSchedulers(note))
  if (paused) names.add(name)
  else names.delete(name)
  notes.want(pdKeys.paused, [...names].join(','))
  return { ...tell({ name, paused }), written: pdKeys.paused }
}
