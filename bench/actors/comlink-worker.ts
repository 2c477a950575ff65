/** The other side of `comlink.ts`. */
import { type MessagePort, parentPort } from 'node:worker_threads'
import { expose } from 'comlink/dist/esm/comlink.mjs'
import nodeEndpoint from 'comlink/dist/esm/node-adapter.mjs'

const api = {
  take: (sequence: number, _bytes: Uint8Array): number => sequence,
}

export type CalledApi = typeof api

expose(api, nodeEndpoint(parentPort as MessagePort))
