import { assert, EMPTY } from '../base/index.ts'
import { EntryType } from './entry.ts'

/**
 * Requests to change the group's membership, and their bytes in the log: protobuf, field for field what the field's
 * best-known implementation writes, so that sizes agree and tools can read them. Written out by hand because this
 * room imports no codec, and they are four small messages.
 */

export const ConfChangeType = { addNode: 0, removeNode: 1, updateNode: 2, addLearnerNode: 3 } as const
export type ConfChangeType = (typeof ConfChangeType)[keyof typeof ConfChangeType]

/**
 * `auto`: one change is made at once, several by way of a joint configuration that is left automatically. The
 * others always go through a joint configuration, which is left automatically, or on an explicit empty change.
 */
export const ConfChangeTransition = { auto: 0, jointImplicit: 1, jointExplicit: 2 } as const
export type ConfChangeTransition = (typeof ConfChangeTransition)[keyof typeof ConfChangeTransition]

export interface ConfChangeSingle {
  type: ConfChangeType
  nodeId: number
}

/** The older form: one change. `id` is the host's. */
export interface ConfChange extends ConfChangeSingle {
  id: number
  context: Uint8Array
}

/** The newer form. No changes and transition `auto`: leave the joint configuration. */
export interface ConfChangeV2 {
  transition: ConfChangeTransition
  changes: readonly ConfChangeSingle[]
  context: Uint8Array
}

function isV2(change: ConfChange | ConfChangeV2): change is ConfChangeV2 {
  return 'changes' in change
}

export function asV2(change: ConfChange | ConfChangeV2): ConfChangeV2 {
  if (isV2(change)) return change
  return {
    transition: ConfChangeTransition.auto,
    changes: [{ type: change.type, nodeId: change.nodeId }],
    context: change.context,
  }
}

export function confChangeEntryType(change: ConfChange | ConfChangeV2): EntryType {
  return isV2(change) ? EntryType.confChangeV2 : EntryType.confChange
}

/** The bytes that the host put in, to recognise its change when it is applied. */
export function contextOf(change: ConfChange | ConfChangeV2): Uint8Array {
  return change.context
}

export function addNode(nodeId: number): ConfChangeSingle {
  return { type: ConfChangeType.addNode, nodeId }
}

export function addLearnerNode(nodeId: number): ConfChangeSingle {
  return { type: ConfChangeType.addLearnerNode, nodeId }
}

export function removeNode(nodeId: number): ConfChangeSingle {
  return { type: ConfChangeType.removeNode, nodeId }
}

export function confChangeV2(
  changes: readonly ConfChangeSingle[],
  transition: ConfChangeTransition = ConfChangeTransition.auto,
  context: Uint8Array = EMPTY,
): ConfChangeV2 {
  return { transition, changes, context }
}

/** Asks to leave the joint configuration. */
export function leaveJointChange(context: Uint8Array = EMPTY): ConfChangeV2 {
  return confChangeV2([], ConfChangeTransition.auto, context)
}

export function isLeaveJoint(change: ConfChangeV2): boolean {
  return change.transition === ConfChangeTransition.auto && change.changes.length === 0
}

export function needsJoint(change: ConfChangeV2): boolean {
  return change.transition !== ConfChangeTransition.auto || change.changes.length > 1
}

// Tags: field number << 3 | wire type (0 a varint, 2 bytes). Permanent.
const CHANGE_ID = 1 << 3
const CHANGE_TYPE = 2 << 3
const CHANGE_NODE = 3 << 3
const CHANGE_CONTEXT = (4 << 3) | 2
const SINGLE_TYPE = 1 << 3
const SINGLE_NODE = 2 << 3
const V2_TRANSITION = 1 << 3
const V2_CHANGE = (2 << 3) | 2
const V2_CONTEXT = (3 << 3) | 2

export function encodeConfChange(change: ConfChange | ConfChangeV2): Uint8Array {
  const bytes: number[] = []
  if (isV2(change)) {
    pushField(bytes, V2_TRANSITION, change.transition)
    for (const single of change.changes) {
      const inner: number[] = []
      pushField(inner, SINGLE_TYPE, single.type)
      pushField(inner, SINGLE_NODE, single.nodeId)
      pushBytes(bytes, V2_CHANGE, inner)
    }
    if (change.context.length > 0) pushBytes(bytes, V2_CONTEXT, change.context)
  } else {
    pushField(bytes, CHANGE_ID, change.id)
    pushField(bytes, CHANGE_TYPE, change.type)
    pushField(bytes, CHANGE_NODE, change.nodeId)
    if (change.context.length > 0) pushBytes(bytes, CHANGE_CONTEXT, change.context)
  }
  return Uint8Array.from(bytes)
}

/** `type` is the entry's. Empty data of a V2 entry is the change that leaves a joint configuration. */
export function decodeConfChange(type: EntryType, data: Uint8Array): ConfChange | ConfChangeV2 {
  assert(type !== EntryType.normal, 'a normal entry holds no configuration change')
  return type === EntryType.confChange ? decodeV1(data) : decodeV2(data)
}

function decodeV1(data: Uint8Array): ConfChange {
  const change: ConfChange = { id: 0, type: ConfChangeType.addNode, nodeId: 0, context: EMPTY }
  const reader = new FieldReader(data)
  while (reader.next()) {
    if (reader.tag === CHANGE_ID) change.id = reader.value
    else if (reader.tag === CHANGE_TYPE) change.type = changeType(reader.value)
    else if (reader.tag === CHANGE_NODE) change.nodeId = reader.value
    else if (reader.tag === CHANGE_CONTEXT) change.context = reader.bytes
  }
  return change
}

function decodeV2(data: Uint8Array): ConfChangeV2 {
  const changes: ConfChangeSingle[] = []
  const change: ConfChangeV2 = { transition: ConfChangeTransition.auto, changes, context: EMPTY }
  const reader = new FieldReader(data)
  while (reader.next()) {
    if (reader.tag === V2_TRANSITION) change.transition = transition(reader.value)
    else if (reader.tag === V2_CHANGE) changes.push(decodeSingle(reader.bytes))
    else if (reader.tag === V2_CONTEXT) change.context = reader.bytes
  }
  return change
}

function decodeSingle(data: Uint8Array): ConfChangeSingle {
  const single: ConfChangeSingle = { type: ConfChangeType.addNode, nodeId: 0 }
  const reader = new FieldReader(data)
  while (reader.next()) {
    if (reader.tag === SINGLE_TYPE) single.type = changeType(reader.value)
    else if (reader.tag === SINGLE_NODE) single.nodeId = reader.value
  }
  return single
}

function changeType(value: number): ConfChangeType {
  assert(value <= ConfChangeType.addLearnerNode, 'unknown type of configuration change')
  return value as ConfChangeType
}

function transition(value: number): ConfChangeTransition {
  assert(value <= ConfChangeTransition.jointExplicit, 'unknown transition of a configuration change')
  return value as ConfChangeTransition
}

function pushVarint(bytes: number[], value: number): void {
  while (value >= 128) {
    bytes.push((value % 128) | 128)
    value = Math.floor(value / 128)
  }
  bytes.push(value)
}

function pushField(bytes: number[], tag: number, value: number): void {
  bytes.push(tag)
  pushVarint(bytes, value)
}

function pushBytes(bytes: number[], tag: number, value: ArrayLike<number>): void {
  bytes.push(tag)
  pushVarint(bytes, value.length)
  for (let i = 0; i < value.length; i++) bytes.push(value[i]!)
}

/** Walks the fields of one protobuf message; fields of later versions are passed over. */
class FieldReader {
  tag = 0
  value = 0
  bytes: Uint8Array = EMPTY
  readonly #data: Uint8Array
  #at = 0

  constructor(data: Uint8Array) {
    this.#data = data
  }

  next(): boolean {
    if (this.#at >= this.#data.length) return false
    this.tag = this.#varint()
    const wireType = this.tag & 7
    if (wireType === 0) this.value = this.#varint()
    else if (wireType === 2) this.bytes = this.#take(this.#varint())
    else if (wireType === 1) this.bytes = this.#take(8)
    else if (wireType === 5) this.bytes = this.#take(4)
    else assert(false, 'a configuration change is not valid protobuf')
    return true
  }

  #varint(): number {
    let value = 0
    let scale = 1
    for (;;) {
      assert(this.#at < this.#data.length, 'a configuration change is cut short')
      const byte = this.#data[this.#at++]!
      value += (byte & 127) * scale
      if (byte < 128) break
      scale *= 128
    }
    assert(Number.isSafeInteger(value), 'a number in a configuration change is too large')
    return value
  }

  #take(length: number): Uint8Array {
    assert(this.#at + length <= this.#data.length, 'a configuration change is cut short')
    const bytes = this.#data.subarray(this.#at, this.#at + length)
    this.#at += length
    return bytes
  }
}
