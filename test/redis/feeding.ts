import { Arguments, ProtocolError, RequestParser } from '../../src/redis/index.ts'
import type { Meaning, ReferenceLimits } from './reference-parser.ts'

export const usualLimits: ReferenceLimits = {
  argumentBytesMax: 64 * 1024 * 1024,
  queryBytesMax: 65 * 1024 * 1024,
  authenticated: true,
}

/** What a parser makes of chunks. Each chunk's memory is overwritten as soon as the parser says that it is free. */
export function fed(chunks: Iterable<Uint8Array>, limits: ReferenceLimits = usualLimits): Meaning {
  const parser = new RequestParser(limits)
  parser.authenticated = limits.authenticated
  const args = new Arguments()
  const commands: string[][] = []
  for (const chunk of chunks) {
    const own = Buffer.from(chunk)
    parser.push(own)
    const error = drain(parser, args, commands)
    if (error !== null) return { commands, error }
    own.fill(0x21)
  }
  return { commands, error: null }
}

/** Takes all that is to be had; the text of the error that ended it, if one did. */
export function drain(parser: RequestParser, args: Arguments, commands: string[][]): string | null {
  for (;;) {
    const outcome = parser.next(args)
    if (outcome instanceof ProtocolError) return outcome.text
    if (outcome === 'more') return null
    commands.push(words(args))
  }
}

export function words(args: Arguments): string[] {
  const found: string[] = []
  for (let i = 0; i < args.count; i++) found.push(args.key(i))
  return found
}

export function* everyByte(bytes: Uint8Array): Generator<Uint8Array> {
  for (let i = 0; i < bytes.length; i++) yield bytes.subarray(i, i + 1)
}
