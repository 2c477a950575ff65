import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FIRST_FREE_ID } from '../../src/model/index.ts'
import { Ids, type SystemReply } from '../../src/pd/ids.ts'

/** The system range as its leader evaluates it: one command after the other. */
class SystemRangeModel {
  readonly values = new Map<string, string>()

  run(command: readonly string[]): SystemReply {
    const [name, ...args] = command as [string, ...string[]]
    if (name === 'SYSGET') return { kind: 'list', values: args.map((key) => this.values.get(key) ?? null) }
    const [key, held] = args as [string, string]
    const present = this.values.get(key) ?? ''
    if (name === 'SYSCAS') {
      if (present !== held) return { kind: 'text', value: present }
      this.values.set(key, args[2] as string)
      return { kind: 'integer', value: 1 }
    }
    if (present !== held) return { kind: 'error', message: 'STALE generation' }
    for (let i = 2; i < args.length; i += 2) this.values.set(args[i] as string, args[i + 1] as string)
    return { kind: 'ok' }
  }
}

function settle(ids: Ids, range: SystemRangeModel): void {
  for (let command = ids.next(); command !== null; command = ids.next()) ids.answered(range.run(command))
}

describe('Ids', () => {
  test('are given only under a generation that was raised, and only when their block is written', () => {
    const range = new SystemRangeModel()
    const ids = new Ids(10)
    const commands: string[] = []
    for (let command = ids.next(); command !== null; command = ids.next()) {
      commands.push(command.join(' '))
      expect(ids.take()).toBeNull()
      ids.answered(range.run(command))
    }
    expect(commands).toEqual([
      'SYSGET pd/generation pd/id-watermark',
      'SYSCAS pd/generation  1',
      'SYSGET pd/generation pd/id-watermark',
      'SYSWRITE pd/generation 1 pd/id-watermark 1010',
    ])
    expect(ids.generation).toBe(1)
    expect(ids.take()).toBe(FIRST_FREE_ID)
  })

  test('go on without a gap from block to block, asked for before the last is used up', () => {
    const range = new SystemRangeModel()
    const ids = new Ids(10)
    const given: (number | null)[] = []
    for (let i = 0; i < 40; i++) {
      settle(ids, range)
      given.push(ids.take())
    }
    expect(given).toEqual(Array.from({ length: 40 }, (_, i) => FIRST_FREE_ID + i))
  })

  test('of a PD that comes later begin above all that an earlier one may have given', () => {
    const range = new SystemRangeModel()
    const first = new Ids(10)
    settle(first, range)
    const second = new Ids(10)
    settle(second, range)
    expect(second.generation).toBe(2)
    expect(second.take()).toBe(FIRST_FREE_ID + 10)
  })

  test('of a PD that was paused while another took over end with its block, and it knows that it is deposed', () => {
    const range = new SystemRangeModel()
    const old = new Ids(4)
    settle(old, range)
    settle(new Ids(4), range)
    const given: number[] = []
    for (let i = 0; i < 10; i++) {
      settle(old, range)
      const id = old.take()
      if (id !== null) given.push(id)
    }
    expect(given).toEqual([1000, 1001, 1002, 1003])
    expect(old.deposed).toBe(true)
    expect(old.next()).toBeNull()
  })

  test('are never given twice, by any number of PDs, whatever is paused, lost, or of unknown fate', () => {
    // Each step: which PD acts, and how: 0 a command is answered, 1 it is executed and its answer is lost, 2 it is lost
    // unexecuted and its fate unknown, 3 an id is taken, 4 the PD is replaced by a new one.
    const step = fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 4 }))
    fc.assert(
      fc.property(fc.array(step, { maxLength: 300 }), fc.integer({ min: 1, max: 6 }), (steps, block) => {
        const range = new SystemRangeModel()
        const pds = [new Ids(block), new Ids(block), new Ids(block)]
        const given = new Set<number>()
        for (const [i, action] of steps) {
          const ids = pds[i] as Ids
          if (action === 4) pds[i] = new Ids(block)
          else if (action === 3) {
            const id = ids.take()
            if (id === null) continue
            expect(given.has(id)).toBe(false)
            given.add(id)
          } else {
            const command = ids.next()
            if (command === null) continue
            const reply = action === 2 ? null : range.run(command)
            ids.answered(action === 0 && reply !== null ? reply : { kind: 'unknown' })
          }
        }
      }),
      { numRuns: 400 },
    )
  })
})
