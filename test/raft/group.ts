import { assert, EMPTY, Random, text, utf8 } from '../../src/base/index.ts'
import {
  type ConfState,
  decodeConfChange,
  Entry,
  EntryType,
  emptyConfState,
  MemoryStorage,
  Message,
  MessageType,
  type RaftConfig,
  RawNode,
  type ReadState,
  type Ready,
} from '../../src/raft/index.ts'

/** A configuration for tests: no limits, nothing special, ten ticks to an election. */
export function configOf(id: number, confState: ConfState, changes: Partial<RaftConfig> = {}): RaftConfig {
  return {
    id,
    electionTicks: 10,
    heartbeatTicks: 1,
    quietCommit: false,
    hardState: { term: 0, vote: 0, commit: 0 },
    confState,
    applied: 0,
    entryBytesMax: Number.POSITIVE_INFINITY,
    inflightMessagesMax: 256,
    inflightBytesMax: 0,
    uncommittedBytesMax: Number.POSITIVE_INFINITY,
    committedBytesPerReadyMax: Number.POSITIVE_INFINITY,
    preVote: false,
    checkQuorum: false,
    stepDownOnRemoval: false,
    disableProposalForwarding: false,
    disableConfChangeValidation: false,
    asyncStorageWrites: false,
    readOnlyOption: 'safe',
    ...changes,
  }
}

export function votersOf(...voters: number[]): ConfState {
  return { ...emptyConfState, voters }
}

/** One node with its storage and a state machine that remembers what it was given. Storage work is done at once. */
export class Host {
  node: RawNode
  readonly storage: MemoryStorage
  readonly config: RaftConfig
  readonly applied: Entry[] = []
  readonly readStates: ReadState[] = []
  confState: ConfState
  appliedIndex: number

  constructor(config: RaftConfig, storage = new MemoryStorage()) {
    this.config = config
    this.storage = storage
    this.confState = config.confState
    this.appliedIndex = config.applied
    this.node = new RawNode(config, storage, new Random(config.id))
  }

  /** What a crash leaves: the storage, and what the state machine has kept with its index. */
  restart(): void {
    const { hardState } = this.storage
    const config = { ...this.config, hardState, confState: this.confState, applied: this.appliedIndex }
    this.node = new RawNode(config, this.storage, new Random(`${config.id} again`))
  }

  /** Does all that the node wants done. Returns what it sends. */
  work(): Message[] {
    const sent: Message[] = []
    while (this.node.hasReady()) {
      const ready = this.node.ready()
      this.write(ready)
      sent.push(...ready.messages)
      if (this.config.asyncStorageWrites) sent.push(...this.node.appended(ready))
      else sent.push(...ready.afterSync.filter((message) => message.to !== this.node.id))
      this.apply(ready)
      if (this.config.asyncStorageWrites) this.node.appliedTo(ready)
      else this.node.advance()
    }
    return sent
  }

  write({ hardState, snapshot, entries }: Pick<Ready, 'hardState' | 'snapshot' | 'entries'>): void {
    if (snapshot !== null) this.storage.applySnapshot(snapshot)
    this.storage.append(entries)
    if (hardState !== null) this.storage.setHardState(hardState)
  }

  apply({ snapshot, committedEntries, readStates }: Pick<Ready, 'snapshot' | 'committedEntries' | 'readStates'>): void {
    if (snapshot !== null) {
      this.appliedIndex = snapshot.index
      this.confState = snapshot.confState
    }
    for (const entry of committedEntries) {
      if (entry.type !== EntryType.normal) {
        this.confState = this.node.applyConfChange(decodeConfChange(entry.type, entry.data))
      }
      this.applied.push(entry)
      this.appliedIndex = entry.index
    }
    this.readStates.push(...readStates)
  }

  /** A snapshot of the state machine as it is, and a log without some of what it covers. */
  compact(index = this.appliedIndex): void {
    const term = this.storage.term(this.appliedIndex)
    this.storage.setSnapshot({ index: this.appliedIndex, term, confState: this.confState, data: EMPTY })
    this.storage.compact(index)
  }

  /** The payloads that were applied, empty entries and configuration changes left out. */
  get values(): string[] {
    return this.applied.filter((e) => e.type === EntryType.normal && e.data.length > 0).map((e) => text(e.data))
  }

  get log(): Entry[] {
    const { storage } = this
    return [...(storage.entries(storage.firstIndex(), storage.lastIndex() + 1, Number.POSITIVE_INFINITY) ?? [])]
  }
}

/** A log of these terms, from index 1 on. */
export function logOfTerms(...terms: number[]): Entry[] {
  return terms.map((term, at) => new Entry(term, at + 1))
}

/** A node that finds this log on its disk, and was last in `term`. */
export function hostWithLog(config: RaftConfig, terms: readonly number[], term = Math.max(0, ...terms)): Host {
  const storage = new MemoryStorage()
  storage.append(logOfTerms(...terms))
  storage.setHardState({ term, vote: 0, commit: config.hardState.commit })
  return new Host({ ...config, hardState: storage.hardState }, storage)
}

export function message(
  type: MessageType,
  from: number,
  to: number,
  term: number,
  fields: Partial<Message> = {},
): Message {
  return Object.assign(new Message(type, to, from, term), fields)
}

/** Makes the node a candidate; what it sends is lost. */
export function candidate(host: Host): Host {
  host.node.campaign()
  host.work()
  return host
}

/** Makes the node leader by the votes of all others. Returns what it sends as such, of which nothing is answered. */
export function leader(host: Host): Message[] {
  const { node } = host
  node.campaign()
  const sent = host.work()
  for (const { type, to, term } of sent) {
    if (type === MessageType.vote) node.step(message(MessageType.voteResp, to, node.id, term))
  }
  assert(node.isLeader, 'the election was lost')
  return host.work()
}

/** Nodes and a network that delivers at once and in order, but for what a test cuts off. */
export class Group {
  readonly hosts = new Map<number, Host>()
  /** Who is cut off from everybody. */
  readonly isolated = new Set<number>()
  /** Messages that are lost. */
  loses: (message: Message) => boolean = () => false
  /** Everything that was sent, lost or not. */
  readonly sent: Message[] = []
  readonly #queue: Message[] = []

  constructor(ids: readonly number[], changes: Partial<RaftConfig> = {}, confState: ConfState = votersOf(...ids)) {
    for (const id of ids) this.hosts.set(id, new Host(configOf(id, confState, changes)))
  }

  host(id: number): Host {
    const host = this.hosts.get(id)
    assert(host !== undefined, 'no such host')
    return host
  }

  node(id: number): RawNode {
    return this.host(id).node
  }

  /** Until nobody has anything to say. */
  settle(): void {
    for (;;) {
      for (const host of this.hosts.values()) this.#queue.push(...host.work())
      const message = this.#queue.shift()
      if (message === undefined) return
      this.sent.push(message)
      if (this.isolated.has(message.from) || this.isolated.has(message.to) || this.loses(message)) continue
      this.hosts.get(message.to)?.node.step(message)
    }
  }

  elect(id: number): void {
    this.node(id).campaign()
    this.settle()
    assert(this.node(id).isLeader, 'the election was lost')
  }

  propose(id: number, value: string): boolean {
    const isTaken = this.node(id).propose(utf8(value))
    this.settle()
    return isTaken
  }

  tick(id: number, ticks = 1): void {
    for (let i = 0; i < ticks; i++) {
      this.node(id).tick()
      this.settle()
    }
  }
}

/** A group of three that node 1 leads. */
export function ledByOne(changes: Partial<RaftConfig> = {}): Group {
  const group = new Group([1, 2, 3], changes)
  group.elect(1)
  return group
}
