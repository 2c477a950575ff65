import type { Arguments } from './arguments.ts'
import type { CommandRow } from './row.ts'

/** Error replies in Redis's own words, code first, without the leading `-`. Clients and their tests compare them. */
export const texts = {
  syntax: 'ERR syntax error',
  notInteger: 'ERR value is not an integer or out of range',
  overflow: 'ERR increment or decrement would overflow',
  decrementOverflow: 'ERR decrement would overflow',
  notFloat: 'ERR value is not a valid float',
  notFinite: 'ERR increment would produce NaN or Infinity',
  offsetOutOfRange: 'ERR offset is out of range',
  noSuchKey: 'ERR no such key',
  sameObject: 'ERR source and destination objects are the same',
  databaseOutOfRange: 'ERR DB index is out of range',
  expireNxConflict: 'ERR NX and XX, GT or LT options at the same time are not compatible',
  expireGtLtConflict: 'ERR GT and LT options at the same time are not compatible',
  wrongType: 'WRONGTYPE Operation against a key holding the wrong kind of value',
} as const

/** What `%s` and `%.128s` quote of a client's bytes: a C string ends at its first NUL. */
export function quoted(args: Arguments, i: number, bytesMax = Number.POSITIVE_INFINITY): string {
  const characters = args.latin1(i)
  const nul = characters.indexOf('\0')
  return (nul < 0 ? characters : characters.slice(0, nul)).slice(0, bytesMax)
}

/** Ours, where Redis speaks of its own setting. */
export function tooBigText(valueBytesMax: number): string {
  return `TOOBIG value larger than value-max (${valueBytesMax} bytes)`
}

/** A longer key would be a burden to whoever keeps it, with every part of its value. */
export const KEY_BYTES_MAX = 1024 * 1024
export const tooBigKeyText = `TOOBIG a key is at most ${KEY_BYTES_MAX} bytes long`

/** For a name that `lookupCommand` does not know; `container` is the row of its first word, if there is one. */
export function unknownCommandText(args: Arguments, container: CommandRow | undefined): string {
  if (container !== undefined) {
    return `ERR unknown subcommand '${quoted(args, 1, 128)}'. Try ${container.name.toUpperCase()} HELP.`
  }
  let beginning = ''
  for (let i = 1; i < args.count && beginning.length < 128; i++) {
    beginning += `'${quoted(args, i, 128 - beginning.length)}' `
  }
  return `ERR unknown command '${quoted(args, 0, 128)}', with args beginning with: ${beginning}`
}

export function wrongArityError(row: CommandRow): string {
  return `ERR wrong number of arguments for '${row.name}' command`
}

export function invalidExpireError(row: { readonly name: string }): string {
  return `ERR invalid expire time in '${row.name}' command`
}

const DATABASE_MAX = 0x7fff_ffff
const DATABASE_MIN = -0x8000_0000

/** Null for an argument that is the number of the one database, 0. */
export function databaseFault(args: Arguments, i: number): string | null {
  const database = args.integer(i)
  if (database === null) return texts.notInteger
  if (database > DATABASE_MAX || database < DATABASE_MIN) {
    return `ERR value is out of range, value must between ${DATABASE_MIN} and ${DATABASE_MAX}`
  }
  return database === 0 ? null : texts.databaseOutOfRange
}
