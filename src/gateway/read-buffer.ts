/**
 * Sockets that read into one buffer of their thread.
 *
 * Left to itself, Node takes 64 KiB for each read, gives most of it back, and makes a stream's chunk of the rest. With
 * fifty clients that wait for each reply this is a third of what a command costs; and V8, which counts those bytes as its
 * own, goes through the whole heap again and again to find some that can be freed. On a thread that leads cells the heap
 * is large. So what was read is copied from here instead: a few dozen bytes, into a block that many chunks share.
 */
import { Socket } from 'node:net'

/** What Node reads at once. */
const READ_BYTES = 64 * 1024
/** A chunk that waits to be read keeps its whole block: one that is as large as this has its own memory. */
const BLOCK_BYTES = 16 * 1024
const OWN_FROM_BYTES = 4 * 1024
/** Below this a loop copies faster than a call. */
const LOOP_BYTES_MAX = 48

const read = Buffer.allocUnsafeSlow(READ_BYTES)
let block = Buffer.allocUnsafeSlow(BLOCK_BYTES)
let used = 0

/** What stands in the buffer of this thread, as bytes that stay as they are. */
function copy(length: number): Uint8Array {
  if (length >= OWN_FROM_BYTES) {
    const chunk = Buffer.allocUnsafeSlow(length)
    chunk.set(length === READ_BYTES ? read : read.subarray(0, length))
    return chunk
  }
  if (used + length > BLOCK_BYTES) {
    block = Buffer.allocUnsafeSlow(BLOCK_BYTES)
    used = 0
  }
  const at = used
  used += length
  if (length <= LOOP_BYTES_MAX) for (let i = 0; i < length; i++) block[at + i] = read[i] as number
  else block.set(read.subarray(0, length), at)
  return block.subarray(at, used)
}

/** Node's own part of a socket, which its declarations do not have. */
interface Owner {
  _handle: object | null
}

/**
 * A socket for the same connection, which must not have been read from, that gives its chunks to `take`. It has no
 * `data` events.
 *
 * A server makes its sockets itself and has no option for this (`onread` is one of those who connect), so the
 * connection is taken from the socket that it made. Null, if a later Node keeps it elsewhere: `data` tells the same.
 */
export function readInto(socket: Socket, take: (chunk: Uint8Array) => void): Socket | null {
  const owner = socket as unknown as Owner
  const handle = owner._handle
  if (handle === null || typeof handle !== 'object' || !('useUserBuffer' in handle)) return null
  const options = {
    handle,
    allowHalfOpen: true,
    pauseOnCreate: true,
    onread: {
      buffer: read,
      callback(length: number) {
        take(copy(length))
        return true
      },
    },
  }
  const own = new Socket(options)
  owner._handle = null
  return own
}
