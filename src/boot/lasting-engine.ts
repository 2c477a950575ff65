/**
 * An engine that outlives a full disk.
 *
 * RocksDB that has once run out of room reads as before and writes no more. From a compaction that found none it recovers
 * by itself, from a flush it does not, whatever room there is later, until it is opened anew. Phases: a write or a flush finds no room → it is held, and so is every one behind it; reads go on → there is
 * room again, and no snapshot is out → reads wait, those under way end → the database is closed and opened anew, which
 * brings back from its own log whatever was acknowledged → reads go on, and what was held is done, in its order.
 *
 * Nothing is lost by it: what is held was never acknowledged, so the raft log still has it.
 */
import type { Engine, EngineBatch, EngineSnapshot, ScanDone, ScanLimits } from '../storage/index.ts'
import { isNoSpace } from './space.ts'

export type Opened = (error: Error | null, engine: Engine | null) => void
type Done = (error: Error | null) => void

/** Whether room has come back is looked at so often. */
const LOOK_MS = 500

export interface Reopening {
  /** Opens the database again, after it was closed. */
  open(done: Opened): void
  /** Is there room enough for what it has to do? */
  hasRoom(): boolean
  say(message: string): void
}

/** A write or a flush. */
interface Change {
  readonly run: (engine: Engine, done: Done) => void
  readonly done: Done
}

interface Reading {
  readonly run: (engine: Engine, ended: () => void) => void
  readonly fail: (error: Error) => void
}

class LastingEngine implements Engine {
  full = false
  readonly #reopening: Reopening
  /** Null while it is opened anew. */
  #engine: Engine | null
  #failure: Error | null = null
  #closed = false
  #timer: NodeJS.Timeout | null = null
  /** What waits for room; first what has failed for want of it. */
  #held: Change[] = []
  /** From here on no read begins, and when the last one has ended the database is closed and opened anew. */
  #turning = false
  #waiting: Reading[] = []
  #changes = 0
  #reads = 0
  #snapshots = 0
  #late: LateSnapshot[] = []

  constructor(engine: Engine, reopening: Reopening) {
    this.#engine = engine
    this.#reopening = reopening
  }

  getMany(keys: readonly Uint8Array[], done: (error: Error | null, values: (Uint8Array | null)[]) => void): void {
    this.#read({
      run: (engine, ended) =>
        engine.getMany(keys, (error, values) => {
          ended()
          done(error, values)
        }),
      fail: (error) => done(error, []),
    })
  }

  scan(start: Uint8Array, end: Uint8Array, limits: ScanLimits, done: ScanDone): void {
    this.#read({
      run: (engine, ended) =>
        engine.scan(start, end, limits, (error, pairs, more) => {
          ended()
          done(error, pairs, more)
        }),
      fail: (error) => done(error, [], false),
    })
  }

  approximateBytes(start: Uint8Array, end: Uint8Array, done: (error: Error | null, bytes: number) => void): void {
    this.#read({
      run: (engine, ended) =>
        engine.approximateBytes(start, end, (error, bytes) => {
          ended()
          done(error, bytes)
        }),
      fail: (error) => done(error, 0),
    })
  }

  write(batch: EngineBatch, done: Done): void {
    this.#change({ run: (engine, answered) => engine.write(batch, answered), done })
  }

  flush(done: Done): void {
    this.#change({ run: (engine, answered) => engine.flush(answered), done })
  }

  snapshot(): EngineSnapshot {
    if (this.#engine !== null && !this.#turning) return this.#counted(this.#engine.snapshot())
    const late = new LateSnapshot()
    this.#late.push(late)
    return late
  }

  close(done: Done): void {
    this.#closed = true
    if (this.#timer !== null) clearTimeout(this.#timer)
    // What is held stays in the raft log; and one that is being opened anew is closed when it is open.
    if (this.#engine === null) process.nextTick(done, null)
    else this.#engine.close(done)
  }

  #counted(snapshot: EngineSnapshot): EngineSnapshot {
    this.#snapshots++
    let isReleased = false
    return {
      scan: (start, end, limits, done) => snapshot.scan(start, end, limits, done),
      release: () => {
        if (!isReleased) this.#snapshots--
        isReleased = true
        snapshot.release()
      },
    }
  }

  #read(reading: Reading): void {
    if (this.#failure !== null) process.nextTick(reading.fail, this.#failure)
    else if (this.#engine === null || this.#turning) this.#waiting.push(reading)
    else {
      this.#reads++
      reading.run(this.#engine, () => {
        this.#reads--
        this.#turn()
      })
    }
  }

  #change(change: Change): void {
    if (this.#failure !== null) process.nextTick(change.done, this.#failure)
    else if (this.full || this.#engine === null) this.#held.push(change)
    else {
      this.#changes++
      change.run(this.#engine, (error) => {
        this.#changes--
        if (error === null || !isNoSpace(error)) change.done(error)
        else this.#ranOut(change, error)
        this.#turn()
      })
    }
  }

  #ranOut(change: Change, error: Error): void {
    this.#held.push(change)
    if (this.full) return
    this.full = true
    this.#reopening.say(`writing waits for room: ${error.message}`)
    this.#lookLater()
  }

  #lookLater(): void {
    if (this.#closed) return
    this.#timer = setTimeout(() => this.#look(), LOOK_MS)
    this.#timer.unref()
  }

  #look(): void {
    if (this.#snapshots > 0 || this.#changes > 0 || !this.#reopening.hasRoom()) this.#lookLater()
    else {
      this.#turning = true
      this.#turn()
    }
  }

  #turn(): void {
    const engine = this.#engine
    if (!this.#turning || this.#reads > 0 || engine === null || this.#closed) return
    this.#engine = null
    engine.close((error) => {
      if (error === null) this.#open()
      else this.#fail(error)
    })
  }

  #open(): void {
    if (this.#closed) return
    this.#reopening.open((error, engine) => {
      if (this.#closed) engine?.close(() => {})
      else if (engine !== null) this.#goOn(engine)
      else if (error !== null && isNoSpace(error)) setTimeout(() => this.#open(), LOOK_MS).unref()
      else this.#fail(error ?? new Error('no engine'))
    })
  }

  #goOn(engine: Engine): void {
    this.#engine = engine
    this.#turning = false
    this.full = false
    this.#reopening.say('there is room again: writing goes on')
    // As of the moment at which they were taken: nothing was acknowledged since.
    for (const late of this.#late.splice(0)) if (!late.isReleased) late.taken(this.#counted(engine.snapshot()))
    for (const reading of this.#waiting.splice(0)) this.#read(reading)
    for (const change of this.#held.splice(0)) this.#change(change)
  }

  #fail(error: Error): void {
    this.#failure = error
    for (const late of this.#late.splice(0)) late.failed(error)
    for (const { fail } of this.#waiting.splice(0)) fail(error)
    for (const { done } of this.#held.splice(0)) done(error)
  }
}

/** Taken while the database was being opened anew: what is asked of it waits for that. */
class LateSnapshot implements EngineSnapshot {
  isReleased = false
  #snapshot: EngineSnapshot | null = null
  #waiting: Parameters<EngineSnapshot['scan']>[] = []
  #failure: Error | null = null

  scan(start: Uint8Array, end: Uint8Array, limits: ScanLimits, done: ScanDone): void {
    if (this.#failure !== null) process.nextTick(done, this.#failure, [], false)
    else if (this.#snapshot === null) this.#waiting.push([start, end, limits, done])
    else this.#snapshot.scan(start, end, limits, done)
  }

  release(): void {
    this.isReleased = true
    this.#waiting = []
    this.#snapshot?.release()
  }

  taken(snapshot: EngineSnapshot): void {
    this.#snapshot = snapshot
    for (const asked of this.#waiting.splice(0)) snapshot.scan(...asked)
  }

  failed(error: Error): void {
    this.#failure = error
    for (const [, , , done] of this.#waiting.splice(0)) done(error, [], false)
  }
}

/** Opens it as `reopening` does; what is given outlives a full disk. */
export function openLastingEngine(reopening: Reopening, done: Opened): void {
  reopening.open((error, engine) => done(error, engine === null ? null : new LastingEngine(engine, reopening)))
}
