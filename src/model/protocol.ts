/** How the hot messages travel between threads: a fixed layout each. All others go as structured data. */
import type { FrameReader, FrameWriter, Lane, Protocol } from '../actor/index.ts'
import type { AnswerBatch, GatewayMessage, PdMessage, StoresMessage } from './messages.ts'

/** The first byte of a frame. */
const Kind = { commands: 1, answers: 2, raft: 3, raftWithoutEntries: 4, sleep: 5 } as const

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
    return false
  },
  decode(frame) {
    const kind = frame.u8()
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
