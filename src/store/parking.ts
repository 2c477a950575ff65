import type { Origin } from './origin.ts'

/** A command that cannot run just now: its keys are being loaded, leadership is in doubt, or Raft takes no more this turn. */
export interface ParkedCommand {
  readonly origin: Origin
  readonly session: number
  /** Of origin and session together. */
  readonly sessionKey: number
  readonly sequence: number
  readonly version: number
  readonly protocol: number
  readonly flags: number
  /** RESP bytes of the command, its own copy. */
  readonly bytes: Uint8Array
  readonly keys: readonly string[]
  readonly expiresAtMs: number
}

/** Commands that one peer parks; more are refused as busy. */
export const PARKED_MAX = 20_000
export const PARKED_BYTES_MAX = 64 * 1024 * 1024
