/** Actors of the tests of pools, topics, stashes, promises, silence and observers. */
import { actor, pool, type Ref, stash, topic, withReceiveTimeout } from '../../src/actor/index.ts'
import { notes, type RecorderMessage } from './actors.ts'

const report = 'report'
const item = (value: unknown): RecorderMessage => ({ kind: 'item', value })

// ────────────────────────────────────────────────────────────────────────────────────────────────────────────── pool

export type WorkMessage = { kind: 'work'; value: unknown } | { kind: 'whoAreYou'; replyTo: Ref<string | null> }

export const worker = actor<WorkMessage>({
  module: import.meta.url,
  name: 'worker',
  start: (ctx) => ({
    receive(message) {
      if (message.kind === 'work') ctx.named<RecorderMessage>(report).tell(item(message.value))
      else message.replyTo.tell(ctx.self.name)
    },
  }),
})

export const workers = pool({ name: 'workers', size: 5, member: worker, args: undefined, mailbox: 100 })

export type DealerMessage = { kind: 'deal'; values: number[] } | { kind: 'dealTo'; key: string; values: number[] }

/** Deals to the pool from whatever thread it lives on. */
export const dealer = actor<DealerMessage>({
  module: import.meta.url,
  name: 'dealer',
  start(ctx) {
    const router = workers.router(ctx)
    return {
      receive(message) {
        for (const value of message.values) {
          if (message.kind === 'deal') router.tell({ kind: 'work', value })
          else router.tellKey(message.key, { kind: 'work', value })
        }
      },
    }
  },
})

// ───────────────────────────────────────────────────────────────────────────────────────────────────────────── topic

export interface News {
  readonly text: string
  readonly author: Ref<RecorderMessage>
}

export const news = topic<News>('news')

export type ReaderMessage = News | { kind: 'cancel' } | { kind: 'throw' } | { kind: 'stop' }

/** Subscribes when it starts, again when it is restarted; thanks the author through the reference in the message. */
export const reader = actor<ReaderMessage>({
  module: import.meta.url,
  name: 'reader',
  start(ctx) {
    news.subscribe(ctx, ctx.self)
    return {
      receive(message, from) {
        if ('text' in message) message.author.tell(item(`${message.text}, by ${from?.name ?? 'no actor'}`))
        else if (message.kind === 'cancel') news.unsubscribe(ctx, ctx.self)
        else if (message.kind === 'throw') throw new Error('a reader threw')
        else ctx.stop()
      },
    }
  },
})

/** Takes hardly anything, and handles nothing while its thread is kept busy by what it was told first. */
export const press = actor<{ texts: string[] }>({
  module: import.meta.url,
  name: 'press',
  start(ctx) {
    const publisher = news.publisher(ctx)
    return {
      receive({ texts }) {
        for (const text of texts) publisher.publish({ text, author: ctx.named(report) })
      },
    }
  },
})

// ───────────────────────────────────────────────────────────────────────────────────────────────────────────── stash

export type DoorMessage =
  | { kind: 'enter'; name: string }
  | { kind: 'open' }
  | { kind: 'close' }
  | { kind: 'throw' }
  | { kind: 'stop' }
  | { kind: 'size'; replyTo: Ref<number> }

/** Closed at first. Who comes waits outside, five at most. */
export const door = actor<DoorMessage, { closed: boolean }>({
  module: import.meta.url,
  name: 'door',
  start(ctx, args) {
    const outside = stash(ctx, { messagesMax: 5 })
    const to = ctx.named<RecorderMessage>(report)
    let isOpen = !args.closed
    // A door that was broken stays open.
    args.closed = false
    return {
      receive(message, from) {
        switch (message.kind) {
          case 'enter':
            if (isOpen) to.tell(item(`${message.name} from ${from?.name ?? 'outside'}`))
            else if (!outside.push(message, from)) to.tell(item(`${message.name} turned away`))
            return
          case 'open':
            isOpen = true
            outside.release()
            return
          case 'close':
            isOpen = false
            return
          case 'size':
            // Asked at a closed door, one waits too.
            if (isOpen) message.replyTo.tell(outside.size)
            else outside.push(message, from)
            return
          case 'throw':
            throw new Error('the door broke')
          case 'stop':
            ctx.stop()
        }
      },
    }
  },
})

/** Goes through a door several times in one call, so that what it tells lies there together. */
export const visitor = actor<{ names: string[] }, { door: Ref<DoorMessage> }>({
  module: import.meta.url,
  name: 'visitor',
  start: (_ctx, args) => ({
    receive({ names }) {
      for (const name of names) args.door.tell(name === 'open' ? { kind: 'open' } : { kind: 'enter', name })
    },
  }),
})

// ────────────────────────────────────────────────────────────────────────────────────────────────────────── promises

export type PiperMessage =
  | { kind: 'pipe'; value: string; ends: 'well' | 'badly' | 'in a throw' }
  | { kind: 'pipeLate'; value: string }
  | { kind: 'letGo' }
  | { kind: 'throw' }
  | { kind: 'done'; value: string }

/** Of all lives on this thread. */
let letGo: () => void = () => {}

export const piper = actor<PiperMessage>({
  module: import.meta.url,
  name: 'piper',
  start(ctx) {
    const to = ctx.named<RecorderMessage>(report)
    const done = (value: string): PiperMessage => ({ kind: 'done', value })
    const failed = (error: unknown): PiperMessage => done(`failed: ${(error as Error).message}`)
    to.tell(item('started'))
    return {
      receive(message) {
        switch (message.kind) {
          case 'pipe': {
            const { value, ends } = message
            const promise = ends === 'badly' ? Promise.reject(new Error(value)) : Promise.resolve(value)
            const thrower = (): PiperMessage => {
              throw new Error('done with a throw')
            }
            ctx.pipeToSelf(promise, ends === 'in a throw' ? thrower : done, failed)
            return
          }
          case 'pipeLate': {
            const late = new Promise<string>((resolve) => {
              letGo = () => resolve(message.value)
            })
            ctx.pipeToSelf(late, done, failed)
            return
          }
          case 'letGo':
            letGo()
            // What it let go is void by now, or comes before this.
            ctx.pipeToSelf(Promise.resolve('let go'), done, failed)
            return
          case 'throw':
            throw new Error('the piper threw')
          case 'done':
            to.tell(item(message.value))
        }
      },
    }
  },
})

// ─────────────────────────────────────────────────────────────────────────────────────────────────────────── silence

/** What a puppet says to it, it hears and keeps to itself. */
export type GuestMessage = { kind: 'say'; value: string } | { kind: 'silence' } | { kind: 'item'; value: unknown }

export const guest = actor<GuestMessage, { timeoutMs: number }>({
  module: import.meta.url,
  name: 'guest',
  start(ctx, args) {
    const to = ctx.named<RecorderMessage>(report)
    return withReceiveTimeout(
      ctx,
      { timeoutMs: args.timeoutMs, message: { kind: 'silence' } },
      {
        receive(message) {
          if (message.kind === 'item') return
          const atMs = Math.round(ctx.clock.monotonicMs())
          to.tell(item(message.kind === 'say' ? message.value : { silentAtMs: atMs }))
          if (message.kind === 'say' && message.value === 'goodbye') ctx.stop()
        },
        stop(why) {
          to.tell(item(`guest ${why}`))
        },
      },
    )
  },
})

// ───────────────────────────────────────────────────────────────────────────────────────────────────────── observers

export type NotesMessage = { kind: 'notes'; replyTo: Ref<string[]> }

/** Shows what the observer of its executor has seen. */
export const notebook = actor<NotesMessage>({
  module: import.meta.url,
  name: 'notebook',
  start: (ctx) => ({
    receive(message) {
      message.replyTo.tell(ctx.edge(notes))
    },
  }),
})

export type CallMessage = { kind: 'call'; value: string } | { kind: 'throw' }

/** Handlers that take a while, and one that throws in the middle. */
export const caller = actor<CallMessage>({
  module: import.meta.url,
  name: 'caller',
  asynchronous: true,
  start: () => ({
    async receive(message) {
      await null
      if (message.kind === 'throw') throw new Error('in the middle')
    },
  }),
})

/** Fails to start once, at its second life. */
export const stumbler = actor<{ kind: 'throw' } | { kind: 'say' }, { lives: number }>({
  module: import.meta.url,
  name: 'stumbler',
  start(ctx, args) {
    const to = ctx.named<RecorderMessage>(report)
    const life = ++args.lives
    if (life === 2) throw new Error('stumbled')
    return {
      receive(message) {
        if (message.kind === 'throw') throw new Error('thrown')
        to.tell(item(`life ${life}`))
      },
      stop(why) {
        to.tell(item(`life ${life} stop ${why}`))
      },
    }
  },
})
