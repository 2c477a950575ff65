/** A leader whose whole world is this object: what Raft's own work costs is measured on it. */
import { Random } from '../src/base/index.ts'
import {
  COMPACTED,
  type Entry,
  Message,
  MessageType,
  NO_ENTRIES,
  type RaftConfig,
  type RaftStorage,
  RawNode,
  UNAVAILABLE,
} from '../src/raft/index.ts'

const VOTERS = [1, 2, 3]

export function configOf(id: number): RaftConfig {
  return {
    id,
    electionTicks: 10,
    heartbeatTicks: 1,
    hardState: { term: 0, vote: 0, commit: 0 },
    confState: { voters: VOTERS, votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false },
    applied: 0,
    entryBytesMax: 1 << 20,
    inflightMessagesMax: 256,
    inflightBytesMax: 0,
    uncommittedBytesMax: 16 << 20,
    committedBytesPerReadyMax: Number.POSITIVE_INFINITY,
    preVote: true,
    checkQuorum: true,
    stepDownOnRemoval: true,
    disableProposalForwarding: true,
    disableConfChangeValidation: false,
    asyncStorageWrites: true,
    quietCommit: true,
    readOnlyOption: 'safe',
  }
}

/** The end of a log in memory: the least that a host's storage may be, so that it is Raft that is measured. */
class TailStorage implements RaftStorage {
  #tail: readonly Entry[] = NO_ENTRIES
  #last = 0
  #lastTerm = 0

  append(entries: readonly Entry[]): void {
    const last = entries[entries.length - 1]!
    this.#tail = entries
    this.#last = last.index
    this.#lastTerm = last.term
  }

  firstIndex(): number {
    return this.#last - this.#tail.length + 1
  }

  lastIndex(): number {
    return this.#last
  }

  term(index: number): number {
    // The bench has one term, and what is before the tail is not asked for but to be matched.
    return index > this.#last ? UNAVAILABLE : index < this.firstIndex() - 1 ? COMPACTED : this.#lastTerm
  }

  entries(low: number, high: number): readonly Entry[] | null {
    if (low < this.firstIndex()) return null
    return this.#tail.length === high - low
      ? this.#tail
      : this.#tail.slice(low - this.firstIndex(), high - this.firstIndex())
  }

  snapshot(): null {
    return null
  }
}

/** The leader of a group of three, with a log in memory; the two others are played by whoever calls. */
export class Leader {
  readonly node: RawNode
  readonly #storage = new TailStorage()
  /** What the bench's run has come to, so that none of it can be left out. */
  committed = 0
  sent = 0
  readonly #payload: Uint8Array
  // A host decodes a message per acknowledgement: that is the codec's cost, and not of the round measured here.
  readonly #acknowledgements = [new Message(MessageType.appResp, 1, 2), new Message(MessageType.appResp, 1, 3)]

  constructor(payload: Uint8Array) {
    this.#payload = payload
    this.node = new RawNode(configOf(1), this.#storage, new Random(1))
    this.node.campaign()
    this.#settle()
    for (const type of [MessageType.preVoteResp, MessageType.voteResp] as const) {
      this.node.step(new Message(type, 1, 2, 1))
      this.#settle()
    }
    if (!this.node.isLeader) throw new Error('the election was lost')
    for (const message of this.#acknowledgements) message.term = this.node.term
    this.#acknowledge()
    this.#settle()
  }

  #settle(): void {
    const node = this.node
    while (node.hasReady()) {
      const ready = node.ready()
      this.sent += ready.messages.length
      if (ready.entries.length > 0) this.#storage.append(ready.entries)
      if (ready.promises) node.appended(ready)
      if (ready.committedEntries.length > 0) {
        this.committed += ready.committedEntries.length
        node.appliedTo(ready)
      }
    }
  }

  #acknowledge(): void {
    const index = this.node.lastIndex
    for (let i = 0; i < 2; i++) {
      const message = this.#acknowledgements[i]!
      message.index = index
      this.node.step(message)
    }
  }

  run(rounds: number): void {
    for (let i = 0; i < rounds; i++) {
      this.node.propose(this.#payload)
      this.#settle()
      this.#acknowledge()
      this.#settle()
    }
  }
}
