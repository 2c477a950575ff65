import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pdKeys } from '../../src/pd/keys.ts'
import { Notes } from '../../src/pd/notes.ts'
import { parseStores } from '../../src/pd/offline.ts'

test('Notes are read before they are known, and a change counts when its write is answered', () => {
  const notes = new Notes()
  expect(notes.next(0)).toBeNull()
  expect(notes.get(pdKeys.stores)).toBeNull()
  expect(notes.next(3)?.slice(0, 3)).toEqual(['SYSGET', pdKeys.initialCells, pdKeys.stores])
  expect(notes.next(3)).toBeNull()
  notes.answered({ kind: 'list', values: ['done', null] })
  expect([notes.get(pdKeys.initialCells), notes.get(pdKeys.stores)]).toEqual(['done', ''])
  notes.want(pdKeys.stores, '3 offline')
  expect(notes.next(3)).toEqual(['SYSWRITE', pdKeys.generation, '3', pdKeys.stores, '3 offline'])
  expect(notes.get(pdKeys.stores)).toBe('')
  expect(notes.planned(pdKeys.stores)).toBe('3 offline')
  notes.answered({ kind: 'ok' })
  expect(notes.get(pdKeys.stores)).toBe('3 offline')
  expect(notes.next(3)).toBeNull()
})

test('Notes whose write has an unknown fate are read again, and written again only when it was not carried out', () => {
  for (const found of ['', '3 offline']) {
    const notes = new Notes()
    notes.next(1)
    notes.answered({ kind: 'list', values: [null, null] })
    notes.want(pdKeys.stores, '3 offline')
    notes.next(1)
    notes.answered({ kind: 'unknown' })
    expect(notes.next(1)?.[0]).toBe('SYSGET')
    notes.answered({ kind: 'list', values: [null, found] })
    expect(notes.next(1)?.[0]).toBe(found === '' ? 'SYSWRITE' : undefined)
  }
})

test('Notes of a PD that was replaced are not written any more', () => {
  const notes = new Notes()
  notes.next(1)
  notes.answered({ kind: 'list', values: [null, null] })
  notes.want(pdKeys.stores, '3 offline')
  notes.next(1)
  notes.answered({ kind: 'error', message: 'STALE generation' })
  expect(notes.deposed).toBe(true)
  expect(notes.next(1)).toBeNull()
})

test('Notes end with what was wanted last, whatever is lost on the way', () => {
  const step = fc.tuple(fc.nat({ max: 3 }), fc.nat({ max: 3 }))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const notes = new Notes()
      const range = new Map<string, string>()
      let last = ''
      const run = (command: readonly string[], fate: number) => {
        if (fate !== 2 && command[0] === 'SYSWRITE') range.set(command[3] as string, command[4] as string)
        if (fate !== 0) return notes.answered({ kind: 'unknown' })
        if (command[0] === 'SYSWRITE') return notes.answered({ kind: 'ok' })
        notes.answered({ kind: 'list', values: command.slice(1).map((key) => range.get(key) ?? null) })
      }
      for (const [action, value] of steps) {
        if (action === 3) {
          last = `${value} offline`
          notes.want(pdKeys.stores, last)
          continue
        }
        const command = notes.next(1)
        if (command !== null) run(command, action)
      }
      for (let command = notes.next(1); command !== null; command = notes.next(1)) run(command, 0)
      expect(notes.get(pdKeys.stores)).toBe(last)
      expect(range.get(pdKeys.stores) ?? '').toBe(last)
    }),
    { numRuns: 300 },
  )
})

test('The note of stores is read as it is written, and what it does not understand is left out', () => {
  expect([...parseStores('3 offline,5 tombstone,7 asleep,')]).toEqual([
    [3, 'offline'],
    [5, 'tombstone'],
  ])
  expect(parseStores('').size).toBe(0)
})
