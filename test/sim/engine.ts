/**
 * An engine on memory and virtual time, whose data outlives its process.
 *
 * After `crash` there is what the last finished flush had to make durable, and some of the batches after it, in
 * order, each whole: also such as were never acknowledged. Callbacks of the process that crashed never come. Reads
 * see what is there when they end, and writes take effect when they end, so that nobody gets used to better. On a full
 * disk writes and flushes do not end before there is room.
 */
import { assert, equalBytes, type Random } from '../../src/base/index.ts'
import {
  type Engine,
  type EngineBatch,
  type EngineSnapshot,
  memoryEngine,
  type ScanDone,
  type ScanLimits,
} from '../../src/storage/index.ts'
import type { Schedule } from './disk.ts'

/** How soon what waits for room is tried again. */
const ROOM_MS: [number, number] = [10, 500]

interface Issued {
  readonly batch: EngineBatch
  /** Acknowledged. */
  done: boolean
}

/** An engine that is done before the call returns: the memory behind the simulated one. */
function immediateEngine(): Engine {
  return memoryEngine((run) => run())
}

/** What lies on the disk of one store: open it, crash it, open it again. */
export class SimulatedEngineDisk {
  /** How long each takes, from and to. */
  readMs: [number, number] = [0.05, 1]
  writeMs: [number, number] = [0.1, 3]
  flushMs: [number, number] = [5, 250]
  /** Nothing finds room: whatever is to be written waits. */
  full = false
  /** What it holds is damaged: every reading says so. */
  rotten = false
  readonly #schedule: Schedule
  readonly #random: Random
  #life = 0
  #open = false
  readonly #durable = immediateEngine()
  /** Batches behind what is durable, in the order in which they were given; the last may be on its way. */
  #since: Issued[] = []

  constructor(schedule: Schedule, random: Random) {
    this.#schedule = schedule
    this.#random = random
  }

  crash(): void {
    this.#life++
    this.#open = false
    const survivors = this.#random.between(0, this.#since.length)
    this.flushed(this.#since.slice(0, survivors))
    this.#since = []
  }

  open(): Engine {
    assert(!this.#open, 'the engine is open already')
    this.#open = true
    const visible = immediateEngine()
    const everything = { pairsMax: Number.POSITIVE_INFINITY, bytesMax: Number.POSITIVE_INFINITY }
    this.#durable.scan(Uint8Array.of(), new Uint8Array(64).fill(0xff), everything, (_, pairs) => {
      const keys = pairs.map((pair) => pair.key)
      const values = pairs.map((pair) => pair.value)
      visible.write({ deleteRanges: [], keys, values }, () => {})
    })
    return new SimulatedEngine(this, visible)
  }

  /** Runs it later, unless the process that asked for it has died. */
  later([fromMs, toMs]: [number, number], run: () => void): void {
    const life = this.#life
    this.#schedule(fromMs + (toMs - fromMs) * this.#random.float(), () => {
      if (life === this.#life) run()
    })
  }

  /** The same for what needs room: once it has found none it waits, and is tried again. */
  whenThereIsRoom(range: [number, number], engine: SimulatedEngine, run: () => void): void {
    this.later(range, () => {
      engine.full = this.full
      if (this.full) this.whenThereIsRoom(ROOM_MS, engine, run)
      else run()
    })
  }

  issued(batch: EngineBatch): Issued {
    const copy = {
      deleteRanges: batch.deleteRanges.map(({ start, end }) => ({ start: start.slice(), end: end.slice() })),
      keys: batch.keys.map((key) => key.slice()),
      values: batch.values.map((value) => value?.slice() ?? null),
    }
    const issued = { batch: copy, done: false }
    this.#since.push(issued)
    return issued
  }

  /** The batches that a flush begun now must make durable. */
  begun(): readonly Issued[] {
    return this.#since.filter(({ done }) => done)
  }

  flushed(batches: readonly Issued[]): void {
    for (const issued of batches) {
      if (!this.#since.includes(issued)) continue
      this.#durable.write(issued.batch, () => {})
      this.#since = this.#since.filter((other) => other !== issued)
    }
  }

  /** A close in peace keeps everything, as the log of a real engine does. */
  closed(): void {
    this.flushed(this.#since)
    this.#life++
    this.#open = false
  }
}

class SimulatedEngine implements Engine {
  full = false
  readonly #disk: SimulatedEngineDisk
  readonly #visible: Engine
  #snapshots = 0
  #writing = false

  constructor(disk: SimulatedEngineDisk, visible: Engine) {
    this.#disk = disk
    this.#visible = visible
  }

  getMany(keys: readonly Uint8Array[], done: (error: Error | null, values: (Uint8Array | null)[]) => void): void {
    this.#disk.later(this.#disk.readMs, () => {
      if (this.#disk.rotten) done(corruption(), [])
      else this.#visible.getMany(keys, done)
    })
  }

  write(batch: EngineBatch, done: (error: Error | null) => void): void {
    assert(!this.#writing, 'one write at a time')
    this.#writing = true
    const issued = this.#disk.issued(batch)
    this.#disk.whenThereIsRoom(this.#disk.writeMs, this, () => {
      this.#writing = false
      assert(sameBytes(issued.batch, batch), 'the bytes of a batch changed before it was written')
      issued.done = true
      this.#visible.write(issued.batch, done)
    })
  }

  flush(done: (error: Error | null) => void): void {
    const batches = this.#disk.begun()
    this.#disk.whenThereIsRoom(this.#disk.flushMs, this, () => {
      this.#disk.flushed(batches)
      done(null)
    })
  }

  snapshot(): EngineSnapshot {
    const snapshot = this.#visible.snapshot()
    this.#snapshots++
    let released = false
    return {
      scan: (start, end, limits, done) => {
        assert(!released, 'a snapshot is read after its release')
        this.#disk.later(this.#disk.readMs, () => {
          if (this.#disk.rotten) done(corruption(), [], false)
          else snapshot.scan(start, end, limits, done)
        })
      },
      release: () => {
        if (!released) this.#snapshots--
        released = true
        snapshot.release()
      },
    }
  }

  scan(start: Uint8Array, end: Uint8Array, limits: ScanLimits, done: ScanDone): void {
    this.#disk.later(this.#disk.readMs, () => {
      if (this.#disk.rotten) done(corruption(), [], false)
      else this.#visible.scan(start, end, limits, done)
    })
  }

  approximateBytes(start: Uint8Array, end: Uint8Array, done: (error: Error | null, bytes: number) => void): void {
    this.#disk.later(this.#disk.readMs, () => this.#visible.approximateBytes(start, end, done))
  }

  close(done: (error: Error | null) => void): void {
    assert(this.#snapshots === 0, 'a snapshot was not released')
    this.#disk.later(this.#disk.flushMs, () => {
      this.#disk.closed()
      done(null)
    })
  }
}

function corruption(): Error {
  return new Error('Corruption: simulated block checksum mismatch')
}

function sameBytes(a: EngineBatch, b: EngineBatch): boolean {
  const same = (value: Uint8Array | null | undefined, other: Uint8Array | null | undefined): boolean =>
    value instanceof Uint8Array && other instanceof Uint8Array ? equalBytes(value, other) : value === other
  return (
    a.keys.length === b.keys.length &&
    a.keys.every((key, i) => same(key, b.keys[i])) &&
    a.values.every((value, i) => same(value, b.values[i]))
  )
}
