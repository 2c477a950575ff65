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
  /** It shares a key with every other. */
  readonly wholeRange: boolean
  readonly expiresAtMs: number
  /** In which it was taken from the mailbox: only what confirms leadership after that confirms it for this command. */
  readonly turn: number
  /** The last of its keys that is being asked of the engine for it. */
  lastWanted: string | null
}

const COMMANDS_MAX = 20_000
/** Of all peers of a store together. */
const BYTES_MAX = 64 * 1024 * 1024
/** What a parked command costs beside its bytes and its keys. Roughly. */
const COMMAND_BYTES = 256

/** Shared by the peers of a store: a bound for each of them would be none when a store has thousands. */
export class ParkingBudget {
  bytes = 0
  readonly bytesMax: number

  constructor(bytesMax: number = BYTES_MAX) {
    this.bytesMax = bytesMax
  }

  get isSpent(): boolean {
    return this.bytes >= this.bytesMax
  }
}

/**
 * The commands that one peer has parked, in order of arrival. A later command may overtake one of them only if they
 * share neither a key nor the connection (rule 9).
 */
export class Parking {
  readonly #budget: ParkingBudget
  #commands: ParkedCommand[] = []
  #bytes = 0
  readonly #sessions = new Set<number>()
  readonly #keys = new Set<string>()
  /** A command over the whole range is parked. */
  #wholeRange = false

  constructor(budget: ParkingBudget) {
    this.#budget = budget
  }

  get isEmpty(): boolean {
    return this.#commands.length === 0
  }

  get length(): number {
    return this.#commands.length
  }

  get isFull(): boolean {
    return this.#commands.length >= COMMANDS_MAX || this.#budget.isSpent
  }

  add(command: ParkedCommand): void {
    this.#commands.push(command)
    const bytes = command.bytes.length + COMMAND_BYTES
    this.#bytes += bytes
    this.#budget.bytes += bytes
    this.#sessions.add(command.sessionKey)
    if (command.wholeRange) this.#wholeRange = true
    for (const key of command.keys) this.#keys.add(key)
  }

  /** Must a command wait behind those that are parked? */
  holdsBack(sessionKey: number, keys: readonly string[], wholeRange: boolean): boolean {
    if (this.#commands.length === 0) return false
    if (this.#wholeRange || wholeRange || this.#sessions.has(sessionKey)) return true
    for (const key of keys) if (this.#keys.has(key)) return true
    return false
  }

  /** Does one of them name this key? */
  awaits(key: string): boolean {
    return this.#keys.has(key)
  }

  /** Empties the parking: whoever cannot go yet is added again, in the same order. */
  takeAll(): readonly ParkedCommand[] {
    const commands = this.#commands
    this.#commands = []
    this.#budget.bytes -= this.#bytes
    this.#bytes = 0
    this.#sessions.clear()
    this.#keys.clear()
    this.#wholeRange = false
    return commands
  }
}
