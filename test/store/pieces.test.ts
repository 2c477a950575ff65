import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Ref } from '../../src/actor/index.ts'
import { EMPTY, Random, utf8 } from '../../src/base/index.ts'
import { type AnswerBatch, AnswerReader, Fate, FIRST_USER_CELL, Refusal } from '../../src/model/index.ts'
import { dataKey, EFFECT, SCOPE } from '../../src/storage/index.ts'
import { EffectReader, EntryWriter, expiryOfValue, userKeyText } from '../../src/store/entry.ts'
import { Lease } from '../../src/store/lease.ts'
import { hashOfKey, NewestEffects } from '../../src/store/newest.ts'
import { Origin } from '../../src/store/origin.ts'
import { Parking, ParkingBudget } from '../../src/store/parking.ts'
import { PendingAnswers } from '../../src/store/pending.ts'
import { WorkingState } from '../../src/store/working-state.ts'

const cell = {
  id: FIRST_USER_CELL,
  system: false,
  start: EMPTY,
  end: null,
  epoch: { version: 1, confVer: 1 },
  peers: [],
}

function listener() {
  const answers: { sequence: number; fate: Fate; refusal: Refusal }[] = []
  const dirty: Origin[] = []
  const ref = {
    isLocal: false,
    tell(batch: AnswerBatch) {
      const reader = new AnswerReader()
      reader.reset(Uint8Array.from(batch.records))
      while (reader.next()) answers.push({ sequence: reader.sequence, fate: reader.fate, refusal: reader.refusal })
      return true
    },
  } as unknown as Ref<AnswerBatch>
  const origin = new Origin('test', 1, 1, ref, dirty)
  return { origin, answers, send: () => origin.send(0) }
}

test('an answer leaves when its entry is committed, and not before', () => {
  const { origin, answers, send } = listener()
  const pending = new PendingAnswers()
  pending.writer(8, 2, origin).add(1, 1, Fate.done, Refusal.none, EMPTY, 0, 0)
  pending.writer(9, 2, origin).add(1, 2, Fate.done, Refusal.none, EMPTY, 0, 0)
  pending.commit(7, () => 2)
  send()
  expect(answers).toEqual([])
  pending.commit(8, () => 2)
  send()
  expect(answers.map((answer) => answer.sequence)).toEqual([1])
  pending.commit(9, () => 2)
  send()
  expect(answers.map((answer) => answer.sequence)).toEqual([1, 2])
})

test('what many cells had waiting leaves in many messages, in order, also when there was no room for a while', () => {
  const told: number[] = []
  const sequences: number[] = []
  let room = 2
  const ref = {
    isLocal: false,
    tell(batch: AnswerBatch) {
      if (room-- <= 0) return false
      told.push(batch.records.length)
      const reader = new AnswerReader()
      reader.reset(batch.records)
      while (reader.next()) sequences.push(reader.sequence)
      return true
    },
  } as unknown as Ref<AnswerBatch>
  const dirty: Origin[] = []
  const origin = new Origin('test', 1, 1, ref, dirty)
  const value = Buffer.alloc(10 * 1024 * 1024)
  const cells = Array.from({ length: 16 }, (_, i) => i + 1)
  const waiting = cells.map((cell) => {
    const pending = new PendingAnswers()
    pending.writer(8, 2, origin).add(cell, cell, Fate.done, Refusal.none, value, 0, value.length)
    return pending
  })
  for (const pending of waiting) pending.commit(8, () => 2)
  for (const each of dirty) each.send(1000)
  expect([origin.isStuck, origin.isLoaded]).toEqual([true, true])
  room = 2
  origin.tick(9000)
  // It takes what it can: nobody is gone.
  origin.tick(15_000)
  room = 100
  origin.tick(15_100)
  expect([origin.isStuck, origin.isLoaded]).toEqual([false, false])
  expect(sequences).toEqual(cells)
  expect(Math.max(...told)).toBeLessThanOrEqual(32 * 1024 * 1024)
})

test('a reply that read an earlier effect waits for that entry only', () => {
  const { origin, answers, send } = listener()
  const pending = new PendingAnswers()
  pending.writer(8, 2, origin).add(1, 1, Fate.done, Refusal.none, EMPTY, 0, 0)
  pending.writer(9, 2, origin).add(1, 2, Fate.done, Refusal.none, EMPTY, 0, 0)
  pending.writer(8, 2, origin).add(1, 3, Fate.done, Refusal.none, EMPTY, 0, 0)
  pending.commit(8, () => 2)
  send()
  expect(answers.map((answer) => answer.sequence)).toEqual([1, 3])
})

test('another entry committed at the index means not executed; a log that no longer tells means unknown', () => {
  const { origin, answers, send } = listener()
  const pending = new PendingAnswers()
  pending.writer(8, 2, origin).add(1, 1, Fate.done, Refusal.none, EMPTY, 0, 0)
  pending.writer(9, 2, origin).add(1, 2, Fate.done, Refusal.none, EMPTY, 0, 0)
  pending.commit(9, (index) => (index === 8 ? 3 : -1))
  send()
  expect(answers).toEqual([
    { sequence: 1, fate: Fate.notExecuted, refusal: Refusal.notLeader },
    { sequence: 2, fate: Fate.unknown, refusal: Refusal.none },
  ])
})

test('answers whose fate nobody will learn are unknown', () => {
  const { origin, answers, send } = listener()
  const pending = new PendingAnswers()
  pending.writer(8, 2, origin).add(1, 1, Fate.done, Refusal.none, EMPTY, 0, 0)
  send()
  expect(answers).toEqual([])
  pending.abandon()
  send()
  expect(answers).toEqual([{ sequence: 1, fate: Fate.unknown, refusal: Refusal.none }])
  expect(pending.isEmpty).toBe(true)
})

test('a lease is counted from when the round left, not from when the answers came', () => {
  const lease = new Lease(400)
  lease.begin()
  const round = lease.nextRound(1000)
  const later = lease.nextRound(1200)
  lease.answered(2, round, 1, [1, 2, 3], [])
  expect(lease.untilMs).toBe(1400)
  lease.answered(3, later, 1, [1, 2, 3], [])
  expect(lease.untilMs).toBe(1600)
})

test('a lease needs a majority of both halves of a joint configuration', () => {
  const lease = new Lease(400)
  lease.begin()
  const round = lease.nextRound(1000)
  lease.answered(2, round, 1, [1, 2, 3], [1, 4, 5])
  expect(lease.untilMs).toBe(0)
  lease.answered(4, round, 1, [1, 2, 3], [1, 4, 5])
  expect(lease.untilMs).toBe(1400)
})

test('a learner extends no lease', () => {
  const lease = new Lease(400)
  lease.begin()
  lease.answered(9, lease.nextRound(1000), 1, [1, 2, 3], [])
  expect(lease.untilMs).toBe(0)
})

test('a lease that was given up before a transfer does not come back in its term', () => {
  const lease = new Lease(400)
  lease.begin()
  lease.answered(2, lease.nextRound(1000), 1, [1, 2, 3], [])
  lease.giveUp()
  lease.answered(2, lease.nextRound(1100), 1, [1, 2, 3], [])
  expect(lease.untilMs).toBe(0)
  lease.begin()
  lease.answered(2, lease.nextRound(1200), 1, [1, 2, 3], [])
  expect(lease.untilMs).toBe(1600)
})

test('effects are read back as they were written, raw keys and all', () => {
  const writer = new EntryWriter()
  writer.begin()
  writer.put(SCOPE.user, 'a\0b', 5000, utf8('value'), 0, 5)
  writer.delete(SCOPE.user, 'gone')
  const reader = new EffectReader()
  reader.reset(writer.finish(7, 1234, 1, 99))
  expect([reader.version, reader.stampMs, reader.keys, reader.sizeBytes]).toEqual([7, 1234, 1, 99])
  expect(reader.next()).toBe(true)
  expect(reader.op).toBe(EFFECT.put)
  const raw = reader.buffer.subarray(reader.keyStart, reader.keyEnd)
  expect(Buffer.compare(raw, dataKey(SCOPE.user, utf8('a\0b')))).toBe(0)
  expect(userKeyText(reader.buffer, reader.keyStart, reader.keyEnd)).toBe('a\0b')
  expect(expiryOfValue(reader.buffer, reader.valueStart)).toBe(5000)
  expect(reader.next()).toBe(true)
  expect(reader.op).toBe(EFFECT.delete)
  expect(reader.next()).toBe(false)
})

test('an entry that outgrows its slab keeps everything, and values already put stay readable', () => {
  const writer = new EntryWriter()
  const working = new WorkingState(1, cell, 0, 0, 1 << 30, new Random(1))
  writer.begin()
  working.begin(writer, 0, 6)
  const large = Buffer.alloc(100_000, 'x')
  for (let i = 0; i < 5; i++) working.put(`k${i}`, large, 0, large.length, 0)
  const reader = new EffectReader()
  reader.reset(writer.finish(1, 0, working.count, working.sizeBytes))
  let effects = 0
  while (reader.next()) effects++
  expect(effects).toBe(5)
  for (let i = 0; i < 5; i++) {
    const value = working.find(`k${i}`)
    expect(value?.buffer.subarray(value.start, value.end).every((byte) => byte === 120)).toBe(true)
  }
})

test('a writer takes memory when it has something to write, and a small one no more than a little for a small entry', () => {
  const writer = new EntryWriter(undefined, 512)
  const working = new WorkingState(1, cell, 0, 0, 1 << 20, new Random(1))
  writer.begin()
  expect(writer.slab.buffer).toHaveLength(0)
  writer.abandon()
  for (let round = 0; round < 20; round++) {
    writer.begin()
    working.begin(writer, 0, 6 + round)
    const value = Buffer.alloc(64, round)
    for (let i = 0; i <= round; i++) working.put(`k${i}`, value, 0, value.length, 0)
    const reader = new EffectReader()
    reader.reset(writer.finish(1, 0, working.count, working.sizeBytes))
    let effects = 0
    while (reader.next()) {
      effects++
      expect(reader.buffer[reader.valueEnd - 1]).toBe(round)
    }
    expect(effects).toBe(round + 1)
    expect(writer.slab.buffer.length).toBeLessThanOrEqual(Math.max(512, 400 * (round + 1)))
  }
  for (let i = 0; i < 20; i++) expect(working.find(`k${i}`)?.buffer[working.find(`k${i}`)?.start as number]).toBe(19)
})

function evaluated(work: (state: WorkingState) => void): WorkingState {
  const state = new WorkingState(1, cell, 0, 0, 1 << 20, new Random(1))
  const writer = new EntryWriter()
  writer.begin()
  state.begin(writer, 1000, 6)
  state.beginCommand()
  work(state)
  return state
}

const x = utf8('x')

test('a key that has died is deleted by whoever meets it, who then waits for that deletion', () => {
  const state = evaluated((working) => working.put('k', x, 0, 1, 900))
  state.beginCommand()
  expect(state.find('k')).toBe(null)
  expect(state.wrote).toBe(true)
  expect(state.count).toBe(0)
})

test('an absent key depends on the FLUSHALL that made it absent', () => {
  const state = evaluated((working) => {
    working.put('k', x, 0, 1, 0)
    working.clear()
  })
  state.beginCommand()
  expect(state.find('k')).toBe(null)
  expect(state.touchedIndex).toBe(6)
})

function isLoaded(state: WorkingState, key: string): boolean {
  return state.isLoaded(Buffer.from(key), 0, key.length)
}

test('a key is not forgotten before its last effect is in the engine', () => {
  const state = evaluated((working) => working.put('k', x, 0, 1, 0))
  state.evict(0, 5)
  expect(isLoaded(state, 'k')).toBe(true)
  state.evict(0, 6)
  expect(isLoaded(state, 'k')).toBe(false)
  expect(state.memoryBytes).toBe(0)
})

test('a key that a parked command waits for is not forgotten, else one of several keys would never have them all', () => {
  const state = evaluated((working) => working.put('k', x, 0, 1, 0))
  state.evict(0, 6, (key) => key === 'k')
  expect(isLoaded(state, 'k')).toBe(true)
})

test('when every key of the cell is in memory, an unknown key is known to be absent', () => {
  const state = evaluated((working) => working.put('k', x, 0, 1, 0))
  expect(isLoaded(state, 'other')).toBe(true)
  state.evict(0, 6)
  expect(isLoaded(state, 'other')).toBe(false)
})

test('a load does not overwrite what is known already', () => {
  const state = evaluated((working) => working.put('k', utf8('new'), 0, 3, 0))
  state.load('k', Buffer.from([1, 0, 111, 108, 100]))
  const value = state.find('k')
  expect(Buffer.from(value?.buffer.subarray(value.start, value.end) ?? []).toString()).toBe('new')
})

const NOTHING_ASKED = { lastWanted: null, lastFetched: null }

test('a command waits behind a parked one of its key or its connection, and behind none else', () => {
  const { origin } = listener()
  const parking = new Parking(new ParkingBudget())
  const command = { origin, session: 1, sequence: 1, version: 1, protocol: 2, flags: 0 }
  const base = { ...command, bytes: EMPTY, expiresAtMs: 0, turn: 0, wholeRange: false, ...NOTHING_ASKED }
  parking.add({ ...base, row: undefined, sessionKey: 1, keys: ['a', 'b'] })
  expect(parking.holdsBack(2, ['c'], false)).toBe(false)
  expect(parking.holdsBack(2, ['b'], false)).toBe(true)
  expect(parking.holdsBack(1, ['c'], false)).toBe(true)
  expect(parking.holdsBack(2, [], true)).toBe(true)
  expect(parking.holdsBack(2, [], false)).toBe(false)
  if (parking.first !== null) parking.remove(parking.first)
  expect(parking.holdsBack(1, ['a'], false)).toBe(false)
})

test('to look at parked commands again does not look at their keys, however many they are', () => {
  const { origin } = listener()
  const parking = new Parking(new ParkingBudget())
  const command = { origin, session: 1, sequence: 1, version: 1, protocol: 2, flags: 0, row: undefined }
  const base = { ...command, bytes: EMPTY, expiresAtMs: 0, turn: 0, wholeRange: false, ...NOTHING_ASKED }
  let looks = 0
  const counted = new Proxy(
    Array.from({ length: 10_000 }, (_, i) => `k${i}`),
    {
      get(keys, name) {
        looks++
        return Reflect.get(keys, name)
      },
    },
  )
  parking.add({ ...base, sessionKey: 1, keys: counted })
  parking.add({ ...base, sessionKey: 2, keys: ['k7', 'other', 'other'] })
  parking.add({ ...base, sessionKey: 3, keys: ['k7'] })
  parking.add({ ...base, sessionKey: 4, keys: ['free'] })
  looks = 0
  const free = () => {
    const sessions: number[] = []
    for (let each = parking.first; each !== null; each = each.next) {
      if (!parking.mustStay(each)) sessions.push(each.sessionKey)
    }
    return sessions
  }
  expect(free()).toEqual([1, 4])
  expect(looks).toBe(0)
  // When one leaves from the middle, or from the front, those behind it move up.
  const [first, second] = [parking.first, parking.first?.next]
  if (second) parking.remove(second)
  expect(free()).toEqual([1, 4])
  if (first) parking.remove(first)
  expect(free()).toEqual([3, 4])
  expect(parking.holdsBack(9, ['k8', 'other'], false)).toBe(false)
})

test('a command over the whole range waits for all that are parked before it, and holds back all behind it', () => {
  const { origin } = listener()
  const parking = new Parking(new ParkingBudget())
  const command = { origin, session: 1, sequence: 1, version: 1, protocol: 2, flags: 0, row: undefined }
  const base = { ...command, bytes: EMPTY, expiresAtMs: 0, turn: 0, lastWanted: null, lastFetched: null, keys: [] }
  for (const sessionKey of [1, 2, 3]) parking.add({ ...base, sessionKey, wholeRange: sessionKey === 2 })
  const stays = () => {
    const found: boolean[] = []
    for (let each = parking.first; each !== null; each = each.next) found.push(parking.mustStay(each))
    return found
  }
  expect(stays()).toEqual([false, true, true])
  if (parking.first !== null) parking.remove(parking.first)
  expect(stays()).toEqual([false, true])
  if (parking.first !== null) parking.remove(parking.first)
  expect(stays()).toEqual([false])
})

test('a leader of many turns a millisecond keeps its lease, though answers take their time', () => {
  const lease = new Lease(400)
  lease.begin()
  const answers: { round: number; dueMs: number }[] = []
  let lastRound = 0
  for (let nowMs = 1000; nowMs < 3000; nowMs += 0.1) {
    lastRound = lease.nextRound(nowMs)
    answers.push({ round: lastRound, dueMs: nowMs + 50 })
    while ((answers[0]?.dueMs ?? Number.POSITIVE_INFINITY) <= nowMs) {
      lease.answered(2, answers.shift()?.round ?? 0, 1, [1, 2, 3], [])
    }
    if (nowMs > 1100) expect(lease.untilMs).toBeGreaterThan(nowMs + 300)
    // And never longer than a round that was answered warrants.
    expect(lease.untilMs).toBeLessThanOrEqual(Math.max(0, nowMs - 50 + 400))
  }
})

test('keys that were chosen to meet in one slot of what is written back do so for one seed only', () => {
  // Pairs of blocks that lead from one state of the hash to the same next one: of each pair either may stand in a key.
  const prefix = Buffer.from('k')
  let keys = [prefix]
  for (let stage = 0; stage < 6; stage++) {
    const [any] = keys as [Buffer]
    const seen = new Map<number, Buffer>()
    for (let i = 0; ; i++) {
      const block = Buffer.alloc(4)
      block.writeUInt32LE(Math.imul(i, 0x9e3779b1) >>> 0)
      const hash = hashOfKey(Buffer.concat([any, block]), 0, any.length + 4, 0)
      const other = seen.get(hash)
      seen.set(hash, block)
      if (other === undefined) continue
      keys = keys.flatMap((key) => [Buffer.concat([key, block]), Buffer.concat([key, other])])
      break
    }
  }
  const hashes = (seed: number) => new Set(keys.map((key) => hashOfKey(key, 0, key.length, seed))).size
  expect(keys).toHaveLength(64)
  expect(hashes(0)).toBe(1)
  expect(hashes(0x1234_5678)).toBeGreaterThan(16)
})

test('of many effects on each key the newest counts, also over ranges deleted in between', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          op: fc.constantFrom('put', 'put', 'put', 'delete', 'range'),
          key: fc.integer({ min: 0, max: 2000 }),
          to: fc.integer({ min: 0, max: 2000 }),
        }),
        { maxLength: 4000 },
      ),
      (steps) => {
        const newest = new NewestEffects(7)
        const model = new Map<string, string | null>()
        const name = (key: number) => `key:${String(key).padStart(5, '0')}`
        for (const [i, { op, key, to }] of steps.entries()) {
          if (op === 'range') {
            newest.deleteRange(Buffer.from(name(key)), Buffer.from(name(to)))
            for (const known of [...model.keys()]) if (known >= name(key) && known < name(to)) model.delete(known)
            continue
          }
          const value = `value ${i}`
          const buffer = Buffer.from(name(key) + value)
          newest.lookAt(buffer)
          newest.put(0, name(key).length, op === 'delete' ? -1 : name(key).length, buffer.length)
          model.set(name(key), op === 'delete' ? null : value)
        }
        const found = new Map<string, string | null>()
        for (let at = 0; at < newest.length; at++) {
          const key = newest.key(at)
          const value = newest.value(at)
          if (key !== null) found.set(Buffer.from(key).toString(), value && Buffer.from(value).toString())
        }
        expect(found).toEqual(model)
      },
    ),
    { numRuns: 40 },
  )
})
