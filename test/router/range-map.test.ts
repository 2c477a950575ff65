import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { compareBytes, utf8 } from '../../src/base/index.ts'
import { type Cell, containsKey } from '../../src/model/index.ts'
import { RangeMap, type RouteEntry } from '../../src/router/index.ts'

function cell(id: number, start: string, end: string | null, version: number, stores = [1, 2, 3], confVer = 1): Cell {
  return {
    id,
    system: false,
    start: utf8(start),
    end: end === null ? null : utf8(end),
    epoch: { version, confVer },
    peers: stores.map((store) => ({ id: id * 10 + store, store, role: 'voter' })),
  }
}

function find(map: RangeMap, key: string): RouteEntry | null {
  const bytes = utf8(`--${key}--`)
  return map.find(bytes, 2, bytes.length - 2)
}

/** `start..end@version` of each entry. */
function shape(map: RangeMap): string[] {
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString()
  return map.entries().map(({ cell: { id, start, end, epoch } }) => {
    return `${id}:${text(start)}..${end === null ? '' : text(end)}@${epoch.version}`
  })
}

describe('ranges', () => {
  test('the cell of a key is the one whose range holds it; its start belongs to it, its end does not', () => {
    const map = new RangeMap()
    map.learn(cell(2, '', 'm', 1), 1, 1)
    map.learn(cell(3, 'm', null, 1), 1, 1)
    expect(find(map, '')?.cell.id).toBe(2)
    expect(find(map, 'lzz')?.cell.id).toBe(2)
    expect(find(map, 'm')?.cell.id).toBe(3)
    expect(find(map, 'zzz')?.cell.id).toBe(3)
  })

  test('bytes are compared without a sign: a key that begins with 255 is behind one that begins with 127', () => {
    const map = new RangeMap()
    map.learn({ ...cell(2, '', null, 1), end: Uint8Array.of(128) }, 1, 1)
    map.learn({ ...cell(3, '', null, 1), start: Uint8Array.of(128) }, 1, 1)
    expect(map.find(Uint8Array.of(127), 0, 1)?.cell.id).toBe(2)
    expect(map.find(Uint8Array.of(255), 0, 1)?.cell.id).toBe(3)
  })

  test('a key of which nothing is known has no cell', () => {
    const map = new RangeMap()
    expect(find(map, 'a')).toBeNull()
    map.learn(cell(2, 'c', 'f', 1), 1, 1)
    expect(find(map, 'b')).toBeNull()
    expect(find(map, 'c')?.cell.id).toBe(2)
    expect(find(map, 'f')).toBeNull()
  })

  test('one cell that holds all keys is known to be the only one, until it is not', () => {
    const map = new RangeMap()
    map.learn(cell(2, '', null, 1), 1, 1)
    expect(map.only?.cell.id).toBe(2)
    map.learn(cell(3, 'm', null, 2), 1, 1)
    expect(map.only).toBeNull()
  })

  test('a child that is learned of first cuts its parent, which keeps its old version until its own news comes', () => {
    const map = new RangeMap()
    map.learn(cell(2, '', null, 1), 1, 1)
    map.learn(cell(3, 'm', null, 2), 1, 1)
    expect(shape(map)).toEqual(['2:..m@1', '3:m..@2'])
    map.learn(cell(2, '', 'm', 2), 1, 1)
    expect(shape(map)).toEqual(['2:..m@2', '3:m..@2'])
  })

  test('a parent that is learned of first leaves a hole where its child will be', () => {
    const map = new RangeMap()
    map.learn(cell(2, '', null, 1), 1, 1)
    map.learn(cell(2, '', 'm', 2), 1, 1)
    expect(find(map, 'z')).toBeNull()
    expect(map.covering(utf8(''), null)).toBeNull()
    expect(map.covering(utf8(''), utf8('m'))).toHaveLength(1)
  })

  test('news that is older than what is known changes nothing', () => {
    const map = new RangeMap()
    map.learn(cell(2, '', 'm', 2), 1, 5)
    map.learn(cell(3, 'm', null, 2), 1, 5)
    const before = shape(map)
    map.learn(cell(2, '', null, 1), 3, 4)
    expect(shape(map)).toEqual(before)
    expect(map.byId(2)?.store).toBe(1)
  })

  test('a merged cell, with a version above both, takes the place of both', () => {
    const map = new RangeMap()
    map.learn(cell(2, '', 'm', 4), 1, 1)
    map.learn(cell(3, 'm', null, 7), 1, 1)
    map.learn(cell(2, '', null, 8), 1, 1)
    expect(shape(map)).toEqual(['2:..@8'])
    expect(map.byId(3)).toBeUndefined()
  })

  test('a change of leader or of peers is no change of ranges', () => {
    const map = new RangeMap()
    map.learn(cell(2, '', null, 1), 1, 1)
    const before = map.rangeVersion
    map.learn(cell(2, '', null, 1, [1, 2, 4], 2), 2, 2)
    expect(map.rangeVersion).toBe(before)
    expect(map.byId(2)?.cell.peers.map(({ store }) => store)).toEqual([1, 2, 4])
  })

  test('the system cell lies apart: it is found by its id and holds no key', () => {
    const map = new RangeMap()
    map.learn({ ...cell(1, '', null, 1), system: true }, 2, 1)
    expect(find(map, 'a')).toBeNull()
    expect(map.size).toBe(0)
    expect(map.system?.store).toBe(2)
    expect(map.byId(1)).toBe(map.system)
  })

  /** A key space that is split again and again; every state that a cell was ever in is news that may come at any time. */
  const histories = fc.record({
    cuts: fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 12 }),
    shuffle: fc.array(fc.nat(), { minLength: 60, maxLength: 60 }),
  })

  function statesOf(cuts: readonly number[]): { all: Cell[]; last: Cell[] } {
    const key = (n: number) => `k${String(n).padStart(2, '0')}`
    const all: Cell[] = [cell(2, '', null, 1)]
    const last = new Map<number, Cell>([[2, all[0] as Cell]])
    let id = 3
    for (const cut of cuts) {
      const at = utf8(key(cut))
      const parent = [...last.values()].find((each) => containsKey(each, at) && compareBytes(each.start, at) < 0)
      if (parent === undefined) continue
      const epoch = { version: parent.epoch.version + 1, confVer: 1 }
      const left = { ...parent, end: at, epoch }
      const right = { ...parent, id: id++, start: at, epoch }
      last.set(left.id, left)
      last.set(right.id, right)
      all.push(left, right)
    }
    return { all, last: [...last.values()] }
  }

  test('whatever the order in which news comes, ranges never overlap, and the last word of each cell wins', () => {
    fc.assert(
      fc.property(histories, ({ cuts, shuffle }) => {
        const { all, last } = statesOf(cuts)
        const news = all.map((each, i) => ({ each, at: shuffle[i % shuffle.length] as number }))
        news.sort((a, b) => a.at - b.at)
        const map = new RangeMap()
        for (const { each } of news) {
          map.learn(each, 1, 1)
          const entries = map.entries()
          for (let i = 1; i < entries.length; i++) {
            const before = entries[i - 1] as RouteEntry
            expect(compareBytes(before.cell.end as Uint8Array, (entries[i] as RouteEntry).cell.start)).not.toBe(1)
          }
        }
        for (const each of last) map.learn(each, 1, 1)
        const wanted = new RangeMap()
        for (const each of last) wanted.learn(each, 1, 1)
        expect(shape(map)).toEqual(shape(wanted))
        for (let n = 0; n <= 41; n++) {
          const key = `k${String(n).padStart(2, '0')}`
          expect(containsKey((find(map, key) as RouteEntry).cell, utf8(key))).toBe(true)
        }
      }),
      { numRuns: 200, seed: 1 },
    )
  })
})

describe('leaders', () => {
  const reachable = () => true

  test('before anything is known of its leader a cell is tried at its first voter', () => {
    const map = new RangeMap()
    map.learn(cell(2, '', null, 1, [4, 5]), 0, 0)
    expect(map.byId(2)).toMatchObject({ store: 4, known: false })
  })

  test('a later term is believed, an earlier one is not', () => {
    const map = new RangeMap()
    map.learn(cell(2, '', null, 1), 1, 5)
    map.learn(cell(2, '', null, 1), 2, 4)
    expect(map.byId(2)?.store).toBe(1)
    map.learn(cell(2, '', null, 1), 3, 6)
    expect(map.byId(2)?.store).toBe(3)
  })

  test('a hint is followed, and what PD said of the same term before does not undo it', () => {
    const map = new RangeMap()
    map.learn(cell(2, '', null, 1), 1, 5)
    const entry = map.byId(2) as RouteEntry
    map.moveOn(entry, 1, 3, reachable)
    expect(entry).toMatchObject({ store: 3, known: true })
    map.learn(cell(2, '', null, 1), 1, 5)
    expect(entry.store).toBe(3)
  })

  test('without a hint the peers are tried in turn, those that cannot be reached left out', () => {
    const map = new RangeMap()
    map.learn(cell(2, '', null, 1, [1, 2, 3, 4]), 1, 5)
    const entry = map.byId(2) as RouteEntry
    const seen: number[] = []
    for (let i = 0; i < 4; i++) {
      map.moveOn(entry, entry.store, 0, (store) => store !== 3)
      seen.push(entry.store)
    }
    expect(seen).toEqual([2, 4, 1, 2])
  })

  test('a refusal from a store that is no longer aimed at moves nothing', () => {
    const map = new RangeMap()
    map.learn(cell(2, '', null, 1), 2, 5)
    const entry = map.byId(2) as RouteEntry
    map.moveOn(entry, 1, 3, reachable)
    expect(entry.store).toBe(2)
  })

  test('a guess gives way to what PD knows of the same term', () => {
    const map = new RangeMap()
    map.learn(cell(2, '', null, 1), 1, 5)
    map.moveOn(map.byId(2) as RouteEntry, 1, 0, reachable)
    map.learn(cell(2, '', null, 1), 3, 5)
    expect(map.byId(2)).toMatchObject({ store: 3, known: true })
  })
})
