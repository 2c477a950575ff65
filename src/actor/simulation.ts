/**
 * The deterministic twin: the same executors, rings and frames in one thread, on virtual time. What a real machine leaves
 * open (which thread runs next, how long a message is on its way, when a death is noticed) is drawn from the seed.
 *
 * How it bends the real thing: the rings are the real ones over ordinary memory, and a gate on each says how far the
 * reader may see; `publish` moves the gate later, in order, after a drawn delay. A pass overwrites what it has read with
 * garbage, so a view that was kept shows at once.
 */
import { assert, type Clock, checkMs, Random } from '../base/index.ts'
import { checkPlace, checkSimulation } from './arguments.ts'
import type { ActorDefinition, AnyDefinition } from './definition.ts'
import { DelayedWriter, ends, type Wires } from './delayed-rings.ts'
import { Executor } from './executor.ts'
import type { Host, Interceptor, Tracer } from './host.ts'
import { ActorRef } from './refs.ts'
import { Ring, type RingWriter } from './ring.ts'
import type { MessageFilter, Simulation, SimulationOptions, Verdict } from './simulation-types.ts'
import { Slot } from './slot.ts'
import { decodeAlone, encodeAlone } from './structured.ts'
import { Timers } from './timers.ts'
import { TraceHash } from './trace-hash.ts'
import type { AnyRef, ExecutorInspection, Lane, LogEntry, Ref, SpawnOptions, Timer } from './types.ts'

/** A step begins so soon after its cause. Above zero, so that time goes on whatever the actors do. */
const STEP_MIN_MS = 0.001
const STEP_MAX_MS = 0.02
const FRAMES_PER_PASS = 4096

/** A world of its own, at the virtual instant 0, with all executors up and populated. Throws what `populate` throws. */
export function createSimulation(options: SimulationOptions): Simulation {
  checkSimulation(options)
  return new World(options)
}

class World implements Simulation, Wires {
  readonly executors: number
  readonly clock: Clock
  readonly random: Random
  nowMs: number
  steps: number
  readonly #options: SimulationOptions
  readonly #order: Random
  readonly #wires: Random
  readonly #births: Random
  readonly #slots: Slot[]
  readonly #events: Timers
  readonly #eventOwner: { life: number; timerFired(message: unknown): void }
  readonly #ringBytes: number
  #filter: MessageFilter | null
  readonly #trace: TraceHash
  /** Thrown where no one could catch it; `run` throws it on. */
  #failure: { error: unknown } | null

  constructor(options: SimulationOptions) {
    const root = new Random(options.seed)
    this.executors = options.executors
    this.nowMs = 0
    this.clock = { monotonicMs: () => this.nowMs, wallMs: () => (options.wallStartMs ?? 0) + this.nowMs }
    this.#order = root.fork()
    this.#wires = root.fork()
    this.#births = root.fork()
    this.random = root.fork()
    this.steps = 0
    this.#options = options
    this.#ringBytes = options.ringBytes ?? 64 * 1024
    this.#events = new Timers(() => {})
    this.#eventOwner = { life: 0, timerFired: (action) => (action as () => void)() }
    this.#filter = options.filter ?? null
    this.#trace = new TraceHash()
    this.#failure = null
    this.#slots = []
    for (let i = 0; i <= options.executors; i++) this.#slots.push(new Slot(i, this, options.wallStartMs ?? 0))
    this.restartAll()
  }

  // ──────────────────────────────────────────────────────────────────────────────────────────────────────────── time

  at(atMs: number, action: () => void): Timer {
    return this.#events.add(this.#eventOwner, action, atMs, 0)
  }

  schedule(delayMs: number, action: () => void): Timer {
    checkMs('delayMs of schedule', delayMs)
    return this.at(this.nowMs + delayMs, action)
  }

  run(options: { untilMs: number }): void {
    checkMs('untilMs of run', options?.untilMs)
    while (this.#events.nextDueMs <= options.untilMs) this.#next()
    this.nowMs = Math.max(this.nowMs, options.untilMs)
  }

  runUntil(predicate: () => boolean, limitMs: number): boolean {
    checkMs('limitMs of runUntil', limitMs)
    const untilMs = this.nowMs + limitMs
    if (predicate()) return true
    while (this.#events.nextDueMs <= untilMs) {
      this.#next()
      if (predicate()) return true
    }
    this.nowMs = untilMs
    return false
  }

  async drive(until: Promise<unknown> | (() => boolean), limitMs: number): Promise<boolean> {
    checkMs('limitMs of drive', limitMs)
    let settled = false
    if (typeof until !== 'function') {
      const settle = (): void => {
        settled = true
      }
      until.then(settle, settle)
    }
    const isDone = (): boolean => (typeof until === 'function' ? until() : settled)
    const untilMs = this.nowMs + limitMs
    for (;;) {
      // Long enough for chains of promises; where a chain is cut does not depend on chance.
      for (let i = 0; i < 8 && !isDone(); i++) await null
      if (isDone()) return true
      if (this.#events.nextDueMs > untilMs) break
      this.#next()
    }
    this.nowMs = untilMs
    return false
  }

  #next(): void {
    this.nowMs = Math.max(this.nowMs, this.#events.nextDueMs)
    this.#events.fireFirst(this.nowMs)
    if (this.#failure === null) return
    const { error } = this.#failure
    this.#failure = null
    throw error
  }

  // ─────────────────────────────────────────────────────────────────────────────────────────────────────────── steps

  requestStep(index: number): void {
    const slot = this.#slot(index)
    if (slot.executor === null || slot.step !== null) return
    const soonMs = this.nowMs + STEP_MIN_MS + this.#order.float() * (STEP_MAX_MS - STEP_MIN_MS)
    slot.step = this.at(Math.max(soonMs, slot.pausedUntilMs), slot.stepIsDue)
  }

  step(slot: Slot): void {
    slot.step = null
    const executor = slot.executor
    if (executor === null) return
    if (slot.pausedUntilMs > this.nowMs) {
      this.requestStep(slot.index)
      return
    }
    this.steps++
    this.#trace.fold(slot.index)
    this.#trace.fold(Math.floor(this.nowMs * 1000) | 0)
    try {
      if (executor.pass()) this.requestStep(slot.index)
    } catch (error) {
      this.#threw(slot, error)
      return
    }
    if (slot.executor === executor) this.#armTimer(slot, executor.timers.nextDueMs)
  }

  #armTimer(slot: Slot, dueMs: number): void {
    if (dueMs === slot.wakeAtMs) return
    slot.wakeTimer?.cancel()
    slot.wakeTimer = null
    slot.wakeAtMs = dueMs
    if (dueMs === Number.POSITIVE_INFINITY) return
    slot.wakeTimer = this.at(Math.max(dueMs, this.nowMs), slot.wakeIsDue)
  }

  /** What ends a real thread. */
  #threw(slot: Slot, error: unknown): void {
    slot.executor?.flush()
    this.#die(slot)
    if (this.#options.onExecutorExit === undefined) throw error
    this.#options.onExecutorExit(slot.index, slot.incarnation, error)
  }

  // ────────────────────────────────────────────────────────────────────────────────────────────────── birth and death

  crashExecutor(index: number): void {
    const slot = this.#slot(index)
    assert(slot.executor !== null, 'an executor that is crashed is up')
    this.#die(slot)
    this.#options.onExecutorExit?.(index, slot.incarnation, null)
  }

  #die(slot: Slot): void {
    this.#end(slot)
    const notice = this.#options.deathNotice ?? { minMs: 1, maxMs: 50 }
    let lastMs = this.nowMs
    for (const other of this.#slots) {
      if (other.executor === null) continue
      slot.unnoticed.add(other.index)
      const atMs = this.nowMs + notice.minMs + this.#order.float() * (notice.maxMs - notice.minMs)
      lastMs = Math.max(lastMs, atMs)
      this.#noticeAt(slot, slot.incarnation, other, atMs)
    }
    const restartDelayMs = this.#options.restartDelayMs ?? null
    if (restartDelayMs !== null) {
      slot.restart = this.at(lastMs + restartDelayMs, () => this.restartExecutor(slot.index))
    }
  }

  #noticeAt(slot: Slot, incarnation: number, other: Slot, atMs: number): void {
    this.at(atMs, () => {
      if (slot.incarnation !== incarnation || !slot.unnoticed.has(other.index)) return
      if (other.pausedUntilMs > this.nowMs) this.#noticeAt(slot, incarnation, other, other.pausedUntilMs)
      else this.#notice(slot, other)
    })
  }

  #notice(dead: Slot, other: Slot): void {
    dead.unnoticed.delete(other.index)
    const executor = other.executor
    if (executor === null) return
    for (const writer of dead.writers[other.index] ?? []) writer.openGate()
    this.#trace.fold(0x10000 + dead.index)
    try {
      executor.links.lose(dead.index, dead.incarnation)
    } catch (error) {
      this.#threw(other, error)
    }
  }

  #end(slot: Slot): void {
    if (slot.executor !== null) slot.executor.isDead = true
    slot.executor = null
    slot.step?.cancel()
    slot.step = null
    slot.wakeTimer?.cancel()
    slot.wakeTimer = null
    slot.wakeAtMs = Number.POSITIVE_INFINITY
    slot.pausedUntilMs = 0
    slot.restart?.cancel()
    slot.restart = null
    // Whoever is dead is told nothing.
    for (const other of this.#slots) other.unnoticed.delete(slot.index)
  }

  restartExecutor(index: number): void {
    const slot = this.#slot(index)
    assert(slot.executor === null, 'an executor that is started again is down')
    slot.restart?.cancel()
    slot.restart = null
    // As the supervisor does: everyone knows of the end of the former incarnation before the next one begins.
    for (const other of [...slot.unnoticed]) this.#notice(slot, this.#slot(other))
    this.#boot(slot)
    this.#options.populate?.(index, slot.incarnation, this)
  }

  #boot(slot: Slot): void {
    slot.incarnation++
    slot.writers = []
    const executor = new Executor({
      executor: slot.index,
      main: this.executors,
      incarnation: slot.incarnation,
      clock: slot.clock,
      random: this.#births.fork(),
      edges: this.#options.edges?.(slot.index, slot.incarnation) ?? {},
      host: this.#hostOf(slot),
      limits: {
        queueBytesMax: this.#options.queueBytesMax ?? 64 * 1024 * 1024,
        messageBytesMax: this.#options.messageBytesMax ?? 128 * 1024 * 1024,
      },
      assemblyBytesMax: this.#options.assemblyBytesMax ?? 256 * 1024 * 1024,
      interceptor: this.#interceptorOf(slot),
      tracer: this.#tracerOf(slot),
      framesPerPass: FRAMES_PER_PASS,
      poison: true,
    })
    slot.executor = executor
    for (const other of this.#slots) {
      if (other === slot || other.executor === null) continue
      const there = this.#lanes(slot, other)
      const back = this.#lanes(other, slot)
      executor.links.connect(other.index, other.incarnation, ends(there, back))
      other.executor.links.connect(slot.index, slot.incarnation, ends(back, there))
    }
  }

  /** New rings from one to another: control, data. */
  #lanes(from: Slot, to: Slot): DelayedWriter[] {
    const lanes = [this.#ringBytes >> 2, this.#ringBytes].map((size) => {
      const ring = new Ring(new ArrayBuffer(Ring.bytes(size)), 0, size)
      ring.setGeneration(from.incarnation)
      return new DelayedWriter(ring, this, to.index)
    })
    from.writers[to.index] = lanes
    return lanes
  }

  #hostOf(slot: Slot): Host {
    return {
      schedule: () => this.requestStep(slot.index),
      armTimer: (dueMs) => this.#armTimer(slot, dueMs),
      // What is published brings the step with it when it arrives.
      ringDoorbell: () => {},
      tellRoom: (index) => {
        this.schedule(this.drawLatency(), () => this.requestStep(index))
      },
      log: (entry: LogEntry) => this.#options.log?.(entry),
      die: (error) => {
        try {
          this.#threw(slot, error)
        } catch (thrown) {
          this.#failure = { error: thrown }
        }
      },
    }
  }

  #interceptorOf(slot: Slot): Interceptor {
    return {
      verdict: (to: number, lane: Lane, message: unknown, receiver: AnyRef): Verdict => {
        if (this.#filter === null) return 'deliver'
        const verdict = this.#filter(slot.index, to, lane, message, receiver)
        const isLossless = verdict === 'deliver' || typeof verdict === 'object'
        assert(isLossless || lane === 'droppable', 'only a droppable message may be dropped or duplicated')
        return verdict
      },
      hold: (writer: RingWriter, delayMs: number) => (writer as DelayedWriter).hold(delayMs),
    }
  }

  #tracerOf(slot: Slot): Tracer {
    return {
      delivered: (serial, from, size) => this.#trace.delivered(slot.index, serial, from, size),
    }
  }

  isUp(index: number): boolean {
    return this.#slot(index).executor !== null
  }

  pauseExecutor(index: number, durationMs: number): void {
    const slot = this.#slot(index)
    checkMs('durationMs of pauseExecutor', durationMs)
    slot.pausedUntilMs = Math.max(slot.pausedUntilMs, this.nowMs + durationMs)
  }

  crashAll(): void {
    for (const slot of this.#slots) this.#end(slot)
    for (const slot of this.#slots) slot.unnoticed.clear()
  }

  restartAll(): void {
    for (const slot of this.#slots) assert(slot.executor === null, 'all executors are down before all are started')
    for (const slot of this.#slots) this.#boot(slot)
    for (const slot of this.#slots) this.#options.populate?.(slot.index, slot.incarnation, this)
  }

  setWallSkew(index: number, skewMs: number): void {
    this.#slot(index).skewMs = skewMs
  }

  setFilter(filter: MessageFilter | null): void {
    this.#filter = filter
  }

  // ────────────────────────────────────────────────────────────────────────────────────────────────────────── actors

  spawn<M, A>(definition: ActorDefinition<M, A>, args: A, options: SpawnOptions & { executor: number }): Ref<M> {
    checkPlace(definition as unknown as AnyDefinition, options, this.executors)
    const executor = this.#slot(options.executor).executor
    assert(executor !== null, 'an actor is spawned on an executor that is up')
    // As on the way to a thread: what cannot go there cannot go here, and references become those of the executor.
    const there = options.executor === this.executors ? args : decodeAlone(executor, encodeAlone(executor, args))
    const actor = executor.lifecycle.spawn(definition as unknown as AnyDefinition, there, options, null)
    const { incarnation, serial, protocolKey, name } = actor.ref
    if (name !== null) {
      // As in a real system, where spawn resolves when all threads know the name.
      for (const other of this.#slots) {
        if (other.executor !== null && other.executor !== executor) {
          other.executor.names.learn(executor.executor, incarnation, serial, protocolKey, name)
        }
      }
    }
    const main = this.#slot(this.executors).executor
    if (main === null || main === executor) return actor.ref
    return new ActorRef(main, executor.executor, incarnation, serial, protocolKey, name, null)
  }

  named<M>(name: string): Ref<M> {
    const main = this.#slot(this.executors).executor
    assert(main !== null, 'names are looked up while the main executor is up')
    return main.named(name)
  }

  inspect(): ExecutorInspection[] {
    return this.#slots.flatMap((slot) => (slot.executor === null ? [] : [slot.executor.inspect(0, 0)]))
  }

  // ──────────────────────────────────────────────────────────────────────────────────────────────────────────── chance

  drawLatency(): number {
    const { minMs, maxMs } = this.#options.latency ?? { minMs: 0.005, maxMs: 0.2 }
    return minMs + this.#wires.float() * (maxMs - minMs)
  }

  get traceHash(): string {
    return this.#trace.text
  }

  #slot(index: number): Slot {
    const slot = this.#slots[index]
    assert(slot !== undefined, 'executors are numbered from 0; the last is the main one')
    return slot
  }
}
