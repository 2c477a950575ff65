import {
  Arguments,
  checkArity,
  commandReply,
  lookupCommand,
  ReplyWriter,
  RequestParser,
  unknownCommandError,
  wrongArityError,
} from '../../src/redis/index.ts'
import { ModelKeyspace } from './model-keyspace.ts'

/** The shortest server there is: one connection, one cell, bytes in and bytes out. What a gateway and a leader do. */
export class Front {
  readonly keyspace = new ModelKeyspace()
  readonly args = new Arguments()
  readonly reply = new ReplyWriter()
  readonly parser = new RequestParser({ argumentBytesMax: 512 * 1024 * 1024, queryBytesMax: 1024 * 1024 * 1024 })

  /** All replies to these bytes, the error that ends the connection included. */
  feed(bytes: Uint8Array): Buffer {
    this.reply.reset()
    this.parser.push(bytes)
    for (;;) {
      const outcome = this.parser.next(this.args)
      if (outcome === 'more') break
      if (outcome !== 'command') {
        this.reply.errorText(outcome.text)
        break
      }
      this.run()
    }
    return Buffer.from(this.reply.bytes())
  }

  run(): void {
    const { args, reply } = this
    const row = lookupCommand(args)
    if (row === undefined || row.internal) reply.errorText(unknownCommandError(args))
    else if (!checkArity(row, args)) reply.errorText(wrongArityError(row))
    else if (row.execute !== null) row.execute(args, this.keyspace, reply)
    else if (row.answer !== null) row.answer(args, reply)
    else if (row.name.startsWith('command')) commandReply(args, reply)
    else reply.error('ERR', `${row.name} needs a session`)
  }

  /** A command as a person types it; its reply as text, CR LF shown as a space. */
  type(line: string): string {
    return this.feed(Buffer.from(`${line}\r\n`, 'latin1'))
      .toString('latin1')
      .trimEnd()
      .replaceAll('\r\n', ' ')
  }
}
