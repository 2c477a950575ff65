/**
 * What CONFIG SET has changed since the start. A gateway that is started again begins with it; and on the main thread it
 * is what the spawned and HTTP go by, where all changes of all gateways come together.
 */
import type { SettingsPort } from '../gateway/index.ts'
import { type OptionName, type Options, parseOption } from '../model/index.ts'

export class SettingsMemory implements SettingsPort {
  readonly #changes = new Map<OptionName, string>()
  readonly #pass: ((name: OptionName, value: string) => void) | null

  /** `pass`: a thread's changes go to the main thread's memory. */
  constructor(pass: ((name: OptionName, value: string) => void) | null = null) {
    this.#pass = pass
  }

  get changes(): ReadonlyMap<OptionName, string> {
    return this.#changes
  }

  note(name: OptionName, value: string): void {
    this.#changes.set(name, value)
  }

  noteOwn(name: OptionName, value: string): void {
    this.#changes.set(name, value)
    this.#pass?.(name, value)
  }

  /** The options of the start, as they are now. */
  over(options: Options): Options {
    const now: Record<string, unknown> = { ...options }
    for (const [name, value] of this.#changes) now[name] = parseOption(name, value)
    return now as unknown as Options
  }
}
