/** An error reply, as a value: whether it is thrown is the caller's choice. */
export class ReplyError extends Error {
  override readonly name = 'ReplyError'
  /** The first word. */
  readonly code: string
  constructor(text: string) {
    super(text)
    const space = text.indexOf(' ')
    this.code = space < 0 ? text : text.slice(0, space)
  }
}

/** A message that answers no command. */
export class Push {
  readonly values: readonly Reply[]
  constructor(values: readonly Reply[]) {
    this.values = values
  }
}

export type Reply =
  | string
  | number
  | bigint
  | boolean
  | null
  | Uint8Array
  | ReplyError
  | Push
  | Reply[]
  | Set<Reply>
  | Map<Reply, Reply>

export class ReplyParser {
  push(chunk: Uint8Array): void {
    void chunk
  }
  /** Undefined: more bytes are needed. */
  next(): Reply | undefined {
    return undefined
  }
}
