import { FRAME_HEADER_BYTES, Ring, RingReader, RingWriter } from '../../src/actor/ring.ts'
import type { MicroSuite } from './suite.ts'

const RING_BYTES = 1 << 20
const MESSAGES = 1024
const PAYLOAD_BYTES = 64
const FRAME_BYTES = FRAME_HEADER_BYTES + PAYLOAD_BYTES

export const ring: MicroSuite = {
  name: 'ring',
  about: `a frame of ${PAYLOAD_BYTES} bytes is written in place, shown, taken and given back, in one thread`,
  async open() {
    const shared = new Ring(new SharedArrayBuffer(Ring.bytes(RING_BYTES)), 0, RING_BYTES)
    const writer = new RingWriter(shared)
    const reader = new RingReader(shared)
    const payload = new Uint8Array(PAYLOAD_BYTES).fill(7)
    let sum = 0
    const pass = (batch: number): void => {
      for (let sent = 0; sent < MESSAGES; sent += batch) {
        for (let i = 0; i < batch; i++) {
          if (!writer.makeRoom(FRAME_BYTES)) throw new Error('the ring is full')
          shared.memory.bytes.set(payload, writer.offset + FRAME_HEADER_BYTES)
          writer.advance(FRAME_BYTES)
        }
        writer.publish()
        sum += take(reader)
        reader.free(false)
      }
    }
    return {
      tasks: [
        { name: 'shown one by one', operations: MESSAGES, run: () => pass(1) },
        { name: 'shown 64 at a time', operations: MESSAGES, run: () => pass(64) },
      ],
      close() {
        if (sum === 0) throw new Error('nothing was read')
      },
    }
  },
}

function take(reader: RingReader): number {
  const visible = reader.visible()
  let sum = 0
  while (reader.position !== visible) {
    const offset = reader.position & reader.mask
    const length = reader.memory.view.getUint32(offset, true)
    // Pad frames have no payload; what lies there is read all the same, and nothing is made of it.
    sum += reader.memory.bytes[offset + FRAME_HEADER_BYTES] as number
    reader.take((length + 7) & ~7, visible)
  }
  return sum
}
