import type { Keyspace, StringValue, Walked } from '../../src/redis/index.ts'

/** The simplest keyspace there is: a Map. It writes down each change it is asked for. */
export class ModelKeyspace implements Keyspace {
  nowMs = 1_700_000_000_000
  valueBytesMax = 64 * 1024 * 1024
  readonly effects: string[] = []
  readonly #values = new Map<string, { value: string; expireAtMs: number }>()

  get count(): number {
    return [...this.#values.keys()].filter((key) => this.find(key) !== null).length
  }

  find(key: string): StringValue | null {
    const held = this.#values.get(key)
    if (held === undefined) return null
    if (held.expireAtMs !== 0 && held.expireAtMs < this.nowMs) {
      this.#values.delete(key)
      this.effects.push(`expired ${key}`)
      return null
    }
    // Not at the start of its buffer, so that nobody takes the whole buffer for the value.
    const buffer = Buffer.from(`before${held.value}behind`, 'latin1')
    return { type: 'string', buffer, start: 6, end: 6 + held.value.length, expireAtMs: held.expireAtMs }
  }

  findAt(source: Uint8Array, start: number, end: number): StringValue | null {
    return this.find(latin1(source, start, end))
  }

  put(key: string, source: Uint8Array, start: number, end: number, expireAtMs: number): void {
    this.#set('put', key, latin1(source, start, end), expireAtMs)
  }

  patch(key: string, offset: number, source: Uint8Array, start: number, end: number): void {
    const old = this.#values.get(key) ?? { value: '', expireAtMs: 0 }
    const bytes = latin1(source, start, end)
    const value = old.value.padEnd(offset, '\0').slice(0, offset) + bytes + old.value.slice(offset + bytes.length)
    this.#set('patch', key, value, old.expireAtMs)
  }

  expire(key: string, expireAtMs: number): void {
    const held = this.#values.get(key)
    if (held === undefined) throw new Error('expire is for a key that exists')
    this.#set('expire', key, held.value, expireAtMs)
  }

  remove(key: string): boolean {
    if (this.find(key) === null) return false
    this.effects.push(`remove ${key}`)
    return this.#values.delete(key)
  }

  clear(): void {
    this.effects.push('clear')
    this.#values.clear()
  }

  readonly copies = 2

  walk(from: string, end: string, keysMax: number, visit: (key: string, type: string) => void): Walked {
    const inRange = [...this.#values.keys()].filter((key) => key >= from && (end === '' || key < end)).sort()
    const looked = inRange.slice(0, keysMax)
    for (const key of looked) if (this.find(key) !== null) visit(key, 'string')
    return { next: inRange[keysMax] ?? null, looked: looked.length }
  }

  randomKey(): string | null {
    const [key] = this.#values.keys()
    return key === undefined || this.find(key) === null ? null : key
  }

  chance(): number {
    return 0.5
  }

  #set(effect: string, key: string, value: string, expireAtMs: number): void {
    this.effects.push(`${effect} ${key}`)
    this.#values.set(key, { value, expireAtMs })
  }
}

function latin1(source: Uint8Array, start: number, end: number): string {
  return Buffer.from(source.subarray(start, end)).toString('latin1')
}
