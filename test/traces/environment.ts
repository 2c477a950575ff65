import { concatBytes, Random, utf8 } from '../../src/base/index.ts'
import {
  APPEND_THREAD,
  APPLY_THREAD,
  type ConfChange,
  type ConfChangeV2,
  contextOf,
  decodeConfChange,
  type Entry,
  EntryType,
  emptyConfState,
  type HardState,
  MemoryStorage,
  Message,
  MessageType,
  NONE,
  type RaftConfig,
  RawNode,
  type Ready,
  type Snapshot,
  type StepResult,
} from '../../src/raft/index.ts'
import { Output } from './output.ts'
import { renderMessage, renderReady, StorageWork } from './render.ts'

/** What Raft sends a follower that has fallen behind is the newest of the states that its host has gone through. */
class HistoryStorage extends MemoryStorage {
  readonly history: Snapshot[]

  constructor(first: Snapshot) {
    super()
    this.history = [first]
  }

  /** The state machine has kept only what it was at `index`. */
  goBackTo(index: number): void {
    while (this.newest.index > index) this.history.pop()
    if (this.newest.index !== index) throw new Error(`there was no state at index ${index}`)
  }

  get newest(): Snapshot {
    return this.history[this.history.length - 1]!
  }

  override snapshot(): Snapshot {
    return this.newest
  }
}

export interface Member {
  node: RawNode
  readonly options: NodeOptions
  readonly storage: HistoryStorage
  readonly isAsync: boolean
  /** Storage messages that wait for their thread. */
  readonly appendWork: StorageWork[]
  readonly applyWork: StorageWork[]
}

export type NodeOptions = Omit<RaftConfig, 'id' | 'hardState' | 'confState' | 'applied'>

/** A node of the recorded files, unless they say otherwise. */
export function defaultOptions(): NodeOptions {
  return {
    electionTicks: 3,
    heartbeatTicks: 1,
    quietCommit: false,
    entryBytesMax: Number.POSITIVE_INFINITY,
    inflightMessagesMax: 2 ** 31 - 1,
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
  }
}

const STEP_ERRORS: Record<Exclude<StepResult, 'ok'>, string> = {
  proposalDropped: 'raft proposal dropped',
  peerNotFound: 'raft: cannot step as peer not found',
  localMessage: 'raft: cannot step raft local message',
}

export function stepError(result: StepResult): string | null {
  return result === 'ok' ? null : STEP_ERRORS[result]
}

/** The world of one recorded file: nodes, their storage work, and the messages on their way. */
export class Environment {
  readonly output = new Output()
  readonly members: Member[] = []
  messages: Message[] = []

  member(id: number): Member {
    const found = this.members[id - 1]
    if (found === undefined) throw new Error(`there is no node ${id}`)
    return found
  }

  addNodes(count: number, snapshot: Snapshot, options: NodeOptions): void {
    const { voters, learners } = snapshot.confState
    const isBootstrapped = voters.length + learners.length + snapshot.data.length + snapshot.index > 0
    if (isBootstrapped && snapshot.index <= 1) throw new Error('index must be specified as > 1 due to bootstrap')
    for (let i = 0; i < count; i++) {
      const id = this.members.length + 1
      const storage = new HistoryStorage(snapshot)
      if (isBootstrapped) storage.applySnapshot(snapshot)
      const config = {
        ...options,
        id,
        hardState: storage.hardState,
        confState: snapshot.confState,
        applied: snapshot.index,
      }
      const node = new RawNode(config, storage, new Random(id), this.output)
      this.members.push({ node, options, storage, isAsync: options.asyncStorageWrites, appendWork: [], applyWork: [] })
    }
  }

  /** A crash, and a new beginning from what is on disk: of the log, and of the state machine as it was at `applied`. */
  restart(id: number, applied: number | undefined): void {
    const member = this.member(id)
    const { storage, options } = member
    if (applied !== undefined) storage.goBackTo(applied)
    member.appendWork.length = 0
    member.applyWork.length = 0
    this.messages = this.messages.filter(({ to, from }) => to !== id || from >= NONE)
    const { index, confState } = storage.newest
    const config = { ...options, id, hardState: storage.hardState, confState, applied: index }
    member.node = new RawNode(config, storage, new Random(id), this.output)
  }

  processReady(id: number): void {
    const member = this.member(id)
    const ready = member.node.ready()
    const messages = messagesOf(member, ready)
    this.output.write(renderReady(ready, messages))
    if (!member.isAsync) {
      append(member, ready.hardState, ready.entries, ready.snapshot)
      apply(member, ready.committedEntries)
    }
    for (const message of messages) {
      if (message instanceof StorageWork) {
        const queue = message.to === APPEND_THREAD ? member.appendWork : member.applyWork
        queue.push(message)
      } else this.messages.push(message)
    }
    if (!member.isAsync) member.node.advance()
  }

  processAppendThread(id: number): void {
    const member = this.member(id)
    this.#processStorage(member.appendWork, 'no append work to perform', (work) => {
      append(member, { term: work.term, vote: work.vote, commit: work.commit }, work.entries, work.snapshot)
    })
  }

  processApplyThread(id: number): void {
    const member = this.member(id)
    this.#processStorage(member.applyWork, 'no apply work to perform', (work) => apply(member, work.entries))
  }

  #processStorage(queue: StorageWork[], nothing: string, perform: (work: StorageWork) => void): void {
    const work = queue.shift()
    if (work === undefined) {
      this.output.write(nothing)
      return
    }
    const responses = work.responses
    work.responses = []
    this.output.write(`Processing:\n${renderMessage(work)}\n`)
    perform(work)
    this.output.write(`Responses:\n${responses.map((response) => `${renderMessage(response)}\n`).join('')}`)
    this.messages.push(...responses)
  }

  hasMessagesFor(id: number): boolean {
    return this.messages.some((message) => message.to === id)
  }

  /** Takes the messages to `id` (of that type) out of the queue, and delivers or drops them. Returns how many. */
  deliver(id: number, type: MessageType | null, isDrop: boolean): number {
    const taken: Message[] = []
    const left: Message[] = []
    for (const message of this.messages) {
      const isTaken = message.to === id && (type === null || message.type === type) && !(isDrop && isLocal(message))
      if (isTaken) taken.push(message)
      else left.push(message)
    }
    this.messages = left
    for (const message of taken) {
      this.output.write(`${isDrop ? 'dropped: ' : ''}${renderMessage(message)}\n`)
      if (isDrop) continue
      const error = stepError(this.member(id).node.step(message))
      if (error !== null) this.output.write(`${error}\n`)
    }
    return taken.length
  }

  stabilize(ids: readonly number[]): void {
    let isDone = false
    while (!isDone) {
      isDone = true
      for (const id of ids) {
        if (!this.member(id).node.hasReady()) continue
        isDone = false
        this.#titled(`> ${id} handling Ready`, () => this.processReady(id))
      }
      for (const id of ids) {
        if (!this.hasMessagesFor(id)) continue
        isDone = false
        this.#titled(`> ${id} receiving messages`, () => this.deliver(id, null, false))
      }
      for (const id of ids) {
        const { appendWork } = this.member(id)
        if (appendWork.length === 0) continue
        isDone = false
        this.#titled(`> ${id} processing append thread`, () => {
          while (appendWork.length > 0) this.processAppendThread(id)
        })
      }
      for (const id of ids) {
        const { applyWork } = this.member(id)
        if (applyWork.length === 0) continue
        isDone = false
        this.#titled(`> ${id} processing apply thread`, () => {
          while (applyWork.length > 0) this.processApplyThread(id)
        })
      }
    }
  }

  /** One node's block stands by itself; those of several stand under a title each. */
  forEach(ids: readonly number[], title: string, action: (id: number) => void): void {
    if (ids.length === 1) action(ids[0]!)
    else for (const id of ids) this.#titled(`> ${id} ${title}`, () => action(id))
  }

  #titled(title: string, block: () => void): void {
    this.output.write(`${title}\n`)
    this.output.indented(block)
  }

  /** A snapshot that Raft did not ask for. */
  sendSnapshot(from: number, to: number): void {
    const { node, storage } = this.member(from)
    const message = new Message(MessageType.snap, to, from, node.term)
    message.snapshot = storage.newest
    this.messages.push(message)
    this.output.write(renderMessage(message))
  }
}

/** As in "from = to, or from or to a storage thread": such messages never meet a network that could lose them. */
function isLocal(message: Message): boolean {
  return message.from === message.to || message.from < NONE || message.to < NONE
}

/**
 * A Ready as the recorded files show it. With synchronous writes all messages to others follow the write; with
 * asynchronous ones, the work itself is a message to a storage thread, and what waits for it are its responses.
 */
function messagesOf(member: Member, ready: Ready): readonly Message[] {
  const id = member.node.id
  if (!member.isAsync) return [...ready.messages, ...ready.afterSync.filter((message) => message.to !== id)]
  const messages = [...ready.messages]
  if (ready.afterSync.length + ready.entries.length > 0 || ready.hardState !== null || ready.snapshot !== null) {
    messages.push(storageAppend(id, ready))
  }
  if (ready.committedEntries.length > 0) messages.push(storageApply(id, ready.committedEntries))
  return messages
}

function storageAppend(id: number, ready: Ready): Message {
  const message = new StorageWork(MessageType.storageAppend, APPEND_THREAD, id)
  if (ready.hardState !== null) {
    message.term = ready.hardState.term
    message.vote = ready.hardState.vote
    message.commit = ready.hardState.commit
  }
  message.entries = ready.entries
  message.snapshot = ready.snapshot
  message.responses = [...ownAcknowledgement(id, ready), ...ready.afterSync, ...appendAcknowledgement(id, ready)]
  return message
}

/** What a leader says to itself, which the recorded files show as a message. */
function ownAcknowledgement(id: number, ready: Ready): Message[] {
  if (!ready.countsItself) return []
  const acknowledgement = new Message(MessageType.appResp, id, id, ready.writtenTerm)
  acknowledgement.index = ready.writtenIndex
  return [acknowledgement]
}

/** What a storage thread says when it has written: the node's word for it is in the Ready. */
function appendAcknowledgement(id: number, ready: Ready): Message[] {
  if (ready.writtenIndex === 0 && ready.snapshot === null) return []
  const acknowledgement = new Message(MessageType.storageAppendResp, id, APPEND_THREAD, ready.writtenTerm)
  acknowledgement.index = ready.writtenIndex
  acknowledgement.logTerm = ready.writtenLogTerm
  acknowledgement.snapshot = ready.snapshot
  return [acknowledgement]
}

function storageApply(id: number, entries: readonly Entry[]): Message {
  const response = new Message(MessageType.storageApplyResp, id, APPLY_THREAD)
  response.entries = entries
  const message = new StorageWork(MessageType.storageApply, APPLY_THREAD, id)
  message.entries = entries
  message.responses = [response]
  return message
}

function append(
  member: Member,
  hardState: HardState | null,
  entries: readonly Entry[],
  snapshot: Snapshot | null,
): void {
  const { storage } = member
  if (hardState !== null && (hardState.term !== 0 || hardState.vote !== NONE || hardState.commit !== 0)) {
    storage.setHardState(hardState)
  }
  if (snapshot === null) {
    storage.append(entries)
    return
  }
  if (entries.length > 0) throw new Error('entries beside a snapshot')
  storage.applySnapshot(snapshot)
}

/** The state machine of these files adds up what it is given. */
function apply(member: Member, entries: readonly Entry[]): void {
  const { node, storage } = member
  for (const entry of entries) {
    let { confState } = storage.newest
    let addition = entry.data
    if (entry.type !== EntryType.normal) {
      const change: ConfChange | ConfChangeV2 = decodeConfChange(entry.type, entry.data)
      addition = contextOf(change)
      confState = node.applyConfChange(change)
    }
    const data = concatBytes(storage.newest.data, addition)
    storage.history.push({ index: entry.index, term: entry.term, confState, data })
  }
}

/** What `add-nodes` begins with. */
export function firstSnapshot(index: number, voters: number[], learners: number[], content: string): Snapshot {
  const isEmpty = index === 0 && voters.length + learners.length === 0 && content === ''
  return { index, term: isEmpty ? 0 : 1, confState: { ...emptyConfState, voters, learners }, data: utf8(content) }
}
