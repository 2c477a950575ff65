/**
 * Settings that are to be remembered, and that the other gateways are to be told of. What cannot be handed over now is
 * told later, as it is then: a gateway that missed a password would let in whoever knows the old one.
 *
 * Whoever hears of a change that is new to it tells it on. So all come to know what one has told to one other before its
 * thread died, and since of two changes the later one holds everywhere, all come to agree.
 */
import { isLaterChange, type OptionName, type SettingChanged } from '../model/index.ts'
import type { GatewayEdges } from './host.ts'
import type { Settings } from './settings.ts'

const TELL_AGAIN_MS = 100

export class News {
  readonly #edges: GatewayEdges
  readonly #settings: Settings
  readonly #known: Map<OptionName, SettingChanged>
  /** By gateway: what it may not know. */
  readonly #untold: Map<string, Set<OptionName>>
  #dueMs: number
  #lastStamp: number

  /** A gateway that is started again begins with what was changed before, and with telling it. */
  constructor(others: readonly string[], changes: readonly SettingChanged[], settings: Settings, edges: GatewayEdges) {
    this.#edges = edges
    this.#settings = settings
    this.#known = new Map()
    this.#untold = new Map(others.map((name) => [name, new Set()]))
    this.#dueMs = Number.POSITIVE_INFINITY
    this.#lastStamp = 0
    for (const change of [...changes, ...edges.settings.changes]) this.#take(change)
  }

  /** CONFIG SET here: all of its options change at one time. */
  changed(names: readonly OptionName[]): void {
    const { clock, executor: by } = this.#edges
    const stamp = Math.max(this.#lastStamp + 1, Math.floor(clock.monotonicMs() * 1000))
    for (const name of names) {
      const change = { kind: 'settingChanged', name, value: String(this.#settings.options[name]), stamp, by } as const
      this.#learn(change)
    }
    this.#tell()
  }

  /** Another gateway's change, or one that it was told of. */
  heard(change: SettingChanged): void {
    if (this.#take(change)) this.#tell()
  }

  /** False: it is no news. */
  #take(change: SettingChanged): boolean {
    const known = this.#known.get(change.name)
    if (known !== undefined && !isLaterChange(change, known)) return false
    this.#learn(change)
    return true
  }

  /** It was taken, and a thread died before it was read. To tell it once more to the others does no harm. */
  lost(name: OptionName): void {
    this.#toAll(name)
    this.#edges.requestTurn()
  }

  /** Once in a pass. */
  turn(nowMs: number): void {
    if (nowMs >= this.#dueMs) this.#tell()
  }

  /** When `turn` is wanted again. */
  get nextTurnMs(): number {
    return this.#dueMs
  }

  #learn(change: SettingChanged): void {
    this.#edges.settings.note(change)
    this.#lastStamp = Math.max(this.#lastStamp, change.stamp)
    this.#known.set(change.name, change)
    this.#settings.set(change.name, change.value)
    this.#toAll(change.name)
  }

  #toAll(name: OptionName): void {
    for (const untold of this.#untold.values()) untold.add(name)
    if (this.#untold.size > 0) this.#dueMs = this.#edges.clock.monotonicMs()
  }

  #tell(): void {
    this.#dueMs = Number.POSITIVE_INFINITY
    for (const [other, untold] of this.#untold) {
      for (const name of untold) {
        const change = this.#known.get(name)
        if (change === undefined || this.#edges.tellGateway(other, change)) untold.delete(name)
        else this.#dueMs = this.#edges.clock.monotonicMs() + TELL_AGAIN_MS
      }
    }
  }
}
