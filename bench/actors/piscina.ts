/** piscina: tasks for a pool of worker threads; here of one. */
import { fileURLToPath } from 'node:url'
import { Piscina } from 'piscina'
import { ASKED_AT_ONCE, type Contender, floodByCalls, type Parcel } from './contender.ts'

export const piscina: Contender = {
  name: 'piscina',
  async open() {
    const filename = fileURLToPath(new URL('./piscina-worker.js', import.meta.url))
    const pool = new Piscina({ filename, minThreads: 1, maxThreads: 1, concurrentTasksPerWorker: ASKED_AT_ONCE })
    const ask = (sequence: number, bytes: Uint8Array) =>
      pool.run({ sequence, bytes } satisfies Parcel) as Promise<number>
    return {
      flood: (messages, payload) => floodByCalls((sequence) => ask(sequence, payload), messages),
      ask,
      close: () => pool.destroy(),
    }
  },
}
