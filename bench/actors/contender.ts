/** What every way of talking to another thread is asked to do. What it cannot do, it leaves out. */

export interface Parcel {
  readonly sequence: number
  readonly bytes: Uint8Array
}

export interface Contender {
  readonly name: string
  /** Null: it is not installed. `directory`: of a package that is not a dependency of ours; empty: look in the usual places. */
  open(directory: string): Promise<Opened | null>
}

export interface Opened {
  /** One way to another thread; resolves when the other side has all of them. */
  flood?(messages: number, payload: Uint8Array): Promise<void>
  /** To another thread and back with an answer. */
  ask(sequence: number, payload: Uint8Array): Promise<number>
  /** A token goes to and fro between two worker threads so many times. */
  pingPong?(hops: number): Promise<void>
  /** One more of what can be talked to, and that has said that it is there. */
  spawn?(): Promise<void>
  close(): Promise<unknown>
}

/** Of calls that have an answer each: how many are waited for at once when the rate counts. */
export const ASKED_AT_ONCE = 64

/** A flood for those who know only calls: with many on their way. */
export async function floodByCalls(ask: (sequence: number) => Promise<unknown>, messages: number): Promise<void> {
  for (let sent = 0; sent < messages; sent += ASKED_AT_ONCE) {
    const count = Math.min(ASKED_AT_ONCE, messages - sent)
    await Promise.all(Array.from({ length: count }, (_, i) => ask(sent + i)))
  }
}
