import { type Entry, NO_ENTRIES } from './entry.ts'
import type { Snapshot } from './state.ts'

/** Nobody: no leader known, no vote cast, no transfer under way. Real ids begin at 1. */
export const NONE = 0
/** Local addresses of the host's storage work. They never leave a node. */
export const APPEND_THREAD = -1
export const APPLY_THREAD = -2

/** Numbers that travel between threads and, later, machines: their meaning never changes. */
export const MessageType = {
  hup: 0,
  beat: 1,
  prop: 2,
  app: 3,
  appResp: 4,
  vote: 5,
  voteResp: 6,
  snap: 7,
  heartbeat: 8,
  heartbeatResp: 9,
  unreachable: 10,
  snapStatus: 11,
  checkQuorum: 12,
  transferLeader: 13,
  timeoutNow: 14,
  readIndex: 15,
  readIndexResp: 16,
  preVote: 17,
  preVoteResp: 18,
  storageAppend: 19,
  storageAppendResp: 20,
  storageApply: 21,
  storageApplyResp: 22,
  forgetLeader: 23,
} as const
export type MessageType = (typeof MessageType)[keyof typeof MessageType]

/** `MsgApp`, `MsgVoteResp`, …: the names by which the field knows them, for log lines and renderings. */
export function messageTypeName(type: MessageType): string {
  return NAMES[type]!
}

const NAMES = Object.keys(MessageType).map((name) => `Msg${name[0]!.toUpperCase()}${name.slice(1)}`)

export const NO_MESSAGES: readonly Message[] = Object.freeze([])

/**
 * What nodes say to one another, to themselves, and to their storage. One shape for all kinds, so that code that
 * handles messages stays monomorphic; what a kind does not use keeps its zero.
 */
export class Message {
  type: MessageType
  to: number
  from: number
  /** 0 for messages that belong to no term: local ones, and proposals and reads on their way to a leader. */
  term: number
  logTerm: number
  index: number
  entries: readonly Entry[]
  commit: number
  snapshot: Snapshot | null
  reject: boolean
  rejectHint: number
  context: Uint8Array | null

  constructor(type: MessageType, to: number, from: number = NONE, term = 0) {
    this.type = type
    this.to = to
    this.from = from
    this.term = term
    this.logTerm = 0
    this.index = 0
    this.entries = NO_ENTRIES
    this.commit = 0
    this.snapshot = null
    this.reject = false
    this.rejectHint = 0
    this.context = null
  }
}

/**
 * An outbox with one more message. The empty one is shared by all nodes; those of one and two messages, the usual,
 * are made to measure, where pushing would leave room for another sixteen.
 */
export function withMessage(outbox: readonly Message[], message: Message): readonly Message[] {
  if (outbox.length === 0) return [message]
  if (outbox.length === 1) return [outbox[0]!, message]
  ;(outbox as Message[]).push(message)
  return outbox
}

export function withTwoMessages(outbox: readonly Message[], first: Message, second: Message): readonly Message[] {
  return outbox.length === 0 ? [first, second] : withMessage(withMessage(outbox, first), second)
}

/** Kinds that a node says to itself only: from the network they are refused. */
export function isLocalMessage(type: MessageType): boolean {
  switch (type) {
    case MessageType.hup:
    case MessageType.beat:
    case MessageType.unreachable:
    case MessageType.snapStatus:
    case MessageType.checkQuorum:
    case MessageType.storageAppend:
    case MessageType.storageAppendResp:
    case MessageType.storageApply:
    case MessageType.storageApplyResp:
      return true
    default:
      return false
  }
}

/** Kinds that answer: from a node that is no longer tracked they are refused. */
export function isResponseMessage(type: MessageType): boolean {
  switch (type) {
    case MessageType.appResp:
    case MessageType.voteResp:
    case MessageType.heartbeatResp:
    case MessageType.unreachable:
    case MessageType.readIndexResp:
    case MessageType.preVoteResp:
    case MessageType.storageAppendResp:
    case MessageType.storageApplyResp:
      return true
    default:
      return false
  }
}
