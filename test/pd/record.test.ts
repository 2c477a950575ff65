import { describe, expect, test } from 'vitest'
import { Random, utf8 } from '../../src/base/index.ts'
import type { CellReport, Heartbeat, Order } from '../../src/model/index.ts'
import { Planner } from '../../src/pd/planner.ts'
import { type PdRecord, plannerOf, recordOf } from '../../src/pd/record.ts'
import { pdDefaults } from '../../src/pd/settings.ts'
import { cellReport, keyAt, manyCells, places, storeReport } from './world.ts'

const stores = places(6, 3)

function allOnThree(cells: number): CellReport[] {
  return [cellReport({ id: 1, peers: '1 2 3' }), ...manyCells(cells, () => '1 2 3')]
}

function heartbeat(cells: readonly CellReport[]): Heartbeat {
  return { kind: 'heartbeat', executor: 0, stores: stores.map((store) => storeReport(store)), cells }
}

/** Ids, and what a planner does in so many ticks to which nobody answers but with the same reports. */
function decisions(planner: Planner, cells: readonly CellReport[], fromMs: number, ticks: number): Order[] {
  const orders: Order[] = []
  let id = 5_000
  for (let i = 1; i <= ticks; i++) {
    const nowMs = fromMs + i * 100
    if (i % 10 === 0) planner.heartbeat(heartbeat(cells), nowMs)
    planner.tick(nowMs)
    orders.push(...planner.plan(3, () => id++, nowMs))
  }
  return orders
}

describe('A recorded world', () => {
  test.each([1, 2, 3])('replays, through JSON, what the recorded planner went on to decide (seed %i)', (seed) => {
    const cells = allOnThree(40)
    const planner = new Planner({ settings: pdDefaults, places: stores, random: new Random(seed), nowMs: 0 })
    planner.heartbeat(heartbeat(cells), 0)
    planner.view.setStoreSettings(new Map([[5, { leaderWeight: 2 }]]))
    decisions(planner, cells, 0, 7)
    const record = JSON.parse(JSON.stringify(recordOf(planner, 1_000))) as PdRecord
    expect(record.operators.length).toBeGreaterThan(0)
    const replayed = plannerOf(record)
    const went = decisions(planner, cells, 1_000, 50)
    expect(went.length).toBeGreaterThan(20)
    expect(decisions(replayed, cells, 1_000, 50)).toEqual(went)
  })

  test('holds splits under way with their keys, and keys that are no text', () => {
    const cells = allOnThree(2)
    const planner = new Planner({ settings: pdDefaults, places: stores, random: new Random(1), nowMs: 0 })
    planner.heartbeat(heartbeat(cells), 0)
    const at = Buffer.from([...utf8(keyAt(1)), 0xff, 0])
    planner.byHand({ operator: 'split', cell: 11, store: 0, key: at }, () => 900, 0)
    const replayed = plannerOf(JSON.parse(JSON.stringify(recordOf(planner, 10))) as PdRecord)
    const split = replayed.operators.of(11)?.steps[0]
    expect(split?.kind === 'split' && split.key).toEqual(at)
    expect(decisions(replayed, cells, 10, 1)).toEqual(decisions(planner, cells, 10, 1))
  })
})
