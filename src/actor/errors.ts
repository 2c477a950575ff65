/** What an ask, a spawn or a stop may reject with. `code` is stable; the message is for people. */
export type ActorErrorCode =
  | 'AskTimeout'
  | 'ActorStopped'
  | 'ExecutorLost'
  | 'MailboxFull'
  | 'Aborted'
  | 'NameTaken'
  | 'SystemStopped'

/** What was thrown, or is no plain data, as text for the log. */
export function errorText(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}

/** What all errors of the runtime have in common. */
export class ActorError extends Error {
  override readonly name: string
  readonly code: ActorErrorCode

  constructor(code: ActorErrorCode, message: string) {
    super(message)
    this.code = code
    this.name = code
  }
}

/** No reply within the time limit. The message may have been handled, or still be. */
export class AskTimeout extends ActorError {
  constructor(message: string) {
    super('AskTimeout', message)
  }
}

/** There is no such actor, or it stopped with the message in its mailbox: never handled. */
export class ActorStopped extends ActorError {
  constructor(message: string) {
    super('ActorStopped', message)
  }
}

/** The thread of the actor exited before it replied. */
export class ExecutorLost extends ActorError {
  /** `never`: the thread had not taken the message, so it was not handled. `unknown`: it had. */
  readonly handled: 'never' | 'unknown'

  constructor(message: string, handled: 'never' | 'unknown') {
    super('ExecutorLost', message)
    this.handled = handled
  }
}

/** The mailbox, the ring or the queue behind it had no room: never handled. */
export class MailboxFull extends ActorError {
  constructor(message: string) {
    super('MailboxFull', message)
  }
}

/** The caller's AbortSignal fired. The message may have been handled, or still be. */
export class Aborted extends ActorError {
  constructor(message: string) {
    super('Aborted', message)
  }
}

/** A living actor has that name. */
export class NameTaken extends ActorError {
  constructor(message: string) {
    super('NameTaken', message)
  }
}

/** The system is stopping or has stopped. */
export class SystemStopped extends ActorError {
  constructor(message: string) {
    super('SystemStopped', message)
  }
}
