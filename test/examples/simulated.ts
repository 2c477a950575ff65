/**
 * One's own actors, searched from seeds: a sender that numbers its messages and repeats each until it is acknowledged, and
 * a receiver that counts them, over a network that loses some and duplicates others.
 *
 * The receiver is right only if it remembers which numbers it has counted. Leave that out, and some seed shows it.
 */
import { actor, type Lane, type Ref } from 'cellarium/actor'
import { explore, injectFaults } from 'cellarium/testing'

export type Parcel = { number: number; from: Ref<SenderMessage> } | { kind: 'total'; replyTo: Ref<number> }

/** In a lane that may lose them: without it, the runtime would deliver them all. */
const mayBeLost = { lane: (): Lane => 'droppable' }

export const receiver = actor<Parcel, { remembers: boolean }>({
  module: import.meta.url,
  name: 'receiver',
  protocol: mayBeLost,
  start(_ctx, { remembers }) {
    const seen = new Set<number>()
    let total = 0
    return {
      receive(message) {
        if ('kind' in message) {
          message.replyTo.tell(total)
          return
        }
        if (!remembers || !seen.has(message.number)) total++
        seen.add(message.number)
        message.from.tell({ kind: 'acknowledged', number: message.number })
      },
    }
  },
})

export type SenderMessage = { kind: 'acknowledged'; number: number } | { kind: 'repeat' }

export const sender = actor<SenderMessage, { to: Ref<Parcel>; count: number }>({
  module: import.meta.url,
  name: 'sender',
  protocol: mayBeLost,
  start(ctx, { to, count }) {
    const open = new Set(Array.from({ length: count }, (_, i) => i))
    const send = (): void => {
      for (const number of open) ctx.tell(to, { number, from: ctx.self })
    }
    ctx.every(20, { kind: 'repeat' })
    send()
    return {
      receive(message) {
        if (message.kind === 'acknowledged') open.delete(message.number)
        else send()
      },
    }
  },
})

/** Plays it from each of the seeds; rejects with the first one that ends with a wrong total. */
export function search(remembers: boolean, seeds: number | readonly (number | string)[]) {
  return explore({ seeds, executors: 2, verify: true }, async (simulation) => {
    const to = simulation.spawn(receiver, { remembers }, { executor: 0 })
    const faults = injectFaults(simulation, { loss: 0.2, pause: { everyMs: 50, forMs: 20 } })
    simulation.spawn(sender, { to, count: 20 }, { executor: 1 })
    simulation.run({ untilMs: 2000 })
    faults.stop()
    const reply = to.ask<number>((replyTo) => ({ kind: 'total', replyTo }), { timeoutMs: 1000 })
    await simulation.drive(reply, 2000)
    const total = await reply
    if (total !== 20) throw new Error(`sent 20, counted ${total}`)
  })
}

export async function example(print: (line: string) => void): Promise<void> {
  const { runs, virtualMs } = await search(true, 50)
  print(`${runs} runs, ${Math.round(virtualMs / 1000)} virtual seconds: always right`)
  await search(false, 50).catch((error) => print(`without a memory: wrong, and ${error.name} names the seed`))
}
