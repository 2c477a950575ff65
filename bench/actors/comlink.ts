/** comlink: objects of a worker thread, called as if they were here. */
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { wrap } from 'comlink/dist/esm/comlink.mjs'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'
import type { CalledApi } from './comlink-worker.ts'
import { type Contender, floodByCalls } from './contender.ts'

type Remote = { readonly [name in keyof CalledApi]: (...args: Parameters<CalledApi[name]>) => Promise<number> }

export const comlink: Contender = {
  name: 'comlink',
  async open() {
    const worker = new Worker(fileURLToPath(new URL('./comlink-worker.js', import.meta.url)))
    await once(worker, 'online')
    const remote = wrap<Remote>(nodeEndpoint(worker as never))
    return {
      flood: (messages, payload) => floodByCalls((sequence) => remote.take(sequence, payload), messages),
      ask: (sequence, bytes) => remote.take(sequence, bytes),
      close: () => worker.terminate(),
    }
  },
}
