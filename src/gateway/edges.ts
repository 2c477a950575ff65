/** What the gateway is handed by whoever makes its executor: sockets, the process, and tools for drills. */
import { type EdgeToken, edge } from '../actor/index.ts'
import type { SettingChanged } from '../model/index.ts'

/** One client's connection. The gateway never closes over a socket: the simulator brings its own. */
export interface Connection {
  /** `host:port`. */
  readonly remoteAddress: string
  readonly localAddress: string
  /** Written, and not yet taken by the other side's system. */
  readonly bufferedBytes: number
  /**
   * True: nothing refers to the bytes any more, and their memory may be used again. False: they must stay as they are.
   * When more than a few hundred kilobytes have gathered, `onDrain` tells when all of it is gone.
   */
  write(bytes: Uint8Array): boolean
  /** No more `onData` until `resume`. */
  pause(): void
  resume(): void
  /** Closes when everything written has left. */
  end(): void
  /** Closes now. */
  destroy(): void
}

/**
 * What happens to a connection. Never called from within a method of `Connection`; nothing is called after `onClose`,
 * which always comes.
 */
export interface ConnectionHandler {
  /** The chunk is the handler's own from now on. */
  onData(chunk: Uint8Array): void
  onDrain(): void
  /** The client sends no more, but may still read. */
  onEnd(): void
  onClose(): void
}

/** Takes a connection and returns its handler; or null, and it is closed when what was written has left. */
export type Accept = (connection: Connection) => ConnectionHandler | null

/** Where connections come from. */
export interface Listener {
  readonly host: string
  readonly port: number
  /** Connections are given to `accept`, also those that came before. */
  attach(accept: Accept): void
  /** Takes no connection until `attach` is called again; those that come meanwhile are closed. */
  detach(): void
}

export const listenerEdge: EdgeToken<Listener> = edge<Listener>('listener')

/** DEBUG, for drills; asked for only with `--enable-debug-command yes`. A `System` fits. */
export interface DebugPort {
  /** Throws in that thread. */
  crashExecutor(executor: number): void
  /** Blocks that thread. */
  pauseExecutor(executor: number, durationMs: number): void
}

export const debugEdge: EdgeToken<DebugPort> = edge<DebugPort>('debug')

/** What CONFIG SET has changed since the start, kept by whoever outlives the gateway: of each option the latest change. */
export interface SettingsPort {
  readonly changes: Iterable<SettingChanged>
  /** One that is no later than what is kept is passed over. */
  note(change: SettingChanged): void
}

export const settingsEdge: EdgeToken<SettingsPort> = edge<SettingsPort>('settings')

/** What INFO tells about the process. */
export interface ProcessPort {
  readonly id: number
  readonly platform: string
  /** Of the machine. */
  readonly memoryBytes: number
  usage(): {
    readonly heapBytes: number
    readonly residentBytes: number
    readonly userMs: number
    readonly systemMs: number
  }
}

export const processEdge: EdgeToken<ProcessPort> = edge<ProcessPort>('process')
