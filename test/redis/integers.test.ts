import { describe, expect, test } from 'vitest'
import { Random } from '../../src/base/index.ts'
import { parseInteger } from '../../src/redis/integers.ts'

function parse(text: string): number | bigint | null {
  const bytes = Buffer.from(`9${text}9`, 'latin1')
  return parseInteger(bytes, 1, bytes.length - 1)
}

describe('parseInteger', () => {
  const refused = [
    '',
    '-',
    '+1',
    ' 1',
    '1 ',
    '01',
    '-0',
    '-01',
    '00',
    '1.0',
    '0x10',
    '1e3',
    '12a',
    '123456789012345a',
    '1234567890123456x',
    '9223372036854775808',
    '-9223372036854775809',
    '99999999999999999999',
    '111111111111111111111',
    '--1',
    '1-',
  ]
  for (const text of refused) test(`refuses ${JSON.stringify(text)}`, () => expect(parse(text)).toBe(null))

  const taken: [string, number | bigint][] = [
    ['0', 0],
    ['9', 9],
    ['-9', -9],
    ['10', 10],
    ['999999999999999', 999999999999999],
    ['-999999999999999', -999999999999999],
    ['9007199254740991', 9007199254740991],
    ['9007199254740992', 9007199254740992n],
    ['9223372036854775807', 2n ** 63n - 1n],
    ['-9223372036854775808', -(2n ** 63n)],
  ]
  for (const [text, value] of taken) test(`takes ${text}`, () => expect(parse(text)).toBe(value))

  test('takes the decimal spelling of any 64-bit integer', () => {
    const random = new Random('integers')
    for (let i = 0; i < 20_000; i++) {
      const wide = (BigInt(random.u32()) << 32n) | BigInt(random.u32())
      const value = BigInt.asIntN(64, wide) >> BigInt(random.below(64))
      const found = parse(String(value))
      if (found === null) expect.fail(`${value}`)
      else expect(BigInt(found)).toBe(value)
      expect(typeof found).toBe(Number.isSafeInteger(Number(value)) ? 'number' : 'bigint')
    }
  })
})
