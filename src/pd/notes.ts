/**
 * What PD remembers beside ids: a few short texts in the system range. Read once under its own generation, so that no
 * older PD can change them any more; written under it, so that this one cannot after a younger one has begun. What was
 * written counts when its write was answered; when its fate is not known everything is read and, if need be, written again.
 *
 * Pure, as `Ids` is: `next` says what to send, one command at a time; `answered` takes the reply.
 */
import { assert } from '../base/index.ts'
import { isStale, type SystemReply, writeUnder } from './ids.ts'
import { pdKeys } from './keys.ts'

const KEYS = [pdKeys.initialCells, pdKeys.stores, pdKeys.storeSettings, pdKeys.settings, pdKeys.paused] as const
export type NoteKey = (typeof KEYS)[number]

export class Notes {
  /** Another PD has raised the generation: this one must end. */
  deposed = false
  /** Null: never read. Absent and empty are one. */
  #values: Map<NoteKey, string> | null = null
  #mustRead = true
  readonly #wanted = new Map<NoteKey, string>()
  #waiting: 'read' | { readonly key: NoteKey; readonly value: string } | null = null

  /** Null while it is not known yet. */
  get(key: NoteKey): string | null {
    return this.#values === null ? null : (this.#values.get(key) ?? '')
  }

  /** What it will hold when all is written. */
  planned(key: NoteKey): string | null {
    return this.#wanted.get(key) ?? this.get(key)
  }

  want(key: NoteKey, value: string): void {
    this.#wanted.set(key, value)
  }

  /** Something is to be written, or read anew. */
  get isWanted(): boolean {
    return this.#mustRead || this.#wanted.size > 0
  }

  next(generation: number): readonly string[] | null {
    if (generation === 0 || this.#waiting !== null || this.deposed) return null
    if (this.#mustRead) {
      this.#waiting = 'read'
      return ['SYSGET', ...KEYS]
    }
    for (const [key, value] of this.#wanted) {
      if (this.get(key) === value) {
        this.#wanted.delete(key)
        continue
      }
      this.#waiting = { key, value }
      return writeUnder(generation, key, value)
    }
    return null
  }

  answered(reply: SystemReply): void {
    const waiting = this.#waiting
    assert(waiting !== null, 'a reply to nothing')
    this.#waiting = null
    if (waiting === 'read') {
      if (reply.kind !== 'list') return
      this.#mustRead = false
      this.#values = new Map(KEYS.map((key, i) => [key, reply.values[i] ?? '']))
      return
    }
    if (reply.kind === 'ok') this.#values?.set(waiting.key, waiting.value)
    else if (isStale(reply)) this.deposed = true
    else this.#mustRead = true
  }
}
