/**
 * What CONFIG SET has changed since the start, of each option the latest change. A gateway that is started again begins
 * with it; and on the main thread it is what the spawned and HTTP go by, where all changes of all gateways come together.
 */
import type { SettingsPort } from '../gateway/index.ts'
import { isLaterChange, type OptionName, type Options, parseOption, type SettingChanged } from '../model/index.ts'

export class SettingsMemory implements SettingsPort {
  readonly #latest = new Map<OptionName, SettingChanged>()
  readonly #pass: ((change: SettingChanged) => void) | null

  /** `pass`: what a thread hears of goes to the main thread's memory. */
  constructor(pass: ((change: SettingChanged) => void) | null = null) {
    this.#pass = pass
  }

  get changes(): SettingChanged[] {
    return [...this.#latest.values()]
  }

  note(change: SettingChanged): void {
    const known = this.#latest.get(change.name)
    if (known !== undefined && !isLaterChange(change, known)) return
    this.#latest.set(change.name, change)
    this.#pass?.(change)
  }

  /** The options of the start, as they are now. */
  over(options: Options): Options {
    const now: Record<string, unknown> = { ...options }
    for (const { name, value } of this.#latest.values()) now[name] = parseOption(name, value)
    return now as unknown as Options
  }
}
