import { expect, test } from 'vitest'
import type { Origin } from '../../src/store/origin.ts'
import { type CommandToPark, type ParkedCommand, Parking, ParkingBudget } from '../../src/store/parking.ts'

function command(sessionKey: number, keys: readonly string[]): CommandToPark {
  return {
    origin: null as unknown as Origin,
    session: sessionKey,
    sessionKey,
    sequence: 1,
    version: 1,
    protocol: 2,
    flags: 0,
    row: undefined,
    bytes: Buffer.alloc(10),
    keys,
    wholeRange: false,
    expiresAtMs: 0,
    turn: 1,
    lastWanted: null,
    lastFetched: null,
  }
}

function all(parking: Parking): ParkedCommand[] {
  const commands: ParkedCommand[] = []
  for (let at = parking.first; at !== null; at = at.next) commands.push(at)
  return commands
}

test('a command of many short keys is charged for its keys, and pays all of it back', () => {
  const budget = new ParkingBudget(1024 * 1024)
  const parking = new Parking(budget)
  parking.add(command(1, ['a']))
  expect(parking.isFull).toBe(false)
  parking.add(
    command(
      2,
      Array.from({ length: 100_000 }, (_, i) => i.toString(36)),
    ),
  )
  expect(parking.isFull).toBe(true)
  for (const parked of all(parking)) parking.remove(parked)
  expect(budget.bytes).toBe(0)
})

test('a command that is parked alone holds back whoever shares a key or the connection with it, and nobody else', () => {
  const parking = new Parking(new ParkingBudget())
  parking.add(command(1, ['a', 'b']))
  expect(parking.holdsBack(2, ['c'], false)).toBe(false)
  expect(parking.holdsBack(1, [], false)).toBe(true)
  expect(parking.holdsBack(2, ['b'], false)).toBe(true)
  expect([parking.awaits('a'), parking.awaits('c')]).toEqual([true, false])
})

test('behind one that was parked alone, those that share a key with it wait until it leaves', () => {
  for (const isAskedBefore of [false, true]) {
    const parking = new Parking(new ParkingBudget())
    parking.add(command(1, ['a', 'b']))
    if (isAskedBefore) expect(parking.awaits('b')).toBe(true)
    parking.add(command(2, ['b']))
    parking.add(command(3, ['c']))
    const [first, second, third] = all(parking) as [ParkedCommand, ParkedCommand, ParkedCommand]
    expect([first, second, third].map((parked) => parking.mustStay(parked))).toEqual([false, true, false])
    parking.remove(first)
    expect(parking.mustStay(second)).toBe(false)
    expect(parking.awaits('a')).toBe(false)
  }
})

test('one that is parked alone after others have left leaves nothing behind', () => {
  const parking = new Parking(new ParkingBudget())
  for (const keys of [['a'], ['b']]) {
    parking.add(command(1, keys))
    parking.remove(parking.first as ParkedCommand)
    expect(parking.isEmpty).toBe(true)
    expect(parking.awaits(keys[0] as string)).toBe(false)
  }
})
