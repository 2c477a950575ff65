import { Leader } from '../raft-leader.ts'
import type { MicroSuite } from './suite.ts'

const ROUNDS = 64

export const raft: MicroSuite = {
  name: 'raft round',
  about: 'at the leader of three: proposed, written to memory, acknowledged by itself and two, committed, applied',
  async open() {
    const small = new Leader(new Uint8Array(64))
    const large = new Leader(new Uint8Array(4096))
    return {
      tasks: [
        { name: 'an entry of 64 bytes', operations: ROUNDS, run: () => small.run(ROUNDS) },
        { name: 'an entry of 4 KiB', operations: ROUNDS, run: () => large.run(ROUNDS) },
      ],
      close() {},
    }
  },
}
