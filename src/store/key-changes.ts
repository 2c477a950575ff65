import { latin1 } from '../base/index.ts'

/** What has become of a key, or of several, since something began: how many more there are, and bytes of them. */
class KeyChange {
  keys = 0
  bytes = 0

  add(keys: number, bytes: number): void {
    this.keys += keys
    this.bytes += bytes
  }
}

/** What has become of each key since something began. */
export class KeyChanges {
  readonly #changes = new Map<string, KeyChange>()

  note(key: string, keys: number, bytes: number): void {
    let change = this.#changes.get(key)
    if (change === undefined) {
      change = new KeyChange()
      this.#changes.set(key, change)
    }
    change.add(keys, bytes)
  }

  /** Of all keys left of `bound` together. */
  leftOf(bound: Uint8Array): KeyChange {
    const text = latin1(bound)
    const sum = new KeyChange()
    for (const [key, { keys, bytes }] of this.#changes) if (key < text) sum.add(keys, bytes)
    return sum
  }
}
