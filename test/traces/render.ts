import { unreachable } from '../../src/base/index.ts'
import {
  APPEND_THREAD,
  APPLY_THREAD,
  asV2,
  type ConfChangeSingle,
  ConfChangeType,
  type ConfState,
  decodeConfChange,
  type Entry,
  EntryType,
  type HardState,
  Message,
  messageTypeName,
  NONE,
  type Ready,
  type Snapshot,
  type SoftState,
  stateName,
} from '../../src/raft/index.ts'

/** The written forms of what nodes hold and say, as the recorded files have them. */

export function renderHardState({ term, vote, commit }: HardState): string {
  return `Term:${term}${vote === NONE ? '' : ` Vote:${vote}`} Commit:${commit}`
}

export function renderSoftState({ leader, state }: SoftState): string {
  return `Lead:${leader} State:${stateName(state)}`
}

export function renderConfState(confState: ConfState): string {
  return (
    `Voters:${renderIds(confState.voters)} VotersOutgoing:${renderIds(confState.votersOutgoing)} ` +
    `Learners:${renderIds(confState.learners)} LearnersNext:${renderIds(confState.learnersNext)} ` +
    `AutoLeave:${confState.autoLeave}`
  )
}

function renderIds(ids: readonly number[]): string {
  return `[${ids.join(' ')}]`
}

export function renderSnapshot({ index, term, confState }: Snapshot): string {
  return `Index:${index} Term:${term} ConfState:${renderConfState(confState)}`
}

const ENTRY_TYPE_NAMES = ['EntryNormal', 'EntryConfChange', 'EntryConfChangeV2']

export function renderEntry(entry: Entry): string {
  const payload =
    entry.type === EntryType.normal ? quoted(entry.data) : renderChanges(changesOf(entry.type, entry.data))
  return `${entry.term}/${entry.index} ${ENTRY_TYPE_NAMES[entry.type]}${payload === '' ? '' : ` ${payload}`}`
}

export function renderEntries(entries: readonly Entry[]): string {
  return entries.map((entry) => `${renderEntry(entry)}\n`).join('')
}

function changesOf(type: EntryType, data: Uint8Array): readonly ConfChangeSingle[] {
  return asV2(decodeConfChange(type, data)).changes
}

/** `v1 l2 r3 u4` */
export function renderChanges(changes: readonly ConfChangeSingle[]): string {
  return changes.map(({ type, nodeId }) => `${changeLetter(type)}${nodeId}`).join(' ')
}

function changeLetter(type: ConfChangeType): string {
  switch (type) {
    case ConfChangeType.addNode:
      return 'v'
    case ConfChangeType.addLearnerNode:
      return 'l'
    case ConfChangeType.removeNode:
      return 'r'
    case ConfChangeType.updateNode:
      return 'u'
    default:
      return unreachable(type)
  }
}

const ESCAPES: Record<string, string> = {
  '"': '\\"',
  '\\': '\\\\',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
}

/** Like Go's `%q`: printable text as it is, what is not UTF-8 byte by byte. */
export function quoted(data: Uint8Array): string {
  let text = ''
  let at = 0
  while (at < data.length) {
    const length = sequenceLength(data, at)
    const bytes = data.subarray(at, at + length)
    const character = length === 1 && data[at]! >= 128 ? null : new TextDecoder().decode(bytes)
    if (character === null) text += hexEscapes(bytes)
    else
      text +=
        ESCAPES[character] ??
        (/[\p{C}\p{Z}]/u.test(character) && character !== ' ' ? unprintable(character) : character)
    at += length
  }
  return `"${text}"`
}

/** Of the UTF-8 character that begins there; 1 for a byte that begins none. */
function sequenceLength(data: Uint8Array, at: number): number {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  for (let length = 1; length <= 4 && at + length <= data.length; length++) {
    try {
      decoder.decode(data.subarray(at, at + length))
      return length
    } catch {
      // Not a whole character yet, or none at all.
    }
  }
  return 1
}

function hexEscapes(bytes: Uint8Array): string {
  return [...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
}

function unprintable(character: string): string {
  const code = character.codePointAt(0)!
  if (code < 128) return `\\x${code.toString(16).padStart(2, '0')}`
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`
}

/** What a node wants of its storage, put as a message to a thread that does it. */
export class StorageWork extends Message {
  vote = NONE
  /** To be delivered when the work is done. */
  responses: readonly Message[] = []
}

function renderAddress(id: number): string {
  if (id === NONE) return 'None'
  if (id === APPEND_THREAD) return 'AppendThread'
  if (id === APPLY_THREAD) return 'ApplyThread'
  return id.toString(16)
}

export function renderMessage(message: Message, prefix = ''): string {
  let text =
    `${prefix}${renderAddress(message.from)}->${renderAddress(message.to)} ${messageTypeName(message.type)} ` +
    `Term:${message.term} Log:${message.logTerm}/${message.index}`
  if (message.reject) text += ` Rejected (Hint: ${message.rejectHint})`
  if (message.commit !== 0) text += ` Commit:${message.commit}`
  if (message instanceof StorageWork && message.vote !== NONE) text += ` Vote:${message.vote}`
  if (message.entries.length === 1) {
    text += ` Entries:[${renderEntry(message.entries[0]!)}]`
  } else if (message.entries.length > 1) {
    text += ' Entries:['
    for (const entry of message.entries) text += `\n${prefix}  ${renderEntry(entry)}`
    text += `\n${prefix}]`
  }
  if (message.snapshot !== null) text += `\n${prefix}  Snapshot: ${renderSnapshot(message.snapshot)}`
  if (message instanceof StorageWork && message.responses.length > 0) {
    text += ' Responses:['
    for (const response of message.responses) text += `\n${renderMessage(response, `${prefix}  `)}`
    text += `\n${prefix}]`
  }
  return text
}

/** `messages` are those that the host of the recorded files would see in this Ready. */
export function renderReady(ready: Ready, messages: readonly Message[]): string {
  let text = ''
  if (ready.softState !== null) text += `${renderSoftState(ready.softState)}\n`
  if (ready.hardState !== null) text += `HardState ${renderHardState(ready.hardState)}\n`
  if (ready.readStates.length > 0) {
    const states = ready.readStates.map(({ index, context }) => `{${index} [${context.join(' ')}]}`)
    text += `ReadStates [${states.join(' ')}]\n`
  }
  if (ready.entries.length > 0) text += `Entries:\n${renderEntries(ready.entries)}`
  if (ready.snapshot !== null) text += `Snapshot ${renderSnapshot(ready.snapshot)}\n`
  if (ready.committedEntries.length > 0) text += `CommittedEntries:\n${renderEntries(ready.committedEntries)}`
  if (messages.length > 0) text += `Messages:\n${messages.map((message) => `${renderMessage(message)}\n`).join('')}`
  return text === '' ? '<empty Ready>' : `Ready MustSync=${ready.mustSync}:\n${text}`
}
