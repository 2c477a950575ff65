/** Commands by chance: few keys, values and options that are near to what is wrong. */
import type { Random } from '../../src/base/index.ts'
import { commands } from '../../src/redis/index.ts'

export const KEYS = ['a', 'b', 'c', '\0\xff\r\n']
export const VALUES = [
  '',
  '1',
  '-1',
  '10',
  '9223372036854775807',
  '-9223372036854775808',
  '9223372036854775806',
  '007',
  'x',
  ' 1',
  'text\r\n\0',
  '9007199254740993',
  'v'.repeat(300),
]
const FLOATS = [
  '0',
  '1.5',
  '-0.1',
  '0.3',
  '1e3',
  '1e-17',
  '-2.5e-9',
  '0x1.8p3',
  '3.14159265358979323846',
  '123456789012345678.9',
  '1e30',
  '5e-324',
  '-0',
  '.5',
  '5.',
  '+7',
  'inf',
  '-Infinity',
  'nan',
  '1e4932',
  '1e9999',
  '1e-9999',
  '0e9999',
  ' 1',
  '1x',
  '',
]
const INDEXES = [
  '0',
  '1',
  '-1',
  '-2',
  '2',
  '5',
  '-5',
  '100',
  '-400',
  '9223372036854775807',
  '-9223372036854775808',
  'x',
]
const BAD_TIMES = [
  '0',
  '-1',
  'x',
  '1.5',
  '9223372036854775807',
  '-9223372036854775808',
  '9223372036854775',
  '9223372036854776',
  '-9223372036854775',
  '-9223372036854776',
  '01',
  '',
]
const WORDS = ['NX', 'xx', 'GET', 'KEEPTTL', 'EX', 'px', 'EXAT', 'PXAT', 'GT', 'lt', 'PERSIST', '', 'nope']

/**
 * Whole seconds far from any other, so that no reply hangs on how many milliseconds a round takes; now and then what is
 * no time at all.
 */
function seconds(random: Random): string {
  return random.chance(0.3) ? random.pick(BAD_TIMES) : String(1000 * random.between(1, 1_000_000))
}

export function anyCommand(random: Random, nowSeconds: number): string[] {
  const key = () => random.pick(KEYS)
  const value = () => random.pick(VALUES)
  const several = (make: () => string, most: number) => Array.from({ length: random.between(1, most) }, make)
  const word = (text: string) => (random.chance(0.3) ? text.toLowerCase() : text)
  const time = () =>
    random.chance(0.2) ? random.pick(BAD_TIMES) : String(nowSeconds + 1000 * random.between(-2, 1_000_000) + 500)
  const conditions = () =>
    random.chance(0.5) ? [] : several(() => random.pick(['NX', 'XX', 'GT', 'LT', 'nx', 'gt', 'no']), 2)
  switch (random.below(48)) {
    case 0:
    case 1:
      return [word('GET'), key()]
    case 2:
    case 3:
      return [word('SET'), key(), value()]
    case 4:
    case 5: {
      const options: string[] = []
      for (let i = random.between(1, 3); i > 0; i--) {
        const option = random.pick(WORDS)
        options.push(option)
        if (/^(ex|px)$/i.test(option) && random.chance(0.9)) options.push(seconds(random))
        if (option === 'EXAT' && random.chance(0.9)) options.push(String(nowSeconds + 1000 * random.between(-2, 1000)))
        if (option === 'PXAT' && random.chance(0.9))
          options.push(String((nowSeconds + 1000 * random.between(1, 1000)) * 1000))
      }
      return ['SET', key(), value(), ...options]
    }
    case 6:
      return [word('MGET'), ...several(key, 4)]
    case 7:
      return ['MSET', ...several(key, 3).flatMap((one) => [one, value()]), ...(random.chance(0.2) ? [key()] : [])]
    case 8:
      return [random.pick(['DEL', 'UNLINK']), ...several(key, 3)]
    case 9:
      return ['EXISTS', ...several(key, 4)]
    case 10:
      return ['TYPE', key()]
    case 11:
    case 12:
      return [random.pick(['INCR', 'DECR']), key()]
    case 13:
    case 14:
      return [random.pick(['INCRBY', 'DECRBY']), key(), value()]
    case 15:
      return ['APPEND', key(), value()]
    case 16:
      return ['STRLEN', key()]
    case 17:
    case 18:
      return [random.pick(['EXPIRE', 'PEXPIRE']), key(), seconds(random), ...conditions()]
    case 19:
      return [random.pick(['TTL', 'PTTL', 'EXPIRETIME', 'PEXPIRETIME']), key()]
    case 20:
      return ['PERSIST', key()]
    case 21:
      return random.chance(0.8)
        ? ['DBSIZE']
        : random.pick([
            ['FLUSHALL'],
            ['FLUSHALL', 'ASYNC'],
            ['FLUSHALL', 'NOW'],
            ['flushall', 'SYNC', 'x'],
            ['FLUSHDB', 'SYNC'],
            ['FLUSHDB', 'x'],
          ])
    case 23:
      return ['EXPIREAT', key(), time(), ...conditions()]
    case 24: {
      const at = time()
      return ['PEXPIREAT', key(), /^\d{10,12}$/.test(at) ? `${at}000` : at, ...conditions()]
    }
    case 25:
      return ['SETNX', key(), value()]
    case 26:
      return [random.pick(['SETEX', 'PSETEX']), key(), seconds(random), value()]
    case 27:
      return ['GETSET', key(), value()]
    case 28:
      return ['GETDEL', key()]
    case 29:
    case 30: {
      const options: string[] = []
      for (let i = random.between(0, 2); i > 0; i--) {
        const option = random.pick(WORDS)
        options.push(option)
        if (/^(ex|px)$/i.test(option) && random.chance(0.9)) options.push(seconds(random))
        if (option === 'EXAT' && random.chance(0.9)) options.push(String(nowSeconds + 1000 * random.between(-2, 1000)))
      }
      return ['GETEX', key(), ...options]
    }
    case 31:
    case 32:
      // What would be longer than a value may be is told in words of our own.
      return ['SETRANGE', key(), random.pick(['0', '1', '5', '300', '-1', 'x', '01']), value()]
    case 33:
    case 34:
      return [random.pick(['GETRANGE', 'SUBSTR']), key(), random.pick(INDEXES), random.pick(INDEXES)]
    case 35:
    case 36:
    case 37:
      return ['INCRBYFLOAT', key(), random.pick(FLOATS)]
    case 38:
      return ['SET', key(), random.pick(FLOATS)]
    case 39: {
      const options = ['IDX', 'len', 'WITHMATCHLEN', 'MINMATCHLEN', 'nope']
      const chosen = random.chance(0.3) ? [] : several(() => random.pick(options), 2)
      return [
        'LCS',
        key(),
        key(),
        ...chosen.flatMap((one) => (/^min/i.test(one) ? [one, random.pick(INDEXES)] : [one])),
      ]
    }
    case 40:
      return ['SET', key(), Array.from({ length: random.below(20) }, () => random.pick(['a', 'b', 'c'])).join('')]
    case 41:
      return ['MSETNX', ...several(key, 3).flatMap((one) => [one, value()]), ...(random.chance(0.2) ? [key()] : [])]
    case 42:
      return ['TOUCH', ...several(key, 4)]
    case 43:
      return [random.pick(['RENAME', 'RENAMENX']), key(), key()]
    case 44: {
      const options = random.chance(0.4) ? [] : several(() => random.pick(['REPLACE', 'DB', '0', 'nope']), 3)
      return ['COPY', key(), key(), ...options]
    }
    case 45:
      return ['OBJECT', random.pick(['ENCODING', 'refcount', 'IDLETIME', 'FREQ', 'nope']), key()]
    case 46: {
      const options = random.chance(0.5) ? [] : ['SAMPLES', random.pick(INDEXES)]
      return ['MEMORY', random.pick(['USAGE', 'nope']), key(), ...options]
    }
    case 22:
      // Too few or too many words.
      return [random.pick(commands.filter((row) => !row.internal && row.where === 'cell')).name, ...several(key, 5)]
    default:
      return random.pick([
        ['NOPE', ...several(value, 6)],
        ['x'.repeat(150), 'y'.repeat(150)],
        ['CLIENT', value()],
        ['CONFIG'],
        ['ECHO', value()],
        ['ECHO'],
        ['COMMAND', 'GETKEYS', ...anyCommand(random, nowSeconds)],
        ['COMMAND', 'LIST', 'FILTERBY', value()],
      ])
  }
}
