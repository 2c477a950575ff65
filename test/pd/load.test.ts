import { describe, expect, test } from 'vitest'
import { utf8 } from '../../src/base/index.ts'
import type { CellLoad, CellReport } from '../../src/model/index.ts'
import { evictLeaders } from '../../src/pd/evict.ts'
import { HotCells } from '../../src/pd/hot.ts'
import { balanceLeaders } from '../../src/pd/leader-balance.ts'
import { checkLoad } from '../../src/pd/load-split.ts'
import { SlowStores } from '../../src/pd/slow.ts'
import { manyCells, places, storeReport, type World, world } from './world.ts'

const second = (change: Partial<CellLoad>): CellLoad => ({
  forMs: 1000,
  commands: 0,
  bytes: 0,
  cpuMicros: 0,
  ...change,
})

/** The cells report this, every second for so long. */
function loaded(of: World, load: (cell: number) => CellLoad | undefined, seconds = 10): number {
  for (let i = 1; i <= seconds; i++) {
    for (const report of [...of.view.cells()]) {
      const told = load(report.cell.id)
      if (told === undefined) continue
      of.loads.take({ ...report, load: told }, i * 1000)
    }
  }
  of.loads.tidy(of.view, seconds * 1000)
  return seconds * 1000
}

const cells = (peers: readonly string[]) => manyCells(peers.length, (i) => peers[i] as string, 2)

describe('The usual load of a cell', () => {
  test('is the median of five reports: one burst is none, and nothing is known before five', () => {
    const of = world(places(3, 3), cells(['1 2 3']))
    const report = of.view.cell(2) as CellReport
    const rates = [100, 100, 9_000, 100, 100]
    for (const [i, commands] of rates.entries()) {
      expect(of.loads.of(2).commands).toBe(0)
      of.loads.take({ ...report, load: second({ commands }) }, i * 1000)
    }
    expect(of.loads.of(2).commands).toBe(100)
  })

  test('ends with the reports of it', () => {
    const of = world(places(3, 3), cells(['1 2 3']))
    const endMs = loaded(of, () => second({ commands: 500 }))
    of.loads.tidy(of.view, endMs + 5_000)
    expect(of.loads.of(2).commands).toBe(0)
    expect([...of.loads.loaded()]).toEqual([])
  })
})

describe('Hot cells', () => {
  const wish = (of: World, nowMs: number) => new HotCells().balance(of.survey(nowMs))[0]

  test('go to a thread that has less to do, and the one that narrows the gap most goes', () => {
    const of = world(places(3, 3), cells(['1 2 3', '1 2 3', '1 2 3', '2 1 3']))
    const cpu = [300_000, 200_000, 100_000, 50_000]
    const nowMs = loaded(of, (cell) => second({ commands: 5_000, cpuMicros: cpu[cell - 2] as number }))
    expect(wish(of, nowMs)).toMatchObject({
      class: 'hot',
      cell: 2,
      steps: [{ kind: 'transferLeader', store: 3 }],
      reason: 'thread 0 has more cpu than thread 2, and this cell 50 % of what it has more',
    })
  })

  test('are moved with a peer where the idle thread has none', () => {
    const of = world(places(4, 4), cells(['1 2 3', '1 2 3', '2 1 3', '3 1 2']))
    const nowMs = loaded(of, () => second({ cpuMicros: 300_000 }))
    expect(wish(of, nowMs)?.steps.map((step) => `${step.kind} ${step.store}`)).toEqual([
      'addLearner 4',
      'replacePeer 4',
      'transferLeader 4',
    ])
  })

  test.each<[string, number, number[]]>([
    ['nothing while threads are within the band', 4, [100_000, 101_000, 99_000, 100_000]],
    ['nothing for load that is not worth it', 4, [40_000, 0, 0, 0]],
    ['nothing that would only take the gap along', 3, [500_000, 1_000, 1_000, 1_000]],
  ])('are left: %s', (_, stores, cpu) => {
    const of = world(places(stores, stores), cells(['1 2 3', '2 3 1', '3 1 2', stores > 3 ? '4 1 2' : '1 2 3']))
    const nowMs = loaded(of, (cell) => second({ cpuMicros: cpu[cell - 2] as number, middle: null }))
    expect(wish(of, nowMs)).toBeUndefined()
  })

  test('stay on a thread that bears its load with ease', () => {
    const of = (busyCpu: number) =>
      world(places(4, 4), cells(['1 2 3', '1 3 2', '1 2 4', '4 1 2']), { settings: { busyCpu } })
    const load = (cell: number) => second({ cpuMicros: cell === 5 ? 1_000 : 200_000 })
    const [calm, pressed] = [of(0.7), of(0.5)]
    expect(wish(calm, loaded(calm, load))).toBeUndefined()
    expect(wish(pressed, loaded(pressed, load))).toBeDefined()
  })

  test('that would only take the gap along are cut, where a key divides their load', () => {
    const of = world(places(3, 3), cells(['1 2 3', '2 1 3']))
    const load = (cell: number) => second({ cpuMicros: cell === 2 ? 800_000 : 1_000, middle: utf8('d') })
    expect(wish(of, loaded(of, load))).toMatchObject({ kind: 'split', cell: 2 })
  })

  test('that are about to be led elsewhere count there already, so that not all go to one thread', () => {
    const of = world(places(4, 4), cells(Array.from({ length: 8 }, () => '1 2 3 4')), { settings: { replicas: 4 } })
    const nowMs = loaded(of, () => second({ cpuMicros: 200_000 }))
    const hot = new HotCells()
    const goTo: (number | undefined)[] = []
    for (let i = 0; i < 4; i++) {
      const [first] = hot.balance(of.survey(nowMs))
      if (first === undefined) break
      of.operators.add(first, of.view.cell(first.cell) as CellReport, () => 1000 + first.cell, nowMs)
      goTo.push(first.steps[0]?.store)
    }
    expect(new Set(goTo)).toEqual(new Set([2, 3, 4]))
  })

  test('rest where they went for a while', () => {
    const of = world(places(2, 2), cells(['1 2', '1 2']), { settings: { replicas: 2 } })
    const nowMs = loaded(of, () => second({ cpuMicros: 300_000 }))
    const hot = new HotCells()
    const [first] = hot.balance(of.survey(nowMs))
    hot.moved(first?.cell as number, nowMs)
    const [other] = hot.balance(of.survey(nowMs))
    expect(other?.cell).not.toBe(first?.cell)
    hot.moved(other?.cell as number, nowMs)
    expect(hot.balance(of.survey(nowMs))).toEqual([])
  })

  test('spread over commands where nobody knows of CPU', () => {
    const of = world(places(3, 3), cells(['1 2 3', '1 2 3']))
    expect(
      wish(
        of,
        loaded(of, () => second({ commands: 30_000 })),
      )?.reason,
    ).toContain('commands')
  })

  test('are not moved by the balance of leaders', () => {
    const of = world(places(2, 2), cells(['1 2', '1 2', '1 2', '1 2']), { settings: { replicas: 2 } })
    loaded(of, (cell) => (cell === 3 ? second({ commands: 50_000 }) : undefined))
    for (let i = 0; i < 20; i++) expect(balanceLeaders(of.survey())[0]?.cell).not.toBe(3)
  })
})

describe('A cell is cut for its load', () => {
  const busy = (change: Partial<CellLoad> = {}) =>
    second({ commands: 25_000, cpuMicros: 300_000, middle: utf8('d'), ...change })
  test.each<[string, Partial<CellLoad>, number, string | RegExp]>([
    ['when it keeps a thread busy and another has time', {}, 10, /wish: 25000 commands\/s take 30 % of thread 0/],
    ['not before that has lasted for ten reports', {}, 9, /has not had/],
    ['not for commands that cost little', { cpuMicros: 200_000 }, 10, /has not taken 0.25 of a thread/],
    ['not when one key carries it', { middle: null }, 10, 'no key divides its load'],
  ])('%s', (_, change, seconds, expected) => {
    const of = world(places(3, 3), cells(['1 2 3']))
    const nowMs = loaded(of, () => busy(change), seconds)
    const checked = checkLoad(of.view.cell(2) as CellReport, of.survey(nowMs))
    const said = checked.wish === null ? checked.why : `wish: ${checked.wish.reason}`
    expect(said).toMatch(expected)
  })

  test('not while its own thread has time to spare', () => {
    const of = world(places(2, 2), cells(['1 2', '1 2']), { settings: { replicas: 2, busyCpu: 0.7 } })
    const nowMs = loaded(of, () => busy())
    expect(checkLoad(of.view.cell(2) as CellReport, of.survey(nowMs))).toMatchObject({
      why: 'thread 0 has time to spare itself',
    })
  })

  test('not while no other thread has time, and not beyond eight cells a store', () => {
    const of = world(places(3, 3), cells(['1 2 3', '2 1 3', '3 1 2']))
    const nowMs = loaded(of, () => busy())
    expect(checkLoad(of.view.cell(2) as CellReport, of.survey(nowMs))).toMatchObject({
      why: 'no other thread has time to spare',
    })
    const many = world(places(3, 3), cells(Array.from({ length: 8 }, () => '1 2 3')))
    const at = loaded(many, () => busy())
    expect(checkLoad(many.view.cell(2) as CellReport, many.survey(at))).toMatchObject({
      why: 'store 1 leads 8 cells or more',
    })
  })
})

describe('Leaders are taken', () => {
  test('from a store by order, each to the successor that leads least, and from none to another that is not to lead', () => {
    const of = world(places(3, 3), cells(['1 2 3', '1 2 3', '2 1 3']))
    expect(evictLeaders(of.survey())).toEqual([])
    of.view.setStoreSettings(new Map([[1, { evictLeaders: true }]]))
    expect(evictLeaders(of.survey()).map(({ cell, steps }) => [cell, steps[0]?.store])).toEqual([
      [2, 3],
      [3, 3],
    ])
    of.view.setSlow(new Set([2, 3]))
    expect(evictLeaders(of.survey())).toEqual([])
  })
})

describe('A store is slow', () => {
  function reported(waits: readonly number[], rounds: number, slow: SlowStores, of: World, fromMs = 0): void {
    for (let round = 0; round < rounds; round++) {
      const nowMs = fromMs + round * 1000
      const stores = waits.map((syncMs, i) =>
        storeReport(places(4, 4)[i] as ReturnType<typeof places>[0], {
          health: { capacityBytes: 0, freeBytes: 0, syncMs, lagMs: 1, snapshotsOut: 0, snapshotsIn: 0 },
        }),
      )
      of.view.heartbeat({ kind: 'heartbeat', executor: 0, stores, cells: [] }, nowMs)
      for (const { store } of stores) if (slow.reported(store, of.view, nowMs)) of.view.setSlow(slow.current)
    }
  }
  test.each<[string, number[], number, number[]]>([
    ['when it waits long, and ten times as long as others, five times in a row', [900, 5, 5, 5], 5, [1]],
    ['not before the fifth time', [900, 5, 5, 5], 4, []],
    ['not when all are', [900, 900, 900, 900], 9, []],
    ['not for waits that nobody minds', [400, 1, 1, 1], 9, []],
    ['one at a time', [900, 5, 5, 900], 9, [1]],
  ])('%s', (_, waits, rounds, expected) => {
    const of = world(places(4, 4), [])
    const slow = new SlowStores()
    reported(waits, rounds, slow, of)
    expect([...slow.current]).toEqual(expected)
  })

  test('until it has been well for half a minute', () => {
    const of = world(places(4, 4), [])
    const slow = new SlowStores()
    reported([900, 5, 5, 5], 5, slow, of)
    expect(of.view.mayLead(1, 4_000)).toBe(false)
    reported([5, 5, 5, 5], 29, slow, of, 5_000)
    expect([...slow.current]).toEqual([1])
    reported([5, 5, 5, 5], 1, slow, of, 34_000)
    expect([...slow.current]).toEqual([])
  })
})
