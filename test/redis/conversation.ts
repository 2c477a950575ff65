import { expect, test } from 'vitest'
import { Front } from './front.ts'

/** What was typed, what came back, and what changed since the line before. */
export type Line = [typed: string, reply: string | RegExp, effects?: string[]]

/** A test: each line as a person types it to an empty server, with its reply and its effects. */
export function conversation(name: string, lines: Line[]): void {
  test(name, () => {
    const front = new Front()
    for (const [typed, reply, effects] of lines) {
      front.keyspace.effects.length = 0
      const told = front.type(typed)
      if (typeof reply === 'string') expect(told, typed).toBe(reply)
      else expect(told, typed).toMatch(reply)
      if (effects !== undefined) expect(front.keyspace.effects, typed).toEqual(effects)
    }
  })
}
