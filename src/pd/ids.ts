/**
 * PD's generation, and ids that are never given twice, by any PD, ever (rule 31).
 *
 *   start     SYSGET both keys                                   → what they hold
 *   raise     SYSCAS generation held held+1                      → 1: it is ours; else what it holds now: again
 *   reserve   SYSWRITE generation ours watermark to              → OK: ids from the watermark up to `to` are ours
 *
 * Why it holds: a write is evaluated where the generation is compared, so after another PD has raised it no write of ours
 * succeeds any more; and a block is used only when its own write was answered with OK. When the fate of a write is not
 * known nothing is believed: everything is read again and the next block begins above whatever was found, which may
 * leave a gap and never an overlap.
 *
 * Pure: `next` says what to send, one command at a time; `answered` takes the reply.
 */
import { assert } from '../base/index.ts'
import { FIRST_FREE_ID } from '../model/index.ts'
import { pdKeys } from './keys.ts'

type Waiting = 'read' | 'raise' | 'reserve'

/** A reply as far as it matters here. `unknown`: sent, fate unknown, or refused for good: nothing is believed. */
export type SystemReply =
  | { readonly kind: 'ok' }
  | { readonly kind: 'integer'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'list'; readonly values: readonly (string | null)[] }
  | { readonly kind: 'error'; readonly message: string }
  | { readonly kind: 'unknown' }

/** A write that is refused under any other generation than the one that is raised. */
export function writeUnder(generation: number, key: string, value: string): readonly string[] {
  return ['SYSWRITE', pdKeys.generation, String(generation), key, value]
}

/** Such a refusal: another PD has raised the generation. */
export function isStale(reply: SystemReply): boolean {
  return reply.kind === 'error' && reply.message.startsWith('STALE')
}

export class Ids {
  /** Of this PD, once it is raised; 0 before. */
  generation = 0
  /** Another PD has raised the generation: this one must end. */
  deposed = false
  readonly #block: number
  #waiting: Waiting | null = null
  /** What the keys held when they were last read; null: to be read. */
  #held: { generation: string; watermark: number } | null = null
  /** Ids from `#low` up to, and without, `#high` are ours to give. */
  #low = 0
  #high = 0
  #reserving = 0

  constructor(block: number) {
    assert(block > 0, 'a block of ids holds at least one')
    this.#block = block
  }

  /** The next command, null when one is on its way or nothing is wanted. */
  next(): readonly string[] | null {
    if (this.#waiting !== null || this.deposed) return null
    if (this.generation > 0 && this.#high - this.#low >= this.#block / 2) return null
    if (this.#held === null) return this.#send('read', ['SYSGET', pdKeys.generation, pdKeys.idWatermark])
    if (this.generation === 0) {
      const raised = String(Number(this.#held.generation) + 1)
      return this.#send('raise', ['SYSCAS', pdKeys.generation, this.#held.generation, raised])
    }
    this.#reserving = this.#held.watermark + this.#block
    return this.#send('reserve', writeUnder(this.generation, pdKeys.idWatermark, String(this.#reserving)))
  }

  answered(reply: SystemReply): void {
    const waiting = this.#waiting
    assert(waiting !== null, 'a reply to nothing')
    this.#waiting = null
    switch (waiting) {
      case 'read':
        if (reply.kind === 'list') this.#read(reply.values)
        return
      case 'raise':
        this.#raised(reply)
        return
      case 'reserve':
        this.#reserved(reply)
        return
    }
  }

  /** An id that was never given before; null while none is reserved. */
  take(): number | null {
    return this.#low < this.#high ? this.#low++ : null
  }

  #send(waiting: Waiting, command: readonly string[]): readonly string[] {
    this.#waiting = waiting
    return command
  }

  #read(values: readonly (string | null)[]): void {
    const generation = values[0] ?? ''
    // Read after the raise: a generation above ours means that a younger PD is there.
    if (this.generation > 0 && generation !== String(this.generation)) {
      this.deposed = true
      return
    }
    this.#held = { generation, watermark: Math.max(FIRST_FREE_ID, Number(values[1] ?? 0)) }
  }

  #raised(reply: SystemReply): void {
    assert(this.#held !== null, 'raised without having read')
    if (reply.kind === 'integer' && reply.value === 1) this.generation = Number(this.#held.generation) + 1
    // Also after success: until the raise an older PD may have moved the watermark.
    this.#held = null
  }

  #reserved(reply: SystemReply): void {
    assert(this.#held !== null, 'reserved without having read')
    if (reply.kind === 'ok') {
      // What is left of the former block is dropped when the new one does not follow on it: one range is enough.
      if (this.#high !== this.#held.watermark) this.#low = this.#held.watermark
      this.#high = this.#reserving
      this.#held = { generation: this.#held.generation, watermark: this.#reserving }
      return
    }
    if (isStale(reply)) this.deposed = true
    this.#held = null
  }
}
