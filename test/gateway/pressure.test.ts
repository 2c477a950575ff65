import { expect, test } from 'vitest'
import { Pressure } from '../../src/gateway/pressure.ts'
import type { Session } from '../../src/gateway/session.ts'

const MIB = 1024 * 1024
/** Half of which is what commands may take. */
const MEMORY = 256 * MIB

function world() {
  const woken: Session[] = []
  const pressure = new Pressure(MEMORY, (session) => woken.push(session))
  const session = (held: number) => ({ parser: { heldBytes: held } }) as unknown as Session
  const grow = (of: Session, held: number) => {
    ;(of.parser as unknown as { heldBytes: number }).heldBytes = held
  }
  return { pressure, woken, session, grow }
}

test('when large commands take too much together only the first goes on, and the next when it is done', () => {
  const { pressure, woken, session, grow } = world()
  const [first, second, third] = [session(40 * MIB), session(60 * MIB), session(60 * MIB)] as [
    Session,
    Session,
    Session,
  ]
  expect(pressure.mustWait(first, 0, 0)).toBe(false)
  expect(pressure.mustWait(second, 0, 0)).toBe(false)
  expect(pressure.mustWait(third, 0, 0)).toBe(true)
  grow(first, 60 * MIB)
  expect(pressure.mustWait(first, 0, 10)).toBe(false)
  grow(second, 61 * MIB)
  expect(pressure.mustWait(second, 0, 10)).toBe(true)
  pressure.release(0, 20)
  expect(woken).toEqual([])
  // Its command is whole, and on its way to the store.
  grow(first, 0)
  expect(pressure.mustWait(first, 60 * MIB, 30)).toBe(false)
  pressure.release(60 * MIB, 30)
  expect(woken).toEqual([second])
})

test('a small command never waits for large ones', () => {
  const { pressure, session } = world()
  for (let i = 0; i < 4; i++) pressure.mustWait(session(60 * MIB), 0, 0)
  expect(pressure.mustWait(session(1000), 0, 0)).toBe(false)
})

test('one that goes first and sends nothing lets another go before it', () => {
  const { pressure, woken, session } = world()
  const [silent, other] = [session(100 * MIB), session(60 * MIB)] as [Session, Session]
  pressure.mustWait(silent, 0, 0)
  expect(pressure.mustWait(other, 0, 0)).toBe(true)
  expect(pressure.nextLookMs).toBe(1000)
  pressure.release(0, 999)
  expect(woken).toEqual([])
  pressure.release(0, 1000)
  expect(woken).toEqual([other])
  expect(pressure.mustWait(other, 0, 1001)).toBe(false)
})

test('half-sent commands of which no more comes take no turns from one that is being sent', () => {
  const { pressure, woken, session, grow } = world()
  const silent = Array.from({ length: 20 }, () => session(10 * MIB))
  for (const each of silent) pressure.mustWait(each, 0, 0)
  const honest = session(MIB)
  let held = MIB
  let waits = pressure.mustWait(honest, 0, 0)
  expect(waits).toBe(true)
  let nowMs = 0
  // It sends 1 MiB each time that it is read.
  while (held < 60 * MIB && nowMs < 60_000) {
    nowMs += 50
    pressure.release(0, nowMs)
    if (woken.splice(0).includes(honest)) waits = false
    if (waits) continue
    held += MIB
    grow(honest, held)
    waits = pressure.mustWait(honest, 0, nowMs)
  }
  // Silence is noticed once, not again and again.
  expect(nowMs).toBeLessThan(1000 + 20 * 150 + 60 * 50)
  // When more of one of them comes it has its turn behind the honest one.
  const [late] = silent as [Session]
  grow(late, 11 * MIB)
  expect(pressure.mustWait(late, 0, nowMs)).toBe(true)
  grow(honest, 0)
  pressure.mustWait(honest, 0, nowMs)
  pressure.release(0, nowMs)
  expect(woken).toEqual([late])
})

test('those that wait are read again when one of them closes and there is room', () => {
  const { pressure, woken, session } = world()
  const [first, second, third] = [session(100 * MIB), session(20 * MIB), session(20 * MIB)] as [
    Session,
    Session,
    Session,
  ]
  for (const each of [first, second, third]) pressure.mustWait(each, 0, 0)
  expect(pressure.mustWait(third, 0, 0)).toBe(true)
  pressure.forget(first)
  pressure.release(0, 10)
  expect(woken).toEqual([third])
})

test('what is under way for all sessions together stops all of them, until half of it is answered', () => {
  const { pressure, woken, session } = world()
  const one = session(0)
  expect(pressure.isHigh(128 * MIB)).toBe(false)
  expect(pressure.isHigh(128 * MIB + 1)).toBe(true)
  pressure.paused(one, 129 * MIB)
  pressure.release(65 * MIB, 0)
  expect(woken).toEqual([])
  pressure.release(63 * MIB, 0)
  expect(woken).toEqual([one])
})
