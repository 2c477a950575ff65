/** The other side of `ports.ts`: a worker thread that has a port to the main thread and one to its like. */
import { type MessagePort, parentPort } from 'node:worker_threads'
import type { Parcel } from './contender.ts'

export type PortOrder =
  | { readonly kind: 'peer'; readonly port: MessagePort }
  | ({ readonly kind: 'ask' } & Parcel)
  | { readonly kind: 'flood'; readonly messages: number; readonly bytes: number }
  | { readonly kind: 'ping'; readonly hops: number }

/** Between the two; of a flood the last has the number 0. */
type Message = Parcel | { readonly hops: number }

const main = parentPort as MessagePort
let peer: MessagePort | null = null

main.on('message', (order: PortOrder) => {
  if (order.kind === 'ask') main.postMessage(order.sequence)
  else if (order.kind === 'ping') peer?.postMessage({ hops: order.hops - 1 } satisfies Message)
  else if (order.kind === 'flood') flood(order.messages, new Uint8Array(order.bytes))
  else {
    peer = order.port
    peer.on('message', take)
  }
})

function take(message: Message): void {
  if ('hops' in message) {
    if (message.hops === 0) main.postMessage('over')
    else peer?.postMessage({ hops: message.hops - 1 } satisfies Message)
  } else if (message.sequence === 0) main.postMessage('over')
}

/** In batches, as an actor's turns are: the other side must be able to keep up. */
function flood(left: number, bytes: Uint8Array): void {
  for (let sent = 0; sent < 256 && left > 0; sent++) {
    left--
    peer?.postMessage({ sequence: left, bytes } satisfies Message)
  }
  if (left > 0) setImmediate(flood, left, bytes)
}
