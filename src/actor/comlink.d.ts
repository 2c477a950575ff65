/** What this room uses of comlink, without the DOM types its own declarations want. */
declare module 'comlink/dist/esm/comlink.mjs' {
  export function wrap<T>(endpoint: unknown): T
  export function expose(object: unknown, endpoint: unknown): void
}

declare module 'comlink/dist/esm/node-adapter.mjs' {
  import type { MessagePort } from 'node:worker_threads'
  export default function nodeEndpoint(port: MessagePort): unknown
}
