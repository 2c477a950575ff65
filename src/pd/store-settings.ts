/**
 * What a person has set for single stores: weights, labels, and that a store shall not lead. One note in the system range
 * holds it for all of them, as JSON by store; what is as it would be anyhow is left out.
 */
import type { StoreChange } from '../model/index.ts'
import { pdKeys } from './keys.ts'
import type { Notes } from './notes.ts'
import { justBegun, noStore, notPossible, type Refusal } from './refusal.ts'
import type { View } from './view.ts'

export type StoreSettings = StoreChange

const WEIGHT_MAX = 100

export function parseStoreSettings(note: string): Map<number, StoreSettings> {
  const settings = new Map<number, StoreSettings>()
  if (note === '') return settings
  for (const [id, value] of Object.entries(JSON.parse(note) as Record<string, StoreSettings>)) {
    settings.set(Number(id), value)
  }
  return settings
}

/** Wants it noted; or says why not. Labels are added to those that were given before. */
export function orderStoreSettings(store: number, change: StoreSettings, view: View, notes: Notes): Refusal | null {
  const note = notes.planned(pdKeys.storeSettings)
  if (note === null) return justBegun
  if (view.store(store) === undefined) return noStore(store)
  for (const [name, weight] of [
    ['leaderWeight', change.leaderWeight],
    ['cellWeight', change.cellWeight],
  ] as const) {
    if (weight === undefined || (weight >= 0 && weight <= WEIGHT_MAX)) continue
    return notPossible(`${name} is a number from 0 to ${WEIGHT_MAX}, not ${weight}`)
  }
  for (const [name, value] of Object.entries(change.labels ?? {})) {
    if (name !== 'executor' && /^[\w.-]+$/.test(name) && /^[\w.-]*$/.test(value)) continue
    if (name === 'executor') return notPossible('the label executor is that of the thread')
    return notPossible('names and values of labels are letters, digits, and _ . -')
  }
  const settings = parseStoreSettings(note)
  const held = settings.get(store)
  settings.set(store, withoutDefaults({ ...held, ...change, labels: { ...held?.labels, ...change.labels } }))
  const entries = [...settings].filter(([, value]) => Object.keys(value).length > 0)
  notes.want(pdKeys.storeSettings, JSON.stringify(Object.fromEntries(entries)))
  return null
}

function withoutDefaults({ leaderWeight = 1, cellWeight = 1, labels = {}, evictLeaders = false }: StoreSettings) {
  return {
    ...(leaderWeight === 1 ? {} : { leaderWeight }),
    ...(cellWeight === 1 ? {} : { cellWeight }),
    ...(Object.keys(labels).length === 0 ? {} : { labels }),
    ...(evictLeaders ? { evictLeaders } : {}),
  }
}
