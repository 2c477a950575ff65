import { expect, test } from 'vitest'
import { openLastingEngine } from '../../src/boot/lasting-engine.ts'
import { type Engine, memoryEngine } from '../../src/storage/index.ts'
import { until } from './process.ts'

const all = { pairsMax: 100, bytesMax: 1e6 }
const key = (name: string) => Buffer.from(name)
const put = (name: string, value: string) => ({ deleteRanges: [], keys: [key(name)], values: [key(value)] })

/** As RocksDB: once without room it fails until it is opened again, and what it holds stays. */
class FakeDatabase {
  hasRoom = true
  opened = 0
  closed = 0
  refusesToOpen: Error | null = null
  readonly said: string[] = []
  /** Is given what ends the closing. */
  onClose: (end: () => void) => void = (end) => end()
  readonly #data = memoryEngine()

  async openLasting(): Promise<Engine> {
    return new Promise((resolve, reject) => {
      const hasRoom = () => this.hasRoom
      const say = (message: string) => this.said.push(message)
      openLastingEngine({ open: (done) => this.#open(done), hasRoom, say }, (error, engine) =>
        engine === null ? reject(error) : resolve(engine),
      )
    })
  }

  #open(done: (error: Error | null, engine: Engine | null) => void): void {
    if (this.refusesToOpen !== null) {
      setImmediate(done, this.refusesToOpen, null)
      return
    }
    this.opened++
    let failed = false
    let isOpen = true
    const data = this.#data
    const change = (
      run: (done: (error: Error | null) => void) => void,
      answer: (error: Error | null) => void,
    ): void => {
      failed ||= !this.hasRoom
      if (failed) setImmediate(answer, new Error('append failed', { cause: new Error('No space left on device') }))
      else run(answer)
    }
    const assertOpen = () => expect(isOpen).toBe(true)
    const engine: Engine = {
      full: false,
      getMany: (keys, answer) => {
        assertOpen()
        data.getMany(keys, (error, values) => {
          assertOpen()
          answer(error, values)
        })
      },
      write: (batch, answer) => change((ended) => data.write(batch, ended), answer),
      flush: (answer) => change((ended) => data.flush(ended), answer),
      snapshot: () => {
        assertOpen()
        return data.snapshot()
      },
      scan: (start, end, limits, answer) => data.scan(start, end, limits, answer),
      approximateBytes: (start, end, answer) => data.approximateBytes(start, end, answer),
      close: (answer) => {
        isOpen = false
        this.closed++
        setImmediate(this.onClose, () => answer(null))
      },
    }
    setImmediate(done, null, engine)
  }
}

const written = (engine: Engine, name: string, value: string) =>
  new Promise<Error | null>((resolve) => engine.write(put(name, value), resolve))
const flushed = (engine: Engine) => new Promise<Error | null>((resolve) => engine.flush(resolve))
const got = (engine: Engine, name: string) =>
  new Promise<string | null>((resolve) =>
    engine.getMany([key(name)], (_, [value]) => resolve(value ? Buffer.from(value).toString() : null)),
  )

test('on a full disk writes and flushes wait, reads go on, and all is done in its order when there is room', async () => {
  const database = new FakeDatabase()
  const engine = await database.openLasting()
  expect(await written(engine, 'k', 'before')).toBeNull()
  database.hasRoom = false
  const order: string[] = []
  const changes = [
    written(engine, 'k', '1').then((error) => order.push(`1 ${error}`)),
    flushed(engine).then((error) => order.push(`2 ${error}`)),
  ]
  await until(
    async () => engine.full,
    (full) => full,
  )
  changes.push(written(engine, 'k', '3').then((error) => order.push(`3 ${error}`)))
  expect(await got(engine, 'k')).toBe('before')
  expect(order).toEqual([])
  database.hasRoom = true
  await Promise.all(changes)
  expect(order).toEqual(['1 null', '2 null', '3 null'])
  expect(await got(engine, 'k')).toBe('3')
  expect(engine.full).toBe(false)
  expect([database.opened, database.closed]).toEqual([2, 1])
  expect(database.said).toEqual(['writing waits for room: append failed', 'there is room again: writing goes on'])
})

test('a snapshot that is out holds the opening back; one that is asked for meanwhile shows what was acknowledged', async () => {
  const database = new FakeDatabase()
  const engine = await database.openLasting()
  await written(engine, 'k', 'old')
  const out = engine.snapshot()
  database.hasRoom = false
  const change = written(engine, 'k', 'new')
  await until(
    async () => engine.full,
    (full) => full,
  )
  database.hasRoom = true
  const scanned = await new Promise<number>((resolve) =>
    out.scan(key(''), key('z'), all, (_, pairs) => resolve(pairs.length)),
  )
  expect([scanned, database.closed]).toEqual([1, 0])
  const closing = new Promise<() => void>((resolve) => {
    database.onClose = resolve
  })
  out.release()
  const endClosing = await closing
  const late = engine.snapshot()
  const scannedLate = new Promise<string>((resolve) =>
    late.scan(key(''), key('z'), all, (_, [pair]) => resolve(Buffer.from(pair?.value ?? []).toString())),
  )
  endClosing()
  const value = await scannedLate
  late.release()
  expect(await change).toBeNull()
  expect([value, await got(engine, 'k')]).toEqual(['old', 'new'])
})

test('a database that cannot be opened again fails what waits, with the reason', async () => {
  const database = new FakeDatabase()
  const engine = await database.openLasting()
  database.hasRoom = false
  const change = written(engine, 'k', 'v')
  await until(
    async () => engine.full,
    (full) => full,
  )
  database.refusesToOpen = new Error('Corruption: bad block')
  database.hasRoom = true
  expect(await change).toBe(database.refusesToOpen)
  expect(await flushed(engine)).toBe(database.refusesToOpen)
})

test('closed while it waits for room, it does not wait', async () => {
  const database = new FakeDatabase()
  const engine = await database.openLasting()
  database.hasRoom = false
  engine.flush(() => {})
  await until(
    async () => engine.full,
    (full) => full,
  )
  expect(await new Promise((resolve) => engine.close(resolve))).toBeNull()
  expect(database.closed).toBe(1)
})
