/**
 * What persons have ordered for good: it counts, and is answered, when it is written in the system range. Until then it is
 * an order on its way, which a PD that falls takes with it unanswered.
 */
import { pdKeys } from './keys.ts'
import type { NoteKey, Notes } from './notes.ts'
import { parseStores } from './offline.ts'
import type { Planner } from './planner.ts'
import { parseSchedulers } from './schedulers.ts'
import { type PdSettings, type SettingChange, storedSettings } from './settings.ts'
import { parseStoreSettings } from './store-settings.ts'

export class Memory {
  readonly #notes: Notes
  readonly #planner: Planner
  /** As PD was started: what a person has changed lies over it. */
  readonly #given: PdSettings
  readonly #refused: (why: string) => void
  readonly #taken = new Map<NoteKey, string>()
  #waiting: { readonly key: NoteKey; readonly done: () => void }[] = []

  /** `refused` is told of a stored setting that does not hold any more. */
  constructor(notes: Notes, planner: Planner, given: PdSettings, refused: (why: string) => void) {
    this.#refused = refused
    this.#notes = notes
    this.#planner = planner
    this.#given = given
  }

  /** `done` is called when what is planned for this key now is written. */
  whenWritten(key: NoteKey, done: () => void): void {
    this.#waiting.push({ key, done })
  }

  /** Takes up what is known to be written; called each turn. */
  take(): void {
    this.#takeAll()
    if (this.#waiting.length === 0) return
    const written = this.#waiting.filter(({ key }) => this.#notes.planned(key) === this.#notes.get(key))
    if (written.length === 0) return
    this.#waiting = this.#waiting.filter((waiting) => !written.includes(waiting))
    for (const { done } of written) done()
  }

  #takeAll(): void {
    const { view } = this.#planner
    this.#takeOne(pdKeys.stores, (note) => view.setOrdered(parseStores(note)))
    this.#takeOne(pdKeys.storeSettings, (note) => view.setStoreSettings(parseStoreSettings(note)))
    this.#takeOne(pdKeys.settings, (note) => {
      this.#planner.change(storedSettings(this.#given, parseSettings(note), this.#refused))
    })
    this.#takeOne(pdKeys.paused, (note) => this.#planner.pause(parseSchedulers(note)))
  }

  #takeOne(key: NoteKey, effect: (note: string) => void): void {
    const note = this.#notes.get(key)
    if (note === null || note === (this.#taken.get(key) ?? '')) return
    this.#taken.set(key, note)
    effect(note)
  }
}

/** What a person has changed, by name. */
export function parseSettings(note: string): SettingChange {
  return note === '' ? {} : (JSON.parse(note) as SettingChange)
}
