/** What happens, as it happens: server-sent events, one per line of `data`. */
import type { ServerResponse } from 'node:http'
import type { ClusterEvent } from '../model/index.ts'
import type { Desk } from './desk.ts'
import { operatorShape } from './shapes.ts'

/** What a reader has not taken; beyond it the reader is cut off, and may come again. */
const UNREAD_BYTES_MAX = 1024 * 1024
/** A comment line, so that whoever stands between does not take silence for death. */
const SIGN_OF_LIFE_MS = 15_000

export function streamEvents({ desk }: { desk(): Desk | null }, response: ServerResponse): void {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  })
  const write = (text: string) => {
    response.write(text)
    if (response.writableLength > UNREAD_BYTES_MAX) response.destroy()
  }
  write(': what happens from now on\n\n')
  const leave = desk()?.watch((event) => write(`event: ${event.event}\ndata: ${JSON.stringify(shapeOf(event))}\n\n`))
  // Before there is a desk nothing can be heard: the reader comes again.
  if (leave === undefined) {
    response.end()
    return
  }
  const alive = setInterval(write, SIGN_OF_LIFE_MS, ':\n\n')
  response.on('close', () => {
    clearInterval(alive)
    leave()
  })
}

function shapeOf(event: ClusterEvent): unknown {
  switch (event.event) {
    case 'operatorStarted':
    case 'operatorEnded':
      return operatorShape(event.operator)
    case 'cellSplit':
      return { cell: event.cell, child: event.child }
    case 'cellMerged':
      return { cell: event.cell, into: event.into }
    case 'leaderChanged':
      return { cell: event.cell, leader: event.store === 0 ? null : event.store }
  }
}
