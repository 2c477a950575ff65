/**
 * Settings that are to be remembered, and that the other gateways are to be told of. What cannot be handed over now is
 * told later, as it is then: a gateway that missed a password would let in whoever knows the old one.
 */
import type { OptionName } from '../model/index.ts'
import type { GatewayEdges } from './host.ts'
import type { Settings } from './settings.ts'

const TELL_AGAIN_MS = 100

export class News {
  readonly #edges: GatewayEdges
  readonly #settings: Settings
  /** By gateway: what it may not know. */
  readonly #untold: Map<string, Set<OptionName>>
  #dueMs: number

  /** A gateway that is started again begins with what was changed before. */
  constructor(others: readonly string[], settings: Settings, edges: GatewayEdges) {
    this.#edges = edges
    this.#settings = settings
    this.#untold = new Map(others.map((name) => [name, new Set()]))
    this.#dueMs = Number.POSITIVE_INFINITY
    for (const [name, value] of edges.settings.changes) settings.set(name, value)
  }

  changed(names: readonly OptionName[]): void {
    for (const name of names) {
      this.#edges.settings.noteOwn(name, this.#valueOf(name))
      for (const untold of this.#untold.values()) untold.add(name)
    }
    this.#tell()
  }

  /** Another gateway's change, which is newer than what is still to be told. */
  heard(name: OptionName, value: string): void {
    this.#settings.set(name, value)
    this.#edges.settings.note(name, value)
    for (const untold of this.#untold.values()) untold.delete(name)
  }

  /** It was taken, and a thread died before it was read. To tell it once more to the others does no harm. */
  lost(name: OptionName): void {
    for (const untold of this.#untold.values()) untold.add(name)
    this.#dueMs = this.#edges.clock.monotonicMs()
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

  #tell(): void {
    this.#dueMs = Number.POSITIVE_INFINITY
    for (const [other, untold] of this.#untold) {
      for (const name of untold) {
        const message = { kind: 'settingChanged', name, value: this.#valueOf(name) } as const
        if (this.#edges.tellGateway(other, message)) untold.delete(name)
        else this.#dueMs = this.#edges.clock.monotonicMs() + TELL_AGAIN_MS
      }
    }
  }

  #valueOf(name: OptionName): string {
    return String(this.#settings.options[name])
  }
}
