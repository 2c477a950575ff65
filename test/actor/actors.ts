/** Actors that the tests of this room spawn, on threads and in the twin. */
import {
  type ActorContext,
  type AnyRef,
  actor,
  type Edges,
  edge,
  type Lane,
  type Observer,
  observerEdge,
  type Protocol,
  type Ref,
} from '../../src/actor/index.ts'

// ─────────────────────────────────────────────────────────────────────────────────────────────────────────── counter

export type CounterMessage =
  | { kind: 'add'; amount: number }
  | { kind: 'read'; replyTo: Ref<number> }
  | { kind: 'throw'; text: string }
  | { kind: 'stop' }

export const counter = actor<CounterMessage, { from: number }>({
  module: import.meta.url,
  name: 'counter',
  start(ctx, args) {
    let count = args.from
    return {
      receive(message) {
        switch (message.kind) {
          case 'add':
            count += message.amount
            return
          case 'read':
            message.replyTo.tell(count)
            return
          case 'throw':
            throw new Error(message.text)
          case 'stop':
            ctx.stop()
        }
      },
    }
  },
})

// ────────────────────────────────────────────────────────────────────────────────────────────────────────── recorder

/** Remembers what it received, in order, and tells it when asked. */
export type RecorderMessage =
  | { kind: 'item'; value: unknown }
  | { kind: 'watch'; ref: AnyRef }
  | { kind: 'watchName'; name: string }
  | { kind: 'watchExecutors' }
  | { kind: 'forward'; to: Ref<RecorderMessage>; value: unknown }
  | { kind: 'read'; replyTo: Ref<unknown[]> }

export const recorder = actor<RecorderMessage>({
  module: import.meta.url,
  name: 'recorder',
  start(ctx) {
    const seen: unknown[] = []
    return {
      receive(message, from) {
        switch (message.kind) {
          case 'item':
            seen.push(from?.name ? { from: from.name, value: message.value } : message.value)
            return
          case 'watch':
            ctx.watch(message.ref)
            return
          case 'watchName':
            ctx.watch(ctx.named(message.name))
            return
          case 'watchExecutors':
            ctx.watchExecutors()
            return
          case 'forward':
            seen.push({ told: message.to.tell({ kind: 'item', value: message.value }) })
            return
          case 'read':
            message.replyTo.tell(seen)
        }
      },
      terminated(ref, why) {
        seen.push({ terminated: ref.name ?? 'nameless', why })
      },
      executorLost(executor, incarnation) {
        seen.push({ lost: executor, incarnation })
      },
      executorUp(executor, incarnation) {
        seen.push({ up: executor, incarnation })
      },
      undelivered(to, message) {
        seen.push({ undelivered: to.name, message })
      },
    }
  },
})

// ────────────────────────────────────────────────────────────────────────────────────────────────────────── numbered

/** A stream of numbered messages with a protocol of its own: number, bytes that follow from it, and the lane it goes in. */
export interface Numbered {
  readonly lane: Lane
  readonly number: number
  readonly bytes: Uint8Array
}

export function bytesOf(number: number, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let i = 0; i < length; i++) bytes[i] = number + i * 7
  return bytes
}

const lanes: readonly Lane[] = ['control', 'droppable', 'data']

export const numberedProtocol: Protocol<Numbered> = {
  lane: (message) => message.lane,
  encode(message, out) {
    out.u8(lanes.indexOf(message.lane))
    out.u32(message.number)
    out.u32(message.bytes.length)
    out.bytes(message.bytes)
    return true
  },
  decode(frame) {
    const lane = lanes[frame.u8()] as Lane
    const number = frame.u32()
    return { lane, number, bytes: frame.bytes(frame.u32()) }
  },
}

/** Checks order and content of what it receives per lane, in its turn, and reports every wrong to the actor named `report`. */
export const checker = actor<Numbered, { report: string; keepView?: boolean }>({
  module: import.meta.url,
  name: 'checker',
  protocol: numberedProtocol,
  start(ctx, args) {
    const report = ctx.named<RecorderMessage>(args.report)
    const next: Record<Lane, number> = { control: 0, droppable: 0, data: 0 }
    let gathered: Numbered[] = []
    let kept: Numbered | null = null
    return {
      receive(message) {
        gathered.push(message)
        ctx.requestTurn()
      },
      turn() {
        if (args.keepView && kept !== null) report.tell({ kind: 'item', value: { kept: [...kept.bytes] } })
        for (const message of gathered) {
          const isNext = message.number === next[message.lane]
          const isSame = Buffer.compare(message.bytes, bytesOf(message.number, message.bytes.length)) === 0
          if (!isNext || !isSame) report.tell({ kind: 'item', value: { wrong: message.number, isNext, isSame } })
          next[message.lane] = message.number + 1
        }
        kept = gathered[gathered.length - 1] ?? null
        gathered = []
        report.tell({ kind: 'item', value: { upTo: { ...next } } })
      },
    }
  },
})

export type PumpMessage = { kind: 'go'; count: number; lengths: number[]; lane: Lane } | { kind: 'again' }

/** Sends numbered messages as fast as they are accepted. */
export const pump = actor<PumpMessage, { to: string; report?: string }>({
  module: import.meta.url,
  name: 'pump',
  start(ctx: ActorContext<PumpMessage>, args) {
    const to = ctx.named<Numbered>(args.to)
    const report = args.report === undefined ? null : ctx.named<RecorderMessage>(args.report)
    let number = 0
    let until = 0
    let lengths: number[] = [0]
    let lane: Lane = 'data'
    const go = (): void => {
      while (number < until) {
        const length = lengths[number % lengths.length] as number
        if (!to.tell({ lane, number, bytes: bytesOf(number, length) })) {
          ctx.after(0.1, { kind: 'again' })
          return
        }
        number++
      }
    }
    return {
      receive(message) {
        if (message.kind === 'go') {
          until += message.count
          lengths = message.lengths
          lane = message.lane
        }
        go()
      },
      undelivered(_to, message) {
        report?.tell({ kind: 'item', value: { undelivered: (message as Numbered).number } })
      },
    }
  },
})

// ──────────────────────────────────────────────────────────────────────────────────────────────────── ways of behaving

/** Tells the actor named `report` what happens to it. */
export type PuppetMessage =
  | { kind: 'say'; value: unknown }
  | { kind: 'throw'; text: string }
  | { kind: 'throwInTurn'; text: string }
  | { kind: 'turn' }
  | { kind: 'after'; delayMs: number; value: unknown; cancel?: boolean }
  | { kind: 'every'; intervalMs: number; times: number }
  | { kind: 'beat' }
  | { kind: 'spawnChild'; name: string }
  | { kind: 'stopChild' }
  | { kind: 'stop' }
  | { kind: 'tellNoReply'; replyTo: Ref<never> }
  | { kind: 'who'; replyTo: Ref<{ executor: number; incarnation: number; self: AnyRef }> }

export const puppet = actor<PuppetMessage, { report: string; label: string; failStarts?: number }>({
  module: import.meta.url,
  name: 'puppet',
  start(ctx, args) {
    const report = ctx.named<RecorderMessage>(args.report)
    const say = (value: unknown): void => {
      report.tell({ kind: 'item', value })
    }
    let throwInTurn: string | null = null
    let child: Ref<PuppetMessage> | null = null
    let beats = 0
    let beating = { cancel: (): void => {} }
    let timesLeft = 0
    if (args.failStarts !== undefined) throw new Error(`${args.label} cannot start`)
    say(`${args.label} started`)
    return {
      receive(message) {
        switch (message.kind) {
          case 'say':
            say(message.value)
            return
          case 'throw':
            throw new Error(message.text)
          case 'throwInTurn':
            throwInTurn = message.text
            ctx.requestTurn()
            return
          case 'turn':
            ctx.requestTurn()
            return
          case 'after': {
            const timer = ctx.after(message.delayMs, { kind: 'say', value: message.value })
            if (message.cancel) timer.cancel()
            return
          }
          case 'every':
            timesLeft = message.times
            beating = ctx.every(message.intervalMs, { kind: 'beat' })
            return
          case 'beat':
            say(`beat ${++beats}`)
            if (--timesLeft === 0) beating.cancel()
            return
          case 'spawnChild':
            child = ctx.spawn(puppet, { report: args.report, label: message.name }, { name: message.name })
            ctx.watch(child)
            return
          case 'stopChild':
            if (child !== null) ctx.stop(child)
            return
          case 'stop':
            ctx.stop()
            return
          case 'tellNoReply':
            return
          case 'who':
            message.replyTo.tell({ executor: ctx.executor, incarnation: ctx.incarnation, self: ctx.self })
        }
      },
      turn() {
        if (throwInTurn !== null) throw new Error(throwInTurn)
        say('turn')
      },
      terminated(ref, why) {
        say({ terminated: ref.name, why })
      },
      stop(why) {
        say(`${args.label} stop ${why}`)
      },
    }
  },
})

export type SlowMessage = { kind: 'wait' } | { kind: 'go' } | { kind: 'say'; value: unknown } | { kind: 'fail' }

/** Its handler waits until someone outside its mailbox lets it go on: the edge named gate. */
export const slow = actor<SlowMessage, { report: string; waitMs: number }>({
  module: import.meta.url,
  name: 'slow',
  asynchronous: true,
  start(ctx, args) {
    const report = ctx.named<RecorderMessage>(args.report)
    const helper = ctx.spawn(sleeper, undefined)
    return {
      async receive(message) {
        if (message.kind === 'wait')
          await helper.ask((replyTo) => ({ afterMs: args.waitMs, replyTo }), { timeoutMs: 60_000 })
        if (message.kind === 'fail') throw new Error('failed slowly')
        report.tell({ kind: 'item', value: message.kind === 'say' ? message.value : message.kind })
      },
      stop(why) {
        report.tell({ kind: 'item', value: `slow stop ${why}` })
      },
    }
  },
})

type SleeperMessage = { afterMs: number; replyTo: Ref<null> } | { due: Ref<null> }

const sleeper = actor<SleeperMessage>({
  module: import.meta.url,
  name: 'sleeper',
  start: (ctx) => ({
    receive(message) {
      if ('due' in message) message.due.tell(null)
      else ctx.after(message.afterMs, { due: message.replyTo })
    },
  }),
})

/** Returns a promise and has not said that it would. */
export const undeclared = actor<{ kind: 'go' }>({
  module: import.meta.url,
  name: 'undeclared',
  start: () => ({
    async receive() {
      await null
    },
  }),
})

// ───────────────────────────────────────────────────────────────────────────────────── a thread that takes no more, and dies

export const hold = edge<Int32Array>('hold')

/** Edges of the workers in the tests: words by which the main thread and a holder see each other. */
export function makeTestEdges(
  executor: number,
  incarnation: number,
  args: { hold: SharedArrayBuffer; observe: boolean },
): Edges {
  const observed = args.observe ? observedEdges() : {}
  return { hold: new Int32Array(args.hold), born: { executor, incarnation }, ...observed }
}

/** What an observer saw, as lines. */
export const notes = edge<string[]>('notes')

/** An observer that notes everything, until it is to note the word `explode`. */
export function observedEdges(): Record<string, unknown> {
  const lines: string[] = []
  const isRead = (message: unknown): boolean => (message as { kind?: string }).kind === 'notes'
  const observer: Observer = {
    started: (who) => lines.push(`${who.ref.name} started, ${who.definition.split('#')[1]} on ${who.executor}`),
    stopping: (who, why) => lines.push(`${who.ref.name} stopping: ${why}`),
    threw: (who, error, decision) => lines.push(`${who.ref.name} threw ${(error as Error).message}: ${decision}`),
    handling: (who, message, from) => {
      if (JSON.stringify(message).includes('explode')) throw new Error('an observer with a bug')
      if (!isRead(message)) lines.push(`${who.ref.name} handling from ${from?.name ?? 'outside'}`)
    },
    handled: (who, message, _from, durationMs, error) => {
      const end = error === null ? 'well' : (error as Error).message
      if (!isRead(message)) lines.push(`${who.ref.name} handled ${durationMs >= 0 ? end : 'before it began'}`)
    },
    deadLetter: (reason) => lines.push(`dead letter: ${reason}`),
  }
  return { [notes.name]: lines, [observerEdge.name]: observer }
}

/** Holds its thread until the main thread lets it go, then brings it down; nothing that was told meanwhile was taken. */
export const holder = actor<{ kind: 'hold' }>({
  module: import.meta.url,
  name: 'holder',
  start: (ctx) => ({
    receive() {
      const words = ctx.edge(hold)
      Atomics.store(words, 0, 1)
      Atomics.wait(words, 1, 0)
      throw new Error('held and dropped')
    },
  }),
})

// ────────────────────────────────────────────────────────────────────────────────────────────────────────────── tally

/** Says after each turn which numbers it has handled in it, first and last of each run. */
export const tally = actor<Numbered, { report: string }>({
  module: import.meta.url,
  name: 'tally',
  protocol: numberedProtocol,
  start(ctx, args) {
    const report = ctx.named<RecorderMessage>(args.report)
    let runs: [number, number][] = []
    return {
      receive(message) {
        const run = runs[runs.length - 1]
        if (run !== undefined && run[1] === message.number - 1) run[1] = message.number
        else runs.push([message.number, message.number])
        ctx.requestTurn()
      },
      turn() {
        report.tell({ kind: 'item', value: { handled: runs, incarnation: ctx.incarnation } })
        runs = []
      },
    }
  },
})

// ──────────────────────────────────────────────────────────────────────────────────────────────────── slow to close

export type ClosingMessage = { kind: 'hang' }

/** Its stop takes a while, or for ever. */
export const closing = actor<ClosingMessage, { label: string; stopMs: number | null }>({
  module: import.meta.url,
  name: 'closing',
  start: (ctx, args) => ({
    receive() {},
    stop(why) {
      ctx.log('info', `${args.label} begins to stop: ${why}`)
      return new Promise((resolve) => {
        if (args.stopMs === null) return
        setTimeout(() => {
          ctx.log('info', `${args.label} has stopped`)
          resolve()
        }, args.stopMs)
      })
    },
  }),
})

/** Fails slowly, closes slowly: its next life begins only after both. */
export const slowBoth = actor<{ kind: 'fail' } | { kind: 'say'; value: unknown }, { report: string }>({
  module: import.meta.url,
  name: 'slow-both',
  asynchronous: true,
  start(ctx, args) {
    const report = ctx.named<RecorderMessage>(args.report)
    const say = (value: unknown): void => {
      report.tell({ kind: 'item', value })
    }
    say('started')
    return {
      async receive(message) {
        await null
        if (message.kind === 'fail') throw new Error('failed slowly')
        say(message.value)
      },
      async stop(why) {
        if (why !== 'restart') return
        for (let i = 0; i < 20; i++) await null
        say('closed')
      },
    }
  },
})

/** Edges that cannot be made. */
export function makeBrokenEdges(executor: number): Edges {
  if (executor === 1) throw new Error('no disk for executor 1')
  return {}
}
