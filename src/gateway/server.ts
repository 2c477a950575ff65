import type { Clock, Random } from '../base/index.ts'
import type { GatewayFacts, Topology } from '../model/index.ts'
import type { Arguments, ReplyWriter } from '../redis/index.ts'
import type { DebugPort, ProcessPort } from './edges.ts'
import type { Session } from './session.ts'
import type { Settings, Wish } from './settings.ts'

/** Counted since the start, or the last CONFIG RESETSTAT. */
export class Statistics {
  connections = 0
  rejected = 0
  commands = 0
  inputBytes = 0
  outputBytes = 0
  #sampledAtMs: number
  #sampledCommands = 0
  #perSecond = 0

  constructor(nowMs: number) {
    this.#sampledAtMs = nowMs
  }

  reset(): void {
    this.connections = 0
    this.rejected = 0
    this.commands = 0
    this.inputBytes = 0
    this.outputBytes = 0
    this.#sampledCommands = 0
    this.#perSecond = 0
  }

  /** Commands a second since it was asked last; while less than a second has gone by, what was found then. */
  commandsPerSecond(nowMs: number): number {
    const elapsedMs = nowMs - this.#sampledAtMs
    if (elapsedMs >= 1000) {
      this.#perSecond = Math.round(((this.commands - this.#sampledCommands) * 1000) / elapsedMs)
      this.#sampledAtMs = nowMs
      this.#sampledCommands = this.commands
    }
    return this.#perSecond
  }
}

/** What the session commands know of the server, and may do to it. */
export interface Server {
  readonly settings: Settings
  readonly statistics: Statistics
  readonly facts: GatewayFacts
  readonly topology: Topology
  readonly clock: Clock
  readonly random: Random
  readonly process: ProcessPort
  readonly debug: DebugPort | null
  /** The executor that the gateway lives on. */
  readonly executor: number
  readonly port: number
  /** Of the product. */
  readonly version: string
  /** Forty hexadecimal digits, new at each start. */
  readonly runId: string
  readonly startedAtMs: number
  /** Of the present pass, monotonic. */
  readonly nowMs: number
  readonly sessions: ReadonlyMap<number, Session>
  /** Closes a connection once the replies it is owed have left; another one's now. */
  kill(session: Session): void
  /** Wishes that the settings have found good: here and at the other gateways. */
  change(wishes: readonly Wish[]): void
}

/** Writes one reply; or none, which only CLIENT REPLY does. */
export type SessionCommand = (session: Session, args: Arguments, reply: ReplyWriter, server: Server) => void
