import { join } from 'node:path'
import { dataKey, type Engine, openRocksEngine, SCOPE } from '../../src/storage/index.ts'
import { EffectReader, EntryWriter } from '../../src/store/entry.ts'
import { NewestEffects } from '../../src/store/newest.ts'
import type { MicroSuite } from './suite.ts'

const KEYS = 1000
const WRITES_PER_KEY = 10
const VALUE = Buffer.alloc(64, 118)

export const writeBack: MicroSuite = {
  name: 'write-back',
  about: 'effects of committed entries are read, the newest on each key kept; then the engine writes them, unsynced',
  async open(directory) {
    const entries = makeEntries()
    const reader = new EffectReader()
    let found = 0
    const collect = (): void => {
      const newest = new NewestEffects(1)
      for (const entry of entries) {
        reader.reset(entry)
        newest.lookAt(reader.buffer)
        while (reader.next()) newest.put(reader.keyStart, reader.keyEnd, reader.valueStart, reader.valueEnd)
      }
      found = newest.length
    }
    const engine = await new Promise<Engine>((resolve, reject) => {
      openRocksEngine(join(directory, 'engine'), {}, (error, opened) => (opened ? resolve(opened) : reject(error)))
    })
    let next = 0
    const write = (isSame: boolean): Promise<void> => {
      const keys = Array.from({ length: KEYS }, (_, i) =>
        dataKey(SCOPE.user, Buffer.from(`key:${isSame ? i : next++}`)),
      )
      const batch = { deleteRanges: [], keys, values: keys.map(() => VALUE) }
      return new Promise((resolve, reject) => engine.write(batch, (error) => (error ? reject(error) : resolve())))
    }
    return {
      tasks: [
        { name: `collect, ${WRITES_PER_KEY} effects a key`, operations: KEYS * WRITES_PER_KEY, run: collect },
        { name: `engine, ${KEYS} keys, the same again`, operations: KEYS, run: () => write(true) },
        { name: `engine, ${KEYS} keys, always new`, operations: KEYS, run: () => write(false) },
      ],
      async close() {
        await new Promise<void>((resolve) => engine.close(() => resolve()))
        if (found !== KEYS) throw new Error(`${found} keys were found`)
      },
    }
  },
}

/** As leaders write them: 64 commands in each. */
function makeEntries(): Uint8Array[] {
  const writer = new EntryWriter()
  const entries: Uint8Array[] = []
  for (let i = 0; i < KEYS * WRITES_PER_KEY; i += 64) {
    writer.begin()
    const end = Math.min(i + 64, KEYS * WRITES_PER_KEY)
    for (let k = i; k < end; k++) writer.put(SCOPE.user, `key:${(k * 7919) % KEYS}`, 0, VALUE, 0, VALUE.length)
    entries.push(writer.finish(1, 0, KEYS, 0))
  }
  return entries
}
