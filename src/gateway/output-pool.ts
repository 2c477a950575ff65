import { ReplyWriter } from '../redis/index.ts'

const SPARE_MAX = 256
const BYTES_FIRST = 1024

/** Output buffers, lent to sessions for as long as there is something in them: idle connections have none. */
export class OutputPool {
  readonly #spare: ReplyWriter[] = []

  lend(): ReplyWriter {
    return this.#spare.pop() ?? new ReplyWriter()
  }

  takeBack(writer: ReplyWriter): void {
    writer.reset()
    if (this.#spare.length < SPARE_MAX) this.#spare.push(writer)
  }

  /** The writer's bytes were given away: it gets others. */
  renew(writer: ReplyWriter): void {
    writer.buffer = Buffer.allocUnsafeSlow(BYTES_FIRST)
  }
}
