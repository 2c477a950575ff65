/** What a gateway is made of: arguments that can travel to its thread, and edges that are there. */
import type { Clock, Random } from '../base/index.ts'
import type { CommandBatch, Options, SettingChanged, Topology } from '../model/index.ts'
import type { DebugPort, Listener, ProcessPort, SettingsPort } from './edges.ts'

export interface GatewayArgs {
  readonly options: Options
  readonly topology: Topology
  /** Its own, by which stores and PD find it. */
  readonly name: string
  /** The names of the other gateways: a CONFIG SET is told to them. */
  readonly others?: readonly string[]
  /** What CONFIG SET had changed before it was started. */
  readonly changes?: readonly SettingChanged[]
  /** Of the product, for INFO. */
  readonly version: string
}

/** What the gateway is made on: the actor passes the runtime's, a test its own. */
export interface GatewayEdges {
  readonly clock: Clock
  readonly random: Random
  readonly executor: number
  readonly listener: Listener
  readonly process: ProcessPort
  readonly settings: SettingsPort
  readonly debug: DebugPort | null
  /** `turn` is to be called at the end of this pass. */
  requestTurn(): void
  /** `receive({ kind: 'tick' })` after so long; the wish before it is void. */
  wakeAfter(delayMs: number): void
  sendCommands(executor: number, batch: CommandBatch): boolean
  askForRoutes(): void
  /** False: it is not there, or has no room. */
  tellGateway(name: string, message: SettingChanged): boolean
}
