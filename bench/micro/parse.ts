import { Arguments, encodeCommand, lookupCommand, ReplyParser, RequestParser } from '../../src/redis/index.ts'
import type { MicroSuite } from './suite.ts'

const COMMANDS = 256
const LIMITS = { argumentBytesMax: 64 * 1024 * 1024, queryBytesMax: 65 * 1024 * 1024 }

export const parse: MicroSuite = {
  name: 'parse',
  about: 'a command is read from the bytes of its connection, and looked up in the table',
  async open() {
    const value = 'v'.repeat(64)
    const command = (i: number, ...words: string[]) => encodeCommand([...words, `key:${String(i).padStart(12, '0')}`])
    const sets = Array.from({ length: COMMANDS }, (_, i) =>
      encodeCommand(['SET', `key:${String(i).padStart(12, '0')}`, value]),
    )
    const gets = Array.from({ length: COMMANDS }, (_, i) => command(i, 'GET'))
    const together = Buffer.concat(sets)
    const odd = piecesOf(together, 1009)
    const replies = Buffer.from('+OK\r\n'.repeat(COMMANDS))
    const parser = new RequestParser(LIMITS)
    const args = new Arguments()
    const replyParser = new ReplyParser()
    const read = (chunks: readonly Uint8Array[]): void => {
      let count = 0
      for (const chunk of chunks) {
        parser.push(chunk)
        while (parser.next(args) === 'command') if (lookupCommand(args) !== undefined) count++
      }
      if (count !== COMMANDS) throw new Error(`${count} commands were read`)
    }
    return {
      tasks: [
        { name: 'SET, all in one chunk', operations: COMMANDS, run: () => read([together]) },
        { name: 'SET, a chunk each', operations: COMMANDS, run: () => read(sets) },
        { name: 'SET, chunks that cut it', operations: COMMANDS, run: () => read(odd) },
        { name: 'GET, a chunk each', operations: COMMANDS, run: () => read(gets) },
        {
          name: 'a reply, as a value',
          operations: COMMANDS,
          run: () => {
            replyParser.push(replies)
            while (replyParser.next() !== undefined);
          },
        },
      ],
      close() {},
    }
  },
}

function piecesOf(bytes: Uint8Array, size: number): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size))
  return pieces
}
