/** The runtime of this project: actors on two executors, and one on the main thread that talks to them. */
import { actor, createSystem, type Protocol, type Ref } from '../../src/actor/index.ts'
import type { Contender, Parcel } from './contender.ts'

/** Answers those who ask. */
export const echo = actor<Parcel & { readonly replyTo: Ref<number> }>({
  module: import.meta.url,
  name: 'echo',
  start: () => ({ receive: ({ sequence, replyTo }) => void replyTo.tell(sequence) }),
})

const protocol: Protocol<Parcel> = {
  encode(message, out) {
    out.u32(message.sequence)
    out.bytes(message.bytes)
    return true
  },
  decode: (frame) => ({ sequence: frame.u32(), bytes: frame.bytes(frame.remaining) }),
}

/** Receives a flood in a layout of its own, and tells the referee when it is over. */
export const drain = actor<Parcel, { readonly referee: string }>({
  module: import.meta.url,
  name: 'drain',
  protocol,
  start(ctx, args) {
    const referee = ctx.named<RefereeMessage>(args.referee)
    return {
      receive({ sequence }) {
        if (sequence === 0) referee.tell({ over: true })
      },
    }
  },
})

interface Flood {
  readonly messages: number
  readonly bytes: number
}

/** Counts down to zero, so that the last message says that it is the last. */
export const source = actor<Flood, { readonly to: string }>({
  module: import.meta.url,
  name: 'source',
  start(ctx, args) {
    const to = ctx.named<Parcel>(args.to)
    let left = 0
    let bytes = new Uint8Array(0)
    return {
      receive(message) {
        left = message.messages
        bytes = new Uint8Array(message.bytes)
        ctx.requestTurn()
      },
      turn() {
        for (let sent = 0; sent < 256 && left > 0 && to.tell({ sequence: left - 1, bytes }); sent++) left--
        if (left > 0) ctx.requestTurn()
      },
    }
  },
})

type RefereeMessage = { readonly waiting: Ref<number> } | { readonly over: true }

export const referee = actor<RefereeMessage>({
  module: import.meta.url,
  name: 'referee',
  start() {
    let waiting: Ref<number> | null = null
    return {
      receive(message) {
        if ('over' in message) waiting?.tell(1)
        else waiting = message.waiting
      },
    }
  },
})

interface Token {
  readonly hops: number
}

export const player = actor<Token, { readonly other: string; readonly referee: string }>({
  module: import.meta.url,
  name: 'player',
  start(ctx, args) {
    const other = ctx.named<Token>(args.other)
    const judge = ctx.named<RefereeMessage>(args.referee)
    return {
      receive({ hops }) {
        if (hops === 0) judge.tell({ over: true })
        else other.tell({ hops: hops - 1 })
      },
    }
  },
})

const TIMEOUT = { timeoutMs: 120_000 }

export const cellarium: Contender = {
  name: 'cellarium/actor',
  async open() {
    const system = await createSystem({ executors: 2 })
    const judge = await system.spawn(referee, undefined, { executor: 2, name: 'referee' })
    const echoing = await system.spawn(echo, undefined, { executor: 0 })
    await system.spawn(drain, { referee: 'referee' }, { executor: 1, name: 'drain' })
    const from = await system.spawn(source, { to: 'drain' }, { executor: 0 })
    const left = await system.spawn(player, { other: 'right', referee: 'referee' }, { executor: 0, name: 'left' })
    await system.spawn(player, { other: 'left', referee: 'referee' }, { executor: 1, name: 'right' })
    const whistle = () => judge.ask<number>((waiting) => ({ waiting }), TIMEOUT)
    return {
      async flood(messages, payload) {
        const over = whistle()
        from.tell({ messages, bytes: payload.length })
        await over
      },
      ask: (sequence, bytes) => echoing.ask<number>((replyTo) => ({ sequence, bytes, replyTo }), TIMEOUT),
      async pingPong(hops) {
        const over = whistle()
        left.tell({ hops })
        await over
      },
      async spawn() {
        await system.spawn(echo, undefined, { executor: 0 })
      },
      close: () => system.stop(),
    }
  },
}
