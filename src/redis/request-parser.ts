import { EMPTY } from '../base/index.ts'
import type { Arguments } from './arguments.ts'

export interface RequestLimits {
  /** The longest single argument; Redis's `proto-max-bulk-len`. */
  readonly argumentBytesMax: number
  /** The longest whole command, and with it what one connection may hold (`--client-query-max`); below 2^31. */
  readonly queryBytesMax: number
}

/** The bytes are not a command, and what follows them cannot be trusted: send `-text`, close the connection. */
export class ProtocolError {
  /** The whole error, code first. */
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

export class RequestParser {
  /** Before a password is given Redis takes small commands only. */
  authenticated: boolean
  constructor(limits: RequestLimits) {
    void limits
    this.authenticated = true
  }
  get heldBytes(): number {
    return 0
  }
  push(chunk: Uint8Array): void {
    void chunk
  }
  next(args: Arguments): 'command' | 'more' | ProtocolError {
    args.set(EMPTY, 0, 0, 0)
    return 'more'
  }
  keep(): void {}
}
