/** How the hot messages travel between threads: a fixed layout each. All others go as structured data. */
import type { FrameReader, FrameWriter, Lane, Protocol } from '../actor/index.ts'
import type { AnswerBatch, GatewayMessage, PdMessage, SnapshotPiece, StoresMessage } from './messages.ts'

/** The first byte of a frame. */
const Kind = { commands: 1, answers: 2, raft: 3, raftWithoutEntries: 4, sleep: 5, snapshotPiece: 6 } as const

function encodeAnswers(message: AnswerBatch, out: FrameWriter): boolean {
  out.u8(Kind.answers)
  out.f64(message.generation)
  out.u32(message.records.length)
  out.bytes(message.records)
  return true
}

function decodeAnswers(frame: FrameReader): AnswerBatch {
  frame.u8()
  const generation = frame.f64()
  return { kind: 'answers', generation, records: frame.bytes(frame.u32()) }
}

/** Not for its number: as structured data each of its bytes would be copied once more, and into fresh memory. */
function encodePiece(message: SnapshotPiece, out: FrameWriter): void {
  const { state, pairs } = message
  out.u8(Kind.snapshotPiece)
  out.u32(message.fromStore)
  out.u32(message.toStore)
  out.u53(message.cell)
  out.u53(message.fromPeer)
  out.u53(message.toPeer)
  out.u53(message.index)
  out.u53(message.term)
  out.u53(message.leaderTerm)
  out.u32(message.piece)
  out.u8(message.last ? 1 : 0)
  // No state is empty.
  out.u32(state?.length ?? 0)
  if (state !== null) out.bytes(state)
  out.u32(pairs.length)
  out.bytes(pairs)
}

function decodePiece(frame: FrameReader): SnapshotPiece {
  const fromStore = frame.u32()
  const toStore = frame.u32()
  const cell = frame.u53()
  const fromPeer = frame.u53()
  const toPeer = frame.u53()
  const index = frame.u53()
  const term = frame.u53()
  const leaderTerm = frame.u53()
  const piece = frame.u32()
  const last = frame.u8() === 1
  const stateBytes = frame.u32()
  const state = stateBytes === 0 ? null : frame.bytes(stateBytes)
  const pairs = frame.bytes(frame.u32())
  const to = { fromStore, toStore, cell, fromPeer, toPeer }
  return { kind: 'snapshotPiece', ...to, index, term, leaderTerm, piece, last, state, pairs }
}

export const storesProtocol: Protocol<StoresMessage> = {
  lane(message): Lane {
    switch (message.kind) {
      case 'raft':
        return message.carriesEntries ? 'data' : 'droppable'
      case 'sleep':
      case 'alive':
        return 'droppable'
      case 'commands':
      case 'snapshotPiece':
      case 'snapshotPieceTaken':
        return 'data'
      default:
        return 'control'
    }
  },
  encode(message, out) {
    if (message.kind === 'commands') {
      out.u8(Kind.commands)
      out.text(message.origin)
      out.f64(message.generation)
      out.u32(message.records.length)
      out.bytes(message.records)
      return true
    }
    if (message.kind === 'sleep') {
      out.u8(Kind.sleep)
      out.u32(message.executor)
      out.u32(message.incarnation)
      out.u32(message.records.length)
      out.bytes(message.records)
      return true
    }
    if (message.kind === 'raft') {
      out.u8(message.carriesEntries ? Kind.raft : Kind.raftWithoutEntries)
      out.u32(message.records.length)
      out.bytes(message.records)
      return true
    }
    if (message.kind === 'snapshotPiece') {
      encodePiece(message, out)
      return true
    }
    return false
  },
  decode(frame) {
    const kind = frame.u8()
    if (kind === Kind.snapshotPiece) return decodePiece(frame)
    if (kind === Kind.commands) {
      const origin = frame.text()
      const generation = frame.f64()
      return { kind: 'commands', origin, generation, records: frame.bytes(frame.u32()) }
    }
    if (kind === Kind.sleep) {
      const executor = frame.u32()
      const incarnation = frame.u32()
      return { kind: 'sleep', executor, incarnation, records: frame.bytes(frame.u32()) }
    }
    return { kind: 'raft', carriesEntries: kind === Kind.raft, records: frame.bytes(frame.u32()) }
  },
}

export const gatewayProtocol: Protocol<GatewayMessage> = {
  lane: (message) => (message.kind === 'answers' ? 'data' : 'control'),
  encode: (message, out) => message.kind === 'answers' && encodeAnswers(message, out),
  decode: decodeAnswers,
}

export const pdProtocol: Protocol<PdMessage> = {
  lane: () => 'control',
  encode: (message, out) => message.kind === 'answers' && encodeAnswers(message, out),
  decode: decodeAnswers,
}
