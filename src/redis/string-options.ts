import type { Arguments } from './arguments.ts'
import { parseExpiry } from './expiry.ts'
import type { Keyspace } from './keyspace.ts'
import type { CommandRow } from './row.ts'

/** The option words of SET and GETEX, a bit each. */
export const NX = 1
export const XX = 2
export const GET = 4
export const KEEPTTL = 8
const EX = 16
const PX = 32
const EXAT = 64
const PXAT = 128
export const PERSIST = 256
export const ANY_EXPIRY = EX | PX | EXAT | PXAT

/** What option words of one command came. One object serves command after command. */
export class StringOptions {
  words: number
  /** The index of the time behind EX, PX, EXAT or PXAT; 0: none was given. */
  expiryIndex: number

  constructor() {
    this.words = 0
    this.expiryIndex = 0
  }

  /** Reads the words from argument `first` on; false: they are a syntax error. */
  parse(args: Arguments, first: number, permitted: number): boolean {
    this.words = 0
    this.expiryIndex = 0
    for (let i = first; i < args.count; i++) {
      const word = wordAt(args, i) & permitted
      if (word === 0 || (this.words & excludedBy(word)) !== 0) return false
      if ((word & ANY_EXPIRY) !== 0) {
        i++
        if (i === args.count) return false
        this.expiryIndex = i
      }
      this.words |= word
    }
    return true
  }

  has(word: number): boolean {
    return (this.words & word) !== 0
  }

  /** The absolute time that was given, in milliseconds; or the text of an error. For when there is an `expiryIndex`. */
  expiry(args: Arguments, keyspace: Keyspace, row: CommandRow): number | string {
    const baseMs = this.has(EX | PX) ? keyspace.nowMs : 0
    return parseExpiry(args, this.expiryIndex, this.has(EX | EXAT), baseMs, row)
  }
}

/** The bit of the option word at `i`, 0 for any other word. */
function wordAt(args: Arguments, i: number): number {
  switch (args.length(i)) {
    case 2:
      if (args.is(i, 'ex')) return EX
      if (args.is(i, 'px')) return PX
      if (args.is(i, 'nx')) return NX
      return args.is(i, 'xx') ? XX : 0
    case 3:
      return args.is(i, 'get') ? GET : 0
    case 4:
      if (args.is(i, 'exat')) return EXAT
      return args.is(i, 'pxat') ? PXAT : 0
    case 7:
      if (args.is(i, 'keepttl')) return KEEPTTL
      return args.is(i, 'persist') ? PERSIST : 0
    default:
      return 0
  }
}

/** What may not stand beside an option. The same expiry option may come twice, and the last one counts. */
function excludedBy(option: number): number {
  switch (option) {
    case NX:
      return XX
    case XX:
      return NX
    case GET:
      return 0
    case KEEPTTL:
    case PERSIST:
      return ANY_EXPIRY
    default:
      return KEEPTTL | PERSIST | (ANY_EXPIRY & ~option)
  }
}
