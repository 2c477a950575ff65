/**
 * The Redis protocol and its commands, as pure functions of bytes.
 *
 * For: whoever reads requests (`RequestParser`), passes commands on (`parseCommand`, `encodeCommand`), finds out what
 * they are (`lookupCommand`, `CommandRow`), runs them (`row.execute` on a `Keyspace`), writes replies (`ReplyWriter`)
 * or reads them (`ReplyParser`).
 *
 * Promises: replies and errors are those of Redis 7.0.15 to the byte, in RESP2 and RESP3; keys and values are exact
 * bytes, integers exact to 64 bits; a command calls a writing function of its keyspace only for what it changes, and
 * writes one reply; what a hostile client sends costs memory only in proportion to what it has sent.
 *
 * Refuses: what is not the protocol, with the error after which Redis closes the connection; lengths beyond the limits
 * passed in.
 *
 * The caller: `push` a chunk, then `next` until it says `more` (or `keep`, to pause); then the chunk's memory is free
 * again. For each command `lookupCommand`, and for undefined or an internal row `unknownCommandError`; `checkArity`,
 * else `wrongArityError`; then, by `row.where`, its own code, or the cell's leader, which calls `row.execute` when all
 * the keys of the command are in memory. Nothing here may be kept beyond what each comment says.
 */
export { Arguments } from './arguments.ts'
export { commandBytes, encodeCommand, parseCommand } from './command-bytes.ts'
export { commandReply } from './command-reply.ts'
export { parseWait } from './durability.ts'
export { literalPrefix, matchGlob } from './glob.ts'
export type { Keyspace, StringValue, Walked } from './keyspace.ts'
export { bulkAt, elementEnd, integerAt, lineEnd } from './reply-bytes.ts'
export { Push, type Reply, ReplyError, ReplyParser } from './reply-parser.ts'
export { formatDouble, ReplyTooLarge, ReplyWriter } from './reply-writer.ts'
export { ProtocolError, type RequestLimits, RequestParser } from './request-parser.ts'
export type {
  Answer,
  CommandCategory,
  CommandFlag,
  CommandGroup,
  CommandRow,
  Execute,
  Spread,
} from './row.ts'
export {
  checkArity,
  commands,
  isCrossProtocolAttack,
  keysEnd,
  lookupCommand,
  unknownCommandError,
} from './table.ts'
export {
  databaseFault,
  invalidExpireError,
  KEY_BYTES_MAX,
  texts,
  tooBigKeyText,
  tooBigText,
  wrongArityError,
} from './texts.ts'
export { PAGE_KEYS_MAX, parseScan, type ScanRequest } from './walks.ts'
