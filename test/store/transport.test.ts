import { expect, test } from 'vitest'
import type { Ref } from '../../src/actor/index.ts'
import { readRaftBatch, readSleepNotes, SleepWord, type StoresMessage, type Topology } from '../../src/model/index.ts'
import { Entry, EntryType, Message, MessageType } from '../../src/raft/index.ts'
import { LOSSY_BATCH_BYTES } from '../../src/store/lossy-lane.ts'
import { Transport } from '../../src/store/transport.ts'

const topology = {
  executors: 2,
  stores: [
    { id: 1, executor: 0 },
    { id: 2, executor: 1 },
  ],
} as unknown as Topology

/** Executor 0, whose ring to the other takes `room` batches. */
function makeTransport() {
  const world = { room: Number.POSITIVE_INFINITY, told: [] as StoresMessage[] }
  const ref = {
    tell: (message: StoresMessage) => {
      if (world.room-- <= 0) return false
      world.told.push('records' in message ? { ...message, records: Uint8Array.from(message.records) } : message)
      return true
    },
  } as unknown as Ref<StoresMessage>
  return { world, transport: new Transport(0, 1, topology, () => ref) }
}

function sendHeartbeats(transport: Transport, cells: number): void {
  for (let cell = 1; cell <= cells; cell++) {
    transport.send(1, 2, cell, 1, new Message(MessageType.heartbeat, 2, 1, 5), null)
  }
}

function cellsIn(told: readonly StoresMessage[]): number[] {
  const cells: number[] = []
  for (const message of told) {
    if (message.kind === 'raft') readRaftBatch(message.records, (envelope) => cells.push(envelope.cell))
    if (message.kind === 'sleep') readSleepNotes(message.records, (note) => cells.push(note.cell))
  }
  return cells
}

const upTo = (count: number) => Array.from({ length: count }, (_, i) => i + 1)

test('the heartbeats of ten thousand cells go in batches that a ring takes whole', () => {
  const { world, transport } = makeTransport()
  sendHeartbeats(transport, 10_000)
  transport.flush()
  for (const message of world.told) {
    expect(message.kind === 'raft' ? message.records.length : 0).toBeLessThanOrEqual(LOSSY_BATCH_BYTES)
  }
  expect(cellsIn(world.told)).toEqual(upTo(10_000))
})

test('what many followers are to catch up on goes in many messages: one would be more than the runtime carries', () => {
  const { world, transport } = makeTransport()
  const data = Buffer.alloc(1024 * 1024)
  const cells = upTo(160)
  for (const cell of cells) {
    const message = new Message(MessageType.app, 2, 1, 5)
    message.entries = [new Entry(5, 1, EntryType.normal, data)]
    transport.send(1, 2, cell, 1, message, null)
  }
  transport.flush()
  for (const told of world.told) {
    expect(told.kind === 'raft' ? told.records.length : 0).toBeLessThanOrEqual(6 * 1024 * 1024)
  }
  expect(cellsIn(world.told)).toEqual(cells)
})

test('notes about sleep are cut between two of them', () => {
  const { world, transport } = makeTransport()
  for (const cell of upTo(1000)) {
    const note = { word: SleepWord.ask, toStore: 2, fromStore: 1, cell, to: 2, from: 1, term: 1, index: 1, ask: 1 }
    transport.sendNote(note)
  }
  transport.flush()
  expect(cellsIn(world.told)).toEqual(upTo(1000))
  expect(world.told.length).toBeGreaterThan(1)
})

test('what a full ring did not take goes in the next turn, in order, before what is new', () => {
  const { world, transport } = makeTransport()
  world.room = 2
  sendHeartbeats(transport, 100)
  transport.flush()
  expect(world.told).toHaveLength(2)
  world.room = Number.POSITIVE_INFINITY
  transport.send(1, 2, 101, 1, new Message(MessageType.heartbeat, 2, 1, 5), null)
  transport.flush()
  expect(cellsIn(world.told)).toEqual(upTo(101))
})

test('behind a ring that takes nothing no more than a megabyte waits', () => {
  const { world, transport } = makeTransport()
  world.room = 0
  for (let turn = 0; turn < 100; turn++) {
    sendHeartbeats(transport, 1000)
    transport.flush()
  }
  world.room = Number.POSITIVE_INFINITY
  transport.flush()
  const bytes = world.told.reduce((sum, message) => sum + (message.kind === 'raft' ? message.records.length : 0), 0)
  expect(bytes).toBeGreaterThan(900_000)
  expect(bytes).toBeLessThanOrEqual(1024 * 1024)
})

test('what waits for a thread that has died is not for its next life', () => {
  const { world, transport } = makeTransport()
  world.room = 0
  sendHeartbeats(transport, 10)
  transport.flush()
  transport.lostExecutor(1)
  sendHeartbeats(transport, 10)
  transport.flush()
  world.room = Number.POSITIVE_INFINITY
  transport.flush()
  expect(world.told).toEqual([])
})
