/**
 * Errors that a user can see, with codes that stay. The same in replies (`-CODE message`), in HTTP
 * (`error.code`) and in the embedded API (`CellariumError.code`).
 */
export const errorCodes = {
  ERR: 'the command is wrong, and nothing was done',
  WRONGTYPE: 'the key holds a value of another type, and nothing was done',
  NOAUTH: 'a password is asked for',
  WRONGPASS: 'the password is wrong',
  NOPERM: 'this server does not permit that command',
  UNKNOWN: 'sent, fate unknown: it was never run a second time',
  UNAVAILABLE: 'not executed within the request time-out: safe to send again',
  CROSSCELL: 'the keys of one atomic command lie in different cells',
  BUSY: 'not executed: a queue is full',
  TOOBIG: 'larger than a limit permits',
  MISCONF: 'not executed: a disk is full, or a store has stopped',
  LOADING: 'not executed: the server is starting',
} as const

/** The codes of the table, which stay what they are. */
export type ErrorCode = keyof typeof errorCodes

/** What asking the store may reject with: `code` says what became of the command, `message` is for people. */
export class CellariumError extends Error {
  override readonly name = 'CellariumError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

/** A mistake in set-up: a flag, a port, a directory. Printed as one line; the program ends with code 1. */
export class SetUpError extends Error {
  override readonly name = 'SetUpError'
}
