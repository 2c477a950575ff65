/** Questions under way: an address for one reply, a time limit, and every way it can fail. */
import { checkAsk } from './arguments.ts'
import { Aborted, type ActorError, ActorStopped, AskTimeout, ExecutorLost, MailboxFull } from './errors.ts'
import type { Executor } from './executor.ts'
import { ActorRef, FIRST_ASK_SERIAL, type NamedRef } from './refs.ts'
import type { AnyRef, AskOptions, Ref, Timer } from './types.ts'

class Ask {
  readonly executor: number
  readonly incarnation: number
  readonly resolve: (reply: unknown) => void
  readonly reject: (error: Error) => void
  timer: Timer | null
  signal: AbortSignal | null
  onAbort: (() => void) | null

  constructor(target: ActorRef, resolve: (reply: unknown) => void, reject: (error: Error) => void) {
    this.executor = target.executor
    this.incarnation = target.incarnation
    this.resolve = resolve
    this.reject = reject
    this.timer = null
    this.signal = null
    this.onAbort = null
  }
}

export class Asks {
  readonly #here: Executor
  readonly #open: Map<number, Ask>
  /** As a TimerOwner. Asks have one life: each timer is cancelled with its ask. */
  readonly life: number
  #serial: number
  /** Set once nobody can reply any more. */
  #ended: ActorError | null

  constructor(here: Executor) {
    this.#here = here
    this.#open = new Map()
    this.life = 0
    this.#serial = FIRST_ASK_SERIAL
    this.#ended = null
  }

  ask<R>(ref: ActorRef | NamedRef, make: (replyTo: Ref<R>) => unknown, options: AskOptions): Promise<R> {
    return new Promise<R>((resolve, reject) => {
      checkAsk(make, options)
      const target = ref instanceof ActorRef ? ref : ref.target
      if (target === null) {
        reject(this.#ended ?? new ActorStopped(`no actor has the name ${ref.name}`))
        return
      }
      const replyTo = this.open(target, resolve as (reply: unknown) => void, reject, options)
      if (!this.#open.has(replyTo.serial)) return
      let accepted: boolean
      try {
        accepted = this.#here.outbound.post(target, make(replyTo), replyTo)
      } catch (error) {
        this.fail(replyTo.serial, error as Error)
        return
      }
      if (!accepted) this.fail(replyTo.serial, new MailboxFull(`no room for a message to ${label(target)}`))
    })
  }

  /** The address for one reply from `target`'s thread. */
  open(
    target: ActorRef,
    resolve: (reply: unknown) => void,
    reject: (error: Error) => void,
    options: AskOptions,
  ): ActorRef {
    const here = this.#here
    const ask = new Ask(target, resolve, reject)
    const serial = this.#serial
    this.#serial = serial === 0xffff_ffff ? FIRST_ASK_SERIAL : serial + 1
    this.#open.set(serial, ask)
    const replyTo = new ActorRef(here, here.executor, here.incarnation, serial, '', null, null)
    if (this.#ended !== null) {
      this.fail(serial, this.#ended)
      return replyTo
    }
    const signal = options.signal
    if (signal?.aborted) {
      this.fail(serial, new Aborted('aborted before it was sent'))
      return replyTo
    }
    if (signal !== undefined) {
      ask.signal = signal
      ask.onAbort = () => this.fail(serial, new Aborted(`aborted while waiting for ${label(target)}`))
      signal.addEventListener('abort', ask.onAbort, { once: true })
    }
    const limit = { serial, text: `no reply from ${label(target)} within ${options.timeoutMs} ms` }
    ask.timer = here.timers.add(this, limit, here.clock.monotonicMs() + options.timeoutMs, 0)
    return replyTo
  }

  timerFired(message: unknown): void {
    const limit = message as { serial: number; text: string }
    this.fail(limit.serial, new AskTimeout(limit.text))
  }

  /** False: nobody waits for it any more. */
  reply(serial: number, message: unknown): boolean {
    const ask = this.#close(serial)
    if (ask === undefined) return false
    ask.resolve(message)
    return true
  }

  fail(serial: number, error: ActorError | Error): void {
    this.#close(serial)?.reject(error)
  }

  executorLost(executor: number, incarnation: number): void {
    for (const [serial, ask] of this.#open) {
      if (ask.executor !== executor || ask.incarnation !== incarnation) continue
      this.fail(serial, new ExecutorLost(`executor ${executor} exited before it replied`, 'unknown'))
    }
  }

  /** Those under way, and all that are to come. */
  end(error: ActorError): void {
    this.#ended = error
    for (const serial of [...this.#open.keys()]) this.fail(serial, error)
  }

  #close(serial: number): Ask | undefined {
    const ask = this.#open.get(serial)
    if (ask === undefined) return undefined
    this.#open.delete(serial)
    ask.timer?.cancel()
    if (ask.signal !== null && ask.onAbort !== null) ask.signal.removeEventListener('abort', ask.onAbort)
    return ask
  }
}

function label(target: AnyRef): string {
  return `actor ${target.name ?? target.id}`
}
