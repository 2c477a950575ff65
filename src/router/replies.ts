/** The replies that the router itself gives, as RESP bytes. */
import { fromLatin1 } from '../base/index.ts'

/** The whole error, code first. */
export function errorReply(text: string): Uint8Array {
  return fromLatin1(`-${text}\r\n`)
}

export const replies = {
  /** A write of which no answer told whether it was executed. */
  unknown: errorReply('UNKNOWN the fate of this command is not known: it was not sent a second time'),
  /** Of a write over several cells some parts were executed, and others were not in time. */
  partly: errorReply('UNKNOWN some parts of this command were executed and others were not'),
  unavailable: errorReply('UNAVAILABLE not executed within the request time-out: safe to send again'),
  overtaken: errorReply('UNAVAILABLE not executed, while a command behind it was: safe to send again'),
  stopped: errorReply('MISCONF not executed: the disk of a store is full, or the store has stopped'),
} as const

export function crossCell(first: Uint8Array, second: Uint8Array): Uint8Array {
  return errorReply(
    `CROSSCELL the keys ${quoted(first)} and ${quoted(second)} lie in different cells: keys with one {tag} never do`,
  )
}

const QUOTED_BYTES_MAX = 128

/** As Redis prints bytes in an error: what is not printable ASCII is escaped. */
function quoted(key: Uint8Array): string {
  let text = ''
  for (const byte of key.subarray(0, QUOTED_BYTES_MAX)) {
    if (byte === 39 || byte === 92) text += `\\${String.fromCharCode(byte)}`
    else if (byte >= 32 && byte < 127) text += String.fromCharCode(byte)
    else text += `\\x${byte.toString(16).padStart(2, '0')}`
  }
  return `'${text}${key.length > QUOTED_BYTES_MAX ? '...' : ''}'`
}
