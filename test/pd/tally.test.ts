import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Peer } from '../../src/model/index.ts'
import { IdSet } from '../../src/pd/id-set.ts'
import { Tallies } from '../../src/pd/tally.ts'
import { cellReport, places, world } from './world.ts'

const PEERS = ['1 2 3', '2 3', '3 4 2+', '4 2 3 1+'] as const

/** As real cells report: a range belongs to one version, and members to one confVer; who leads, and the rest, may be anyone. */
const reports = fc
  .record({
    id: fc.integer({ min: 2, max: 7 }),
    version: fc.integer({ min: 1, max: 4 }),
    confVer: fc.integer({ min: 1, max: PEERS.length }),
    leader: fc.integer({ min: 0, max: 1 }),
    pending: fc.subarray([2, 3, 4]),
    sizeBytes: fc.integer({ min: 0, max: 1000 }),
  })
  .map(({ id, version, confVer, leader, pending, sizeBytes }) => {
    const from = (id * 5 + version * 3) % 7
    const to = from + 1 + ((id + version) % 3)
    const [start, end] = [from === 0 ? '' : String(from), to > 6 ? null : String(to)]
    const report = cellReport({ id, version, confVer, pending, start, end, peers: PEERS[confVer - 1] as string })
    return { ...report, leader: report.cell.peers[leader] as Peer, sizeBytes, keys: sizeBytes % 7 }
  })
const manyReports = fc.array(reports, { maxLength: 60 })

test('The tallies are what counting all held reports anew gives, whatever was reported', () => {
  fc.assert(
    fc.property(manyReports, (told) => {
      const of = world(places(4, 2), [])
      for (const report of told) of.report(0, report)
      const anew = new Tallies()
      for (const report of of.view.held()) anew.count(report)
      for (const store of [1, 2, 3, 4]) {
        const [held, counted] = [of.view.tally(store), anew.of(store)]
        expect([...held.cells.values()].sort()).toEqual([...counted.cells.values()].sort())
        expect([...held.leaders.values()].sort()).toEqual([...counted.leaders.values()].sort())
        expect([held.sizeBytes, held.pending]).toEqual([counted.sizeBytes, counted.pending])
      }
      expect([of.view.userCells, of.view.userKeys]).toEqual([anew.userCells, anew.userKeys])
    }),
  )
})

test('Whether the keyspace is tiled is known without looking at all cells', () => {
  fc.assert(
    fc.property(manyReports, (told) => {
      const of = world(places(4, 2), [cellReport({ id: 1 })])
      for (const report of told) of.report(0, report)
      const users = [...of.view.cells()].map(({ cell }) => cell).filter((cell) => !cell.system)
      const bounds = users.map(({ start, end }) => [Buffer.from(start).toString(), end && Buffer.from(end).toString()])
      bounds.sort(([a], [b]) => ((a as string) < (b as string) ? -1 : 1))
      const tiled =
        bounds[0]?.[0] === '' &&
        bounds.every(([, end], i) => (bounds[i + 1] === undefined ? null : bounds[i + 1]?.[0]) === end)
      expect(of.view.complete).toBe(tiled)
    }),
  )
})

test('A set of ids gives each of its places one id, through additions and removals', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.integer({ min: 0, max: 9 }))), (steps) => {
      const ids = new IdSet()
      const model = new Set<number>()
      for (const [add, id] of steps) {
        if (add) {
          ids.add(id)
          model.add(id)
        } else {
          ids.delete(id)
          model.delete(id)
        }
        const placed = Array.from({ length: ids.size }, (_, place) => ids.at(place))
        expect(new Set(placed)).toEqual(model)
        expect(placed).toHaveLength(model.size)
      }
    }),
  )
})

test('Sizes differ when large cells are more than four times small ones, and nearly empty ones do not count', () => {
  const sized = (...sizes: number[]) => {
    const tallies = new Tallies()
    for (const [i, sizeBytes] of sizes.entries()) tallies.count({ ...cellReport({ id: 2 + i }), sizeBytes })
    return tallies.sizeSpread(1000)
  }
  expect(sized(5000, 5100, 5200, 5300)).toBe(1)
  expect(sized(1, 2, 500, 1000)).toBe(1)
  expect(sized(2000, 2000, 64_000, 64_000)).toBe(32)
})
