import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ReplyOrder } from '../../src/gateway/reply-order.ts'
import { ReplyWriter } from '../../src/redis/index.ts'

/** Some slots are open; each step takes one more or fills one of them. */
const steps = fc.array(
  fc.record({ takes: fc.boolean(), isSilent: fc.boolean(), which: fc.nat(), size: fc.nat(40_000) }),
  {
    maxLength: 120,
  },
)

test('in whatever order replies come, they leave in the order in which their slots were taken, and silent ones never', () => {
  fc.assert(
    fc.property(steps, (all) => {
      const order = new ReplyOrder()
      const out = new ReplyWriter()
      const slots: { readonly slot: number; readonly isSilent: boolean; reply: string | null }[] = []
      const open = () => slots.filter(({ reply }) => reply === null)
      const fill = (which: number, size: number) => {
        const chosen = open()[which % open().length]
        if (chosen === undefined) return
        chosen.reply = `<${chosen.slot}>`.padEnd(size % 7 === 0 ? size : 8, '.')
        const bytes = Buffer.from(`junk${chosen.reply}junk`)
        order.fill(chosen.slot, bytes, 4, bytes.length - 4, out)
        bytes.fill(0)
        const due = slots.slice(0, slots.length - order.pending)
        expect(due.every(({ reply }) => reply !== null)).toBe(true)
        expect(slots[due.length]?.reply ?? null).toBeNull()
      }
      for (const { takes, isSilent, which, size } of all) {
        if (takes || open().length === 0) slots.push({ slot: order.take(isSilent), isSilent, reply: null })
        else fill(which, size)
      }
      while (open().length > 0) fill(all.length * 31, 8)
      const expected = slots.map(({ isSilent, reply }) => (isSilent ? '' : reply)).join('')
      expect(Buffer.from(out.bytes()).toString()).toBe(expected)
      expect(order.pending).toBe(0)
      expect(order.earlyBytes).toBe(0)
    }),
    { numRuns: 150, seed: 7 },
  )
})

test('what waits for a reply that is long in coming takes the memory of what waits, not of all that has passed', () => {
  const order = new ReplyOrder()
  const out = new ReplyWriter()
  const reply = Buffer.alloc(10_000, 'x')
  let late = order.take(false)
  for (let i = 0; i < 1000; i++) {
    const next = order.take(false)
    const early = order.take(false)
    order.fill(early, reply, 0, reply.length, out)
    order.fill(late, reply, 0, reply.length, out)
    late = next
    out.reset()
    expect(order.earlyBytes).toBeLessThanOrEqual(reply.length)
    expect(order.heldBytes).toBeLessThan(50 * reply.length)
  }
})
