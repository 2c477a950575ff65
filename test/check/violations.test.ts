import { expect, test } from 'vitest'
import { checkHistory } from './index.ts'
import { scenario } from './scenario.ts'

/** Each is a way in which a store has been wrong before, cut down to what proves it. */
const refused: Record<string, string> = {
  'a read that gives what was overwritten before it was sent (stale read)': `
    1  0-1  SET k a  OK
    1  2-3  SET k b  OK
    2  4-5  GET k    a`,
  'a read that goes back behind what an earlier read gave, while the write still runs': `
    1  0-9  SET k a  OK
    2  1-2  GET k    a
    3  3-4  GET k    nil`,
  'an acknowledged write that is gone at the end': `
    1  0-1  SET k a  OK
    2  8-9  GET k    nil`,
  'two increments that give the same number (lost update)': `
    1  0-3  INCR n  :1
    2  1-2  INCR n  :1`,
  'an increment that was applied twice': `
    1  0-1  INCR n  :1
    1  2-3  GET n   2`,
  'an increment of unknown fate that was applied twice': `
    1  0-1  INCR n  :1
    2  2-?  INCR n
    1  4-5  GET n   3`,
  'a write of unknown fate that took effect twice, with another between': `
    2  0-?  SET k a
    1  1-2  GET k    a
    1  3-4  SET k b  OK
    1  5-6  GET k    b
    1  7-8  GET k    a`,
  'a command that was not executed and is seen all the same': `
    1  0-x  SET k a
    2  1-2  GET k    a`,
  'a read from the future': `
    1  0-1  GET k    a
    2  2-3  SET k a  OK`,
  'a value that nobody wrote': `
    1  0-1  SET k a  OK
    1  2-3  GET k    z`,
  'replies that crossed between two requests of one connection': `
    1  0-1  MSET j a k b  OK
    1  2-4  GET j         b
    1  3-5  GET k         a`,
  'replies that crossed between two connections': `
    1  0-1  SET k a  OK
    2  0-1  SET j b  OK
    1  2-5  GET k    b
    2  3-4  GET j    a`,
  'pipelined commands of one connection on one key that changed places': `
    1  0-9  SET k a  OK
    1  1-9  SET k b  OK
    2  10-11  GET k  a`,
  'a pipelined read that did not see the write sent before it': `
    1  0-9  SET k a  OK
    1  1-9  GET k    nil`,
  'a write of unknown fate that took effect behind a later one of its connection': `
    1  0-?  SET k a
    1  1-2  SET k b  OK
    2  3-4  GET k    b
    2  5-6  GET k    a`,
  'pipelined writes of one connection to keys with one tag that changed places': `
    1  0-9  SET {t}a x  OK
    1  1-9  SET {t}b y  OK
    2  2-3  GET {t}b    y
    2  4-5  GET {t}a    nil`,
  'a deleted key that came back': `
    1  0-1  SET k a  OK
    1  2-3  DEL k    :1
    2  4-5  GET k    nil
    2  6-7  GET k    a`,
  'a key that came back after FLUSHALL': `
    1  0-1  SET k a    OK
    1  2-3  FLUSHALL   OK
    2  4-5  GET k      a`,
  'an expired key that came back': `
    1  0-1  SET k a PX 10  OK
    2  20-21  GET k        nil
    2  22-23  GET k        a`,
  'a key that died long before its time': `
    1  0-1  SET k a PX 1000  OK
    2  20-21  GET k          nil`,
  'a key that lives long after its time': `
    1  0-1  SET k a PX 10  OK
    2  40-41  GET k        a`,
  'a time to live that grew': `
    1  0-1  SET k a PX 1000  OK
    2  500-501  PTTL k       :900`,
  'a key that was made immortal and died': `
    1  0-1  SET k a PX 10  OK
    1  2-3  PERSIST k      :1
    2  40-41  GET k        nil`,
  'two clients that both made the same key': `
    1  0-3  SET k a NX  OK
    2  1-2  SET k b NX  OK`,
  'two clients that both deleted the same value': `
    1  0-1  SET k a  OK
    2  2-5  DEL k    :1
    3  3-4  DEL k    :1`,
  'half of an MSET on keys with one tag': `
    1  0-9  MSET {t}a 1 {t}b 2  OK
    2  1-2  MGET {t}a {t}b      [1 nil]`,
  'an MSET of which one key was never written': `
    1  0-1  MSET a 1 b 2  OK
    2  2-3  MGET a b      [1 nil]`,
  'appends of which one is missing': `
    1  0-3  APPEND k aa  :2
    2  1-2  APPEND k bb  :4
    1  4-5  GET k        aa`,
  'a length that no value had': `
    1  0-1  SET k abc  OK
    1  2-3  STRLEN k   :5`,
  'SET GET that gives a value already replaced': `
    1  0-1  SET k a      OK
    1  2-3  SET k b GET  a
    2  4-5  SET k c GET  a`,
  'an increment of what is no number': `
    1  0-1  SET k a  OK
    1  2-3  INCR k   :1`,
  'an error where there was a number': `
    1  0-1  SET k 1  OK
    1  2-3  INCR k   -ERR`,
  'a reply of another shape than the command has': `
    1  0-1  MGET a b  OK`,
  'a sum where there was an error': `
    1  0-1  DEL a b  nil`,
  'DBSIZE that misses a key while nothing moves': `
    1  0-1  MSET a 1 b 2  OK
    1  2-3  DBSIZE        :1`,
  'DBSIZE that still counts a deleted key': `
    1  0-1  MSET a 1 b 2  OK
    1  2-3  DEL a         :1
    2  4-5  DBSIZE        :2`,
  'EXISTS that counts more than there is': `
    1  0-1  SET a 1       OK
    1  2-3  DEL b         :0
    1  4-5  EXISTS a b    :2`,
}

refused['DBSIZE that does not count what its connection sent before it'] = `
    1  0-9  SET a 1  OK
    1  1-9  DBSIZE   :0`
refused['DBSIZE that counts what its connection sent after it'] = `
    1  0-9  DBSIZE   :1
    1  1-9  SET a 1  OK`

for (const [name, text] of Object.entries(refused)) {
  test(`${name} is refused`, () => {
    expect(checkHistory(scenario(text)).violations).not.toEqual([])
  })
}

const accepted: Record<string, string> = {
  'two reads at once, one of which sees a write that still runs': `
    1  0-9  SET k a  OK
    2  1-5  GET k    a
    3  1-5  GET k    nil`,
  'a write of unknown fate that takes effect long after': `
    1  0-?  SET k a
    2  1-2  GET k    nil
    2  3-4  SET k b  OK
    2  5-6  GET k    b
    2  7-8  GET k    a`,
  'a write of unknown fate that never takes effect': `
    1  0-1  SET k a  OK
    2  2-?  SET k b
    1  8-9  GET k    a`,
  'increments of unknown fate of which some were applied': `
    1  0-?  INCR n
    2  0-?  INCR n
    3  0-?  INCR n
    4  1-2  INCR n  :1
    4  3-4  INCR n  :4
    4  5-6  GET n   4`,
  'a write of unknown fate that only the next command of its connection sees': `
    1  0-?  SET k a
    1  1-2  GET k    a
    1  3-4  DEL k    :1
    2  5-6  GET k    nil`,
  'a delete of unknown fate between two counts': `
    1  0-1  SET k a  OK
    2  2-?  DEL k
    1  3-4  EXISTS k  :1
    1  5-6  EXISTS k  :0`,
  'overlapping writes of two connections in either order': `
    1  0-9  SET k a  OK
    2  1-8  SET k b  OK
    1  10-11  GET k  a`,
  'pipelined writes of one connection to keys of different cells in any order': `
    1  0-9  SET a x  OK
    1  1-9  SET b y  OK
    2  2-3  GET b    y
    2  4-5  GET a    nil`,
  'an MSET over several cells, seen half': `
    1  0-9  MSET a 1 b 2  OK
    2  1-2  MGET a b      [nil 2]
    2  3-4  MGET a b      [1 2]`,
  'a FLUSHALL that clears one cell before the other': `
    1  0-1  MSET a 1 b 2  OK
    2  2-9  FLUSHALL      OK
    3  3-4  MGET a b      [nil 2]
    3  5-6  MGET a b      [nil nil]`,
  'a FLUSHALL of unknown fate that reached one cell only': `
    1  0-1  MSET a 1 b 2  OK
    2  2-?  FLUSHALL
    3  3-4  MGET a b      [nil 2]
    3  8-9  MGET a b      [nil 2]`,
  'a key that is dead or alive, the closer the clock the less it says': `
    1  0-5  SET k a PX 10  OK
    2  8-14  GET k         a
    3  9-13  GET k         nil`,
  'times to live that narrow down to one millisecond': `
    1  0-9  SET k a PX 100  OK
    2  20-21  PTTL k        :85
    2  105-106  GET k       a
    2  108-109  GET k       nil`,
  'a key made again after it died': `
    1  0-1  SET k a PX 10  OK
    2  20-21  SET k b NX   OK
    2  22-23  GET k        b`,
  'a sum over cells of which the parts are not known': `
    1  0-1  MSET a 1 b 2  OK
    2  2-5  DEL a         :1
    3  3-4  DEL a b       :1`,
  'DBSIZE beside a write': `
    1  0-1  SET a 1  OK
    2  2-9  SET b 1  OK
    3  3-4  DBSIZE   :2
    3  5-6  DBSIZE   :1`,
  'SET with GET on an absent key': `
    1  0-1  SET k a GET  nil
    1  2-3  GET k        a`,
  'an empty history': '',
}

for (const [name, text] of Object.entries(accepted)) {
  test(`${name}: accepted`, () => {
    const verdict = checkHistory(scenario(text))
    expect(verdict.violations).toEqual([])
    expect(verdict.undecided).toEqual([])
  })
}

const oneCell = { cellOf: () => 2, strict: false }
const cells = { cellOf: (key: string) => (key < 'm' ? 2 : 7), strict: false }
const strict = { ...cells, strict: true }

/** Two keys of one connection, and who has seen what. */
const overtaken = `
    1  0-9  SET a x   OK
    1  1-9  SET z y   OK
    2  2-3  GET z     y
    3  4-5  GET a     nil`

test('pipelined writes to two keys of one cell that changed places are refused; of two cells they are not', () => {
  expect(checkHistory(scenario(overtaken), { sessionOrder: oneCell }).violations).toHaveLength(1)
  expect(checkHistory(scenario(overtaken), { sessionOrder: cells }).violations).toEqual([])
  expect(checkHistory(scenario(overtaken)).violations).toEqual([])
})

test('with strict order a write is not overtaken by what is sent to another cell after it', () => {
  expect(checkHistory(scenario(overtaken), { sessionOrder: strict }).violations).toHaveLength(1)
})

test('with strict order a read may be answered late: only writes hold back what follows', () => {
  const text = `
    1  0-9  GET a     x
    1  1-9  SET z y   OK
    2  2-3  GET z     y
    2  4-5  SET a x   OK`
  expect(checkHistory(scenario(text), { sessionOrder: strict }).violations).toEqual([])
  expect(checkHistory(scenario(text), { sessionOrder: oneCell }).violations).toHaveLength(1)
})

test('a FLUSHALL that clears a cell after a later command of its connection was seen is refused', () => {
  const text = `
    9  0-1  SET a x   OK
    1  2-9  FLUSHALL  OK
    1  3-9  SET z y   OK
    2  4-5  GET z     y
    3  6-7  GET a     x`
  expect(checkHistory(scenario(text), { sessionOrder: cells }).violations).toHaveLength(1)
  expect(checkHistory(scenario(text)).violations).toEqual([])
})

test('a value that was written twice is evidence of neither write', () => {
  const text = `
    1  0-9  SET a x   OK
    1  1-9  SET z y   OK
    4  0-9  SET z y   OK
    2  2-3  GET z     y
    3  4-5  GET a     nil`
  expect(checkHistory(scenario(text), { sessionOrder: oneCell }).violations).toEqual([])
})

test('a refusal names the key, the last steps that fit and those that do not', () => {
  const [message] = checkHistory(scenario(refused['a deleted key that came back'] as string)).violations
  expect(message).toBe(
    [
      'no order of the operations on k explains all replies; the longest has 3 of 4, and ends with',
      '    #1.1 [0.000 … 1.000] SET k a → "OK"',
      '    #1.2 [2.000 … 3.000] DEL k → 1',
      '    #2.1 [4.000 … 5.000] GET k → nil',
      '  then k absent, and none of these leads on:',
      '    #2.2 [6.000 … 7.000] GET k → "a"',
    ].join('\n'),
  )
})

test('a history with a command the model does not know throws, and is not guessed at', () => {
  expect(() => checkHistory(scenario('1  0-1  LPUSH k a  :1'))).toThrow('LPUSH')
})

test('with too many operations of unknown fate a group is undecided, and not called wrong', () => {
  const unknown = Array.from({ length: 24 }, (_, i) => `${i + 10}  0-?  INCRBY n ${2 ** i}`)
  const history = scenario([...unknown, '1  1-2  GET n  -5'].join('\n'))
  const verdict = checkHistory(history, { configurationsMax: 1000 })
  expect(verdict.violations).toEqual([])
  expect(verdict.undecided).toEqual(['n'])
})
