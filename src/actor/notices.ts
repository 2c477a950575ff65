/**
 * What executors tell each other for themselves, as frames among the messages. All go in the control lane but
 * `terminated`, which must not overtake what the ended actor sent.
 */
import { assert, unreachable } from '../base/index.ts'
import { ActorStopped, ExecutorLost, errorText, MailboxFull } from './errors.ts'
import type { Executor } from './executor.ts'
import type { FrameWriter, Memory } from './frame.ts'
import type { Link } from './link.ts'
import type { LocalActor } from './local-actor.ts'
import type { OutLane } from './out-lane.ts'
import type { ActorRef } from './refs.ts'
import { FRAME_FROM_AT, FRAME_HEADER_BYTES, FRAME_TO_AT, KIND_SYSTEM } from './ring.ts'
import { decodeStructured, encodeStructured } from './structured.ts'
import type { DeadLetterReason, LogEntry, TerminatedReason } from './types.ts'

/** In the frame's field `to`. */
const NAME_UP = 1
const NAME_KNOWN = 2
const NAME_DOWN = 3
const WATCH = 4
const UNWATCH = 5
const TERMINATED = 6
const ASK_FAILED = 7
const STOP = 8
const LARGE_TAKEN = 9
const LARGE_REFUSED = 10
const WINDOW = 11
const LOG = 12

const REASONS: readonly TerminatedReason[] = ['stopped', 'shutdown', 'failed', 'executor-lost', 'unknown']

export class Notices {
  readonly #here: Executor

  constructor(here: Executor) {
    this.#here = here
  }

  nameUp(link: Link, actor: LocalActor, token: number): void {
    const out = this.#begin(link.outControl, NAME_UP, actor.serial)
    out.text(actor.ref.protocolKey)
    out.text(actor.ref.name as string)
    out.u32(token)
    this.#end(link.outControl)
  }

  nameDown(link: Link, serial: number, name: string): void {
    this.#begin(link.outControl, NAME_DOWN, serial).text(name)
    this.#end(link.outControl)
  }

  watch(link: Link, target: number, watcher: number): void {
    this.#begin(link.outControl, WATCH, target).u32(watcher)
    this.#end(link.outControl)
  }

  unwatch(link: Link, target: number, watcher: number): void {
    this.#begin(link.outControl, UNWATCH, target).u32(watcher)
    this.#end(link.outControl)
  }

  terminated(link: Link, watcher: number, target: ActorRef, why: TerminatedReason): void {
    const out = this.#begin(link.outData, TERMINATED, target.serial)
    out.u32(watcher)
    out.u32(target.incarnation)
    out.u8(REASONS.indexOf(why))
    this.#end(link.outData)
  }

  askFailed(link: Link, serial: number, reason: DeadLetterReason): void {
    this.#begin(link.outControl, ASK_FAILED, serial).text(reason)
    this.#end(link.outControl)
  }

  stop(link: Link, target: number, replyTo: ActorRef): void {
    this.#begin(link.outControl, STOP, target).u32(replyTo.serial)
    this.#end(link.outControl)
  }

  large(link: Link, isData: boolean, sequence: number, taken: boolean): void {
    this.#begin(link.outControl, taken ? LARGE_TAKEN : LARGE_REFUSED, sequence).u8(isData ? 1 : 0)
    this.#end(link.outControl)
  }

  window(link: Link, serial: number, open: boolean): void {
    this.#begin(link.outControl, WINDOW, serial).u8(open ? 1 : 0)
    this.#end(link.outControl)
  }

  /** Dropped when there is no room: a log must not stop what it reports of. */
  log(link: Link, entry: LogEntry): void {
    const out = this.#begin(link.outControl, LOG, 0)
    out.text(entry.level)
    out.text(entry.message)
    out.text(entry.actor)
    const fieldsAt = out.position
    try {
      encodeStructured(out, entry.fields)
    } catch {
      out.rewind(fieldsAt)
      encodeStructured(out, readable(entry.fields))
    }
    link.outControl.commit(out, true, false)
    this.#here.wake()
  }

  #begin(lane: OutLane, what: number, serial: number): FrameWriter {
    const out = this.#here.out
    lane.begin(out, KIND_SYSTEM, what, serial)
    return out
  }

  #end(lane: OutLane): void {
    lane.commit(this.#here.out, true, true)
    this.#here.wake()
  }

  handle(link: Link, memory: Memory, offset: number, length: number): void {
    const here = this.#here
    const what = memory.view.getUint32(offset + FRAME_TO_AT, true)
    const serial = memory.view.getUint32(offset + FRAME_FROM_AT, true)
    const frame = here.reader
    frame.begin(memory, offset + FRAME_HEADER_BYTES, offset + length)
    switch (what) {
      case NAME_UP: {
        const protocolKey = frame.text()
        here.names.learn(link.executor, link.incarnation, serial, protocolKey, frame.text())
        const token = frame.u32()
        if (token === 0) return
        this.#begin(link.outControl, NAME_KNOWN, token)
        this.#end(link.outControl)
        return
      }
      case NAME_KNOWN:
        here.names.acknowledged(serial, link.executor)
        return
      case NAME_DOWN:
        here.names.forget(link.executor, link.incarnation, serial, frame.text())
        return
      case WATCH:
        here.watches.watchedFrom(serial, here.incarnation, here.links.refOver(link, frame.u32()))
        return
      case UNWATCH:
        here.watches.unwatchedFrom(serial, here.links.refOver(link, frame.u32()))
        return
      case TERMINATED: {
        const watcher = here.actors.get(frame.u32())
        const target = here.links.refTo(link.executor, frame.u32(), serial)
        const why = REASONS[frame.u8()] as TerminatedReason
        if (watcher !== undefined) here.watches.ended(watcher, target, why)
        return
      }
      case ASK_FAILED:
        here.asks.fail(serial, failure(frame.text() as DeadLetterReason))
        return
      case STOP:
        here.lifecycle.stopFor(serial, here.links.refOver(link, frame.u32()))
        return
      case LARGE_TAKEN:
        laneOf(link, frame.u8()).answered(serial)
        return
      case LARGE_REFUSED: {
        const refused = laneOf(link, frame.u8()).answered(serial)
        if (refused !== null) here.links.giveBack(link, refused, 0, refused.bytes.length, 'too-big')
        return
      }
      case WINDOW:
        if (frame.u8() === 1) link.closed.delete(serial)
        else link.closed.add(serial)
        return
      case LOG: {
        const level = frame.text() as LogEntry['level']
        const message = frame.text()
        const actor = frame.text()
        const fields = decodeStructured(frame) as Record<string, unknown>
        here.host.log({ level, message, fields, executor: link.executor, actor })
        return
      }
      default:
        assert(false, 'a notice between executors is of a kind they know')
    }
  }
}

function laneOf(link: Link, isData: number): OutLane {
  return isData === 1 ? link.outData : link.outControl
}

/** What an asker is told when its message became a dead letter. */
export function failure(reason: DeadLetterReason): Error {
  switch (reason) {
    case 'no-such-actor':
    case 'late-reply':
      return new ActorStopped('there is no such actor')
    case 'stopped':
      return new ActorStopped('the actor stopped before it handled the message')
    case 'executor-lost':
      return new ExecutorLost('the thread of the actor exited before it took the message', 'never')
    case 'mailbox-full':
      return new MailboxFull('the mailbox is full')
    case 'too-big':
      return new MailboxFull('the thread of the actor has no memory for so large a message now')
    default:
      return unreachable(reason)
  }
}

/** Log fields that are not plain data, as text. */
function readable(fields: Readonly<Record<string, unknown>>): Record<string, string> {
  const result: Record<string, string> = {}
  for (const key in fields) {
    result[key] = errorText(fields[key])
  }
  return result
}
