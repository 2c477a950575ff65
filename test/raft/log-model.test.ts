import fc from 'fast-check'
import { expect, test } from 'vitest'
import './seed.ts'
import { EMPTY } from '../../src/base/index.ts'
import { Entry, emptyConfState, MemoryStorage } from '../../src/raft/index.ts'
import { Log } from '../../src/raft/log.ts'

/**
 * The log against a model that is a plain array of terms and four numbers: whatever is appended, conflicts, is written
 * late, committed, applied, compacted or replaced by a snapshot, both tell the same.
 */

const NO_LIMIT = Number.POSITIVE_INFINITY

class Model {
  /** `terms[i]` is that of index i. Nobody asks the model to forget. */
  terms: number[] = [0]
  committed = 0
  stable = 0
  applied = 0
  first = 1

  get last(): number {
    return this.terms.length - 1
  }
}

const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('propose' as const), count: fc.integer({ min: 1, max: 3 }) }) },
  // A leader's append that begins `back` before the end, agrees for a while, and then has a new term.
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('append' as const),
      back: fc.nat({ max: 5 }),
      agreeing: fc.nat({ max: 4 }),
      fresh: fc.nat({ max: 3 }),
      commit: fc.nat({ max: 8 }),
      previousTermOff: fc.constantFrom(0, 0, 0, 1),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('write' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('commit' as const), by: fc.nat({ max: 3 }), anyTerm: fc.boolean() }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('apply' as const), allowUnstable: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('compact' as const), to: fc.nat({ max: 5 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restore' as const), ahead: fc.integer({ min: 1, max: 4 }) }) },
)

test('a log does what a plain array of terms does', () => {
  let restored = 0
  let refused = 0
  let cut = 0
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80, size: 'max' }), (steps) => {
      const storage = new MemoryStorage()
      const log = new Log(storage, null, NO_LIMIT)
      const model = new Model()
      let term = 1
      for (const each of steps) {
        switch (each.kind) {
          case 'propose': {
            const added = Array.from({ length: each.count }, (_, at) => new Entry(term, model.last + 1 + at))
            log.append(added)
            for (const entry of added) model.terms.push(entry.term)
            break
          }
          case 'append': {
            const previous = Math.max(model.last - each.back, model.committed, model.first - 1)
            const agreeing = Math.min(each.agreeing, model.last - previous)
            if (each.fresh > 0) term++
            const terms = [
              ...model.terms.slice(previous + 1, previous + 1 + agreeing),
              ...new Array<number>(each.fresh).fill(term),
            ]
            const last = previous + terms.length
            const appended = log.tryAppend(
              previous,
              model.terms[previous]! + each.previousTermOff,
              terms.map((t, at) => new Entry(t, previous + 1 + at)),
              each.commit,
            )
            if (each.previousTermOff > 0) {
              expect(appended).toBe(-1)
              refused++
              break
            }
            expect(appended).toBe(last)
            if (each.fresh > 0) {
              if (previous + agreeing < model.last) cut++
              model.terms = [...model.terms.slice(0, previous + 1), ...terms]
              model.stable = Math.min(model.stable, previous + agreeing)
            }
            model.committed = Math.max(model.committed, Math.min(each.commit, last))
            break
          }
          case 'write': {
            const next = log.unstable.nextEntries()
            const snapshot = log.unstable.nextSnapshot()
            log.unstable.acceptInProgress()
            if (snapshot !== null) {
              storage.applySnapshot(snapshot)
              log.unstable.stableSnapshotTo(snapshot.index)
              log.appliedTo(snapshot.index, 0)
              model.applied = snapshot.index
            }
            storage.append(next)
            if (next.length > 0) log.unstable.stableTo(next.at(-1)!.index, next.at(-1)!.term)
            model.stable = model.last
            break
          }
          case 'commit': {
            const index = Math.min(model.committed + each.by, model.last + 1)
            const wanted = each.anyTerm ? (model.terms[index] ?? 0) : term
            const moves = index > model.committed && index <= model.last && model.terms[index] === wanted
            expect(log.tryCommit(index, wanted)).toBe(moves)
            if (moves) model.committed = index
            break
          }
          case 'apply': {
            const given = log.nextCommitted(each.allowUnstable)
            const end = each.allowUnstable ? model.committed : Math.min(model.committed, model.stable)
            const expected = log.hasSnapshotPending() ? [] : model.terms.slice(model.applied + 1, end + 1)
            expect(given.map((entry) => entry.term)).toEqual(expected)
            if (given.length === 0) break
            log.acceptApplying(given, each.allowUnstable)
            log.appliedTo(given.at(-1)!.index, 0)
            model.applied = given.at(-1)!.index
            break
          }
          case 'compact': {
            const index = Math.min(model.first - 1 + each.to, model.applied, model.stable)
            if (log.hasSnapshotPending() || index < model.first) break
            storage.compact(index)
            model.first = index + 1
            break
          }
          case 'restore': {
            const index = model.committed + each.ahead
            log.restore({ index, term, confState: emptyConfState, data: EMPTY })
            model.terms = [...new Array<number>(index).fill(0), term]
            model.committed = index
            model.first = index + 1
            model.stable = index
            restored++
            break
          }
        }
        expect([log.firstIndex(), log.lastIndex(), log.committed]).toEqual([model.first, model.last, model.committed])
        for (let index = model.first - 1; index <= model.last; index++) expect(log.term(index)).toBe(model.terms[index])
        expect(log.term(model.last + 1)).toBeLessThan(0)
        expect(log.term(model.first - 2)).toBeLessThan(0)
        const all = log.slice(model.first, model.last + 1, NO_LIMIT)!
        expect(all.map((entry) => [entry.index, entry.term])).toEqual(
          model.terms.slice(model.first).map((t, at) => [model.first + at, t]),
        )
      }
    }),
  )
  // Or it would show less than it says.
  for (const count of [restored, refused, cut]) expect(count).toBeGreaterThan(10)
})
