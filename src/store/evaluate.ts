/**
 * Commands at the leader: admitted, executed on the working state in order of arrival, their effects gathered into one
 * entry a turn, their answers left waiting for the entries they depend on (design §4, rules 1–6 and 10).
 *
 * Phases of a command: admitted, or refused as *not executed* → parked, if it cannot run yet → executed → its answer
 * leaves at once, or waits in `PendingAnswers`.
 *
 * Evaluation and proposal are one step: between `begin` and `propose` nothing else happens to the peer (rule 3).
 */
import { assert, copyBytes } from '../base/index.ts'
import { CommandFlag, CommandReader, Fate, Refusal } from '../model/index.ts'
import {
  Arguments,
  type CommandRow,
  checkArity,
  lookupCommand,
  parseCommand,
  ReplyTooLarge,
  ReplyWriter,
  unknownCommandError,
  wrongArityError,
} from '../redis/index.ts'
import { hasHugeKey, isWholeRange, KEY_BYTES_MAX, keysOf, sharedKeys } from './command-keys.ts'
import { EntryWriter } from './entry.ts'
import { ValueIsFar } from './key-record.ts'
import type { Origin } from './origin.ts'
import type { ParkedCommand } from './parking.ts'
import { AcceptedSession, type Peer } from './peer.ts'
import { payloadOf } from './refuse.ts'
import type { Stores } from './stores.ts'

/** A turn gathers no more effects of a cell than this, but for one large command. */
const TURN_BYTES_MAX = 1024 * 1024
/**
 * What Raft takes beyond the bytes at which writes begin to wait. What a command writes is known only when it has run,
 * and then it must be taken: so there is room for any one command, however large its values.
 */
export const UNCOMMITTED_RESERVE_BYTES = 2 ** 40
/** A command that reads writes, too, when it meets a dead key. That it need not wait whenever writes do, it has more room. */
const READ_RESERVE_BYTES = UNCOMMITTED_RESERVE_BYTES - 16 * 1024 * 1024
/** Whatever a client may be sent at most: answers lie in one buffer. */
const REPLY_BYTES_MAX = 1024 * 1024 * 1024

/** What `#execute` returns in the place of a release index. */
const CANNOT_YET = -1

/** May commands run at this peer, in this turn? */
const Gate = { open: 0, park: 1, refuse: 2 } as const
type Gate = (typeof Gate)[keyof typeof Gate]

export class Evaluator {
  readonly #stores: Stores
  readonly #reader = new CommandReader()
  readonly #args = new Arguments()
  readonly #reply = new ReplyWriter()
  readonly #evaluating: Peer[] = []
  readonly #budgets = new Map<Peer, number>()
  readonly #writers = new Map<Peer, EntryWriter>()
  readonly #spareWriters: EntryWriter[] = []
  #refusal: Refusal = Refusal.none
  /** Of the command looked at last: the last of its keys that had to be asked of the engine. */
  #lastWanted: string | null = null

  constructor(stores: Stores) {
    this.#stores = stores
  }

  /** The commands of one batch, in order. */
  batch(origin: Origin, records: Uint8Array): void {
    const reader = this.#reader
    reader.reset(records)
    while (reader.next()) {
      const peer = this.#stores.peer(reader.store, reader.cell)
      if (peer?.initialized) this.#admit(peer, origin, reader)
      else this.#refuse(origin, reader.session, reader.sequence, Refusal.cellNotFound, null)
    }
  }

  /** Parked commands whose turn may have come. */
  unpark(peer: Peer): void {
    if (peer.parked.isEmpty) return
    const gate = this.#gate(peer)
    if (gate === Gate.refuse) {
      this.refuseParked(peer, this.#refusal)
      return
    }
    if (peer.split?.holdsCommands) return
    // A round that began before a command came says nothing for it: another leader may have served in between.
    const confirmedTurn = peer.confirmedTurn === this.#stores.turnNumber ? peer.confirmedRoundTurn : -1
    for (const command of peer.parked.takeAll()) {
      if (command.expiresAtMs < this.#stores.nowMs) {
        this.#refuse(command.origin, command.session, command.sequence, Refusal.expired, peer)
      } else if (command.version !== peer.cell.epoch.version) {
        this.#refuse(command.origin, command.session, command.sequence, Refusal.epochNotMatch, peer)
      } else if (
        (gate === Gate.park && command.turn > confirmedTurn) ||
        peer.parked.holdsBack(command.sessionKey, command.keys, command.wholeRange) ||
        !this.#tryParked(peer, command)
      ) {
        peer.parked.add(command)
      }
    }
    if (gate === Gate.park && !peer.parked.isEmpty) this.#stores.confirmLeadership(peer)
  }

  refuseParked(peer: Peer, refusal: Refusal): void {
    for (const command of peer.parked.takeAll()) {
      // As if it had never been accepted: what follows on it is refused, too, and sent again behind it (rule 10).
      peer.accepted.delete(command.sessionKey)
      this.#refuse(command.origin, command.session, command.sequence, refusal, peer)
    }
  }

  /** The effects of the turn become one entry of each cell. */
  propose(): void {
    for (const peer of this.#evaluating) {
      peer.evaluating = false
      const writer = this.#writers.get(peer) as EntryWriter
      const working = peer.working
      assert(working !== null && working.term === peer.node.term, 'evaluated in another term than it is proposed in')
      if (writer.hasEffects) {
        const last = writer.finish(peer.cell.epoch.version, working.nowMs, working.count, working.sizeBytes)
        const isOne = writer.sealed.length === 0
        const taken = isOne ? peer.node.propose(last) : peer.node.proposeAll([...writer.sealed, last])
        // The budget was asked for in this very turn, so Raft takes it, at the index that answers already wait for.
        assert(taken && peer.node.lastIndex === working.entryIndex, 'Raft refused an entry that it had room for')
        peer.clockFloorMs = working.nowMs
        this.#stores.touch(peer)
      } else {
        writer.abandon()
      }
      this.#spareWriters.push(writer)
    }
    this.#evaluating.length = 0
    this.#budgets.clear()
    this.#writers.clear()
  }

  #admit(peer: Peer, origin: Origin, reader: CommandReader): void {
    const { session, sequence } = reader
    if (reader.version !== peer.cell.epoch.version) {
      this.#refuse(origin, session, sequence, Refusal.epochNotMatch, peer)
      return
    }
    const gate = this.#gate(peer)
    if (gate === Gate.refuse) {
      this.#refuse(origin, session, sequence, this.#refusal, peer)
      return
    }
    const sessionKey = origin.serial * 0x1_0000_0000 + session
    const accepted = peer.accepted.get(sessionKey)
    if (reader.after !== 0 && !(accepted !== undefined && accepted.sequence >= reader.after)) {
      this.#refuse(origin, session, sequence, Refusal.outOfOrder, peer)
      return
    }
    const row = this.#parse(reader.buffer, reader.start)
    if (row?.writes && peer.store.log.full) {
      this.#refuse(origin, session, sequence, Refusal.storeStopped, peer)
      return
    }
    if (gate === Gate.open && !this.#mustWait(peer, sessionKey, row)) {
      const before = accepted?.releaseIndex ?? 0
      const released = this.#execute(peer, origin, session, sequence, reader.protocol, reader.flags, row, before, null)
      if (released !== CANNOT_YET) {
        this.#accept(peer, sessionKey, accepted, sequence, released)
        return
      }
    } else {
      // Its keys are asked for meanwhile, not one after the other.
      if (row?.execute && !row.walks && checkArity(row, this.#args)) this.#loaded(peer, row)
    }
    if (peer.parked.isFull) {
      this.#refuse(origin, session, sequence, Refusal.busy, peer)
      return
    }
    this.#accept(peer, sessionKey, accepted, sequence, 0)
    peer.parked.add({
      origin,
      session,
      sessionKey,
      sequence,
      version: reader.version,
      protocol: reader.protocol,
      flags: reader.flags,
      bytes: copyBytes(reader.buffer.subarray(reader.start, reader.end)),
      keys: sharedKeys(this.#args, row),
      wholeRange: isWholeRange(row),
      expiresAtMs: this.#stores.nowMs + reader.remainingMs,
      turn: this.#stores.turnNumber,
      lastWanted: this.#lastWanted,
    })
    if (gate === Gate.park) this.#stores.confirmLeadership(peer)
    this.#stores.touch(peer)
  }

  #parse(buffer: Uint8Array, start: number): CommandRow | undefined {
    parseCommand(buffer, start, this.#args)
    this.#lastWanted = null
    return lookupCommand(this.#args)
  }

  #accept(
    peer: Peer,
    sessionKey: number,
    accepted: AcceptedSession | undefined,
    sequence: number,
    releaseIndex: number,
  ): void {
    if (accepted === undefined) {
      // Forgetting is safe: a command whose predecessor is not remembered is refused, and sent again after it.
      if (peer.accepted.size > 65_536) peer.accepted.clear()
      accepted = new AcceptedSession(sequence)
      peer.accepted.set(sessionKey, accepted)
    } else {
      accepted.sequence = sequence
    }
    if (releaseIndex > accepted.releaseIndex) accepted.releaseIndex = releaseIndex
  }

  #tryParked(peer: Peer, command: ParkedCommand): boolean {
    // Keys come in the order in which they are asked for: before the last one has come it need not be tried.
    if (command.lastWanted !== null && peer.loading.has(command.lastWanted)) return false
    const row = this.#parse(command.bytes, 0)
    const { origin, session, sessionKey, sequence, protocol, flags } = command
    // It was accepted, and others may have been accepted behind it: now it waits for room, and is not refused.
    if (row?.writes && peer.store.log.full) return false
    const accepted = peer.accepted.get(sessionKey)
    const before = accepted?.releaseIndex ?? 0
    const released = this.#execute(peer, origin, session, sequence, protocol, flags, row, before, command)
    if (accepted !== undefined && released > accepted.releaseIndex) accepted.releaseIndex = released
    command.lastWanted = this.#lastWanted
    return released !== CANNOT_YET
  }

  #mustWait(peer: Peer, sessionKey: number, row: CommandRow | undefined): boolean {
    return !peer.parked.isEmpty && peer.parked.holdsBack(sessionKey, sharedKeys(this.#args, row), isWholeRange(row))
  }

  #gate(peer: Peer): Gate {
    if (peer.gateTurn !== this.#stores.turnNumber) {
      peer.gateTurn = this.#stores.turnNumber
      peer.gate = this.#judge(peer)
      peer.gateRefusal = this.#refusal
    }
    this.#refusal = peer.gateRefusal as Refusal
    return peer.gate as Gate
  }

  #judge(peer: Peer): Gate {
    const node = peer.node
    this.#refusal = Refusal.none
    if (!node.isLeader) {
      this.#refusal = Refusal.notLeader
      this.#stores.beginnings.hurry(peer)
      return Gate.refuse
    }
    if (peer.working === null || peer.working.term !== node.term || peer.transferTo !== 0) {
      this.#refusal = Refusal.notReady
      return Gate.refuse
    }
    this.#stores.sleep.used(peer)
    if (peer.split?.holdsCommands) return Gate.park
    return this.#stores.holdsLease(peer) ? Gate.open : Gate.park
  }

  /**
   * Runs the command in `#args`, unless it cannot run yet. The answer is written where it waits for what it depends on,
   * which is committed before it leaves, and for an earlier one to its connection (`before`). Returns the release index.
   */
  #execute(
    peer: Peer,
    origin: Origin,
    session: number,
    sequence: number,
    protocol: number,
    flags: number,
    row: CommandRow | undefined,
    before: number,
    parked: ParkedCommand | null,
  ): number {
    const args = this.#args
    const reply = this.#reply
    const stores = this.#stores
    reply.reset()
    reply.protocol = protocol === 3 ? 3 : 2
    reply.bytesMax = Math.min(stores.options.clientOutputMax, REPLY_BYTES_MAX)
    if (row === undefined || row.execute === null || (row.internal && (flags & CommandFlag.internal) === 0)) {
      reply.errorText(unknownCommandError(args))
      origin.answers().add(session, sequence, Fate.done, Refusal.none, reply.buffer, 0, reply.length)
      return 0
    }
    if (!checkArity(row, args)) {
      reply.errorText(wrongArityError(row))
      origin.answers().add(session, sequence, Fate.done, Refusal.none, reply.buffer, 0, reply.length)
      return 0
    }
    if (hasHugeKey(args, row)) {
      reply.error('TOOBIG', `a key is at most ${KEY_BYTES_MAX} bytes long`)
      origin.answers().add(session, sequence, Fate.done, Refusal.none, reply.buffer, 0, reply.length)
      return 0
    }
    const working = peer.working as NonNullable<Peer['working']>
    if (!row.walks && !this.#loaded(peer, row)) return CANNOT_YET
    if (!peer.evaluating) this.#begin(peer)
    // One message to a gateway has room for so much only: the rest in another turn. Or behind large answers that wait
    // for a commit, which then looks at what is parked.
    if (origin.isLoaded || peer.pending.isLoaded) {
      stores.loads.holdLong()
      if (origin.isLoaded) stores.atTurnEnd(() => stores.touch(peer))
      return CANNOT_YET
    }
    // Behind what is still to be written to the engine: memory is no place for a backlog.
    if (row.writes && peer.store.overlayBytes > stores.overlayBytesLimit) return CANNOT_YET
    if (!this.#hasBudget(peer, row.writes ? UNCOMMITTED_RESERVE_BYTES : READ_RESERVE_BYTES)) return CANNOT_YET
    if (row.walks && !stores.pages.ready(peer, row.firstKey === 0 ? null : args.key(1), parked)) return CANNOT_YET

    working.beginCommand()
    if (row.wholeRange) working.copies = peer.copiesWith(before)
    const hasRun = this.#run(peer, row, row.execute)
    working.endCommand()
    if (!hasRun) return CANNOT_YET
    stores.meters.count(peer, args, row, reply.length, stores.nowMs)
    const own = working.wrote ? working.entryIndex : row.wholeRange ? this.#lastIndex(peer) : working.touchedIndex
    const index = Math.max(own, before)
    const out =
      index > peer.node.committed ? peer.pending.writer(index, working.term, origin, stores.nowMs) : origin.answers()
    out.add(session, sequence, Fate.done, Refusal.none, reply.buffer, 0, reply.length)
    return index
  }

  /** False: it wants the bytes of long values that are not in memory, and has done nothing. They are asked for. */
  #run(peer: Peer, row: CommandRow, execute: NonNullable<CommandRow['execute']>): boolean {
    const args = this.#args
    const reply = this.#reply
    const working = peer.working as NonNullable<Peer['working']>
    try {
      execute(args, working, reply)
      return true
    } catch (error) {
      if (error instanceof ReplyTooLarge) return this.#replyTooLarge()
      if (!(error instanceof ValueIsFar)) throw error
    }
    const keys = keysOf(args, row)
    // Before anything is fetched: what is asked for whole must fit into a reply.
    if (row.spread === 'array' && working.bytesOf(keys) > reply.bytesMax) return this.#replyTooLarge()
    for (const key of keys) if (working.far(key) !== null) this.#stores.loads.wantBytes(peer, key)
    return false
  }

  #replyTooLarge(): true {
    const reply = this.#reply
    reply.reset()
    reply.error('TOOBIG', `the reply would be larger than client-output-max (${reply.bytesMax} bytes)`)
    return true
  }

  /** The last entry there is, the one being built included. */
  #lastIndex(peer: Peer): number {
    const writer = this.#writers.get(peer)
    return writer?.hasEffects ? (peer.working?.entryIndex ?? 0) : peer.node.lastIndex
  }

  #begin(peer: Peer): void {
    const working = peer.working as NonNullable<Peer['working']>
    const writer = this.#spareWriters.pop() ?? new EntryWriter(this.#stores.sizes.entryBytesMax)
    writer.begin()
    // A cell's clock never goes back, also when its leader changes (rule 7).
    working.begin(writer, Math.max(this.#stores.wallMs, peer.clockFloorMs), peer.node.lastIndex + 1)
    this.#writers.set(peer, writer)
    this.#budgets.set(peer, peer.node.proposalBudgetBytes())
    peer.evaluating = true
    this.#evaluating.push(peer)
  }

  /** What Raft would take now, less what this turn has written (rule 3). What does not fit waits for the next turn. */
  #hasBudget(peer: Peer, reserve: number): boolean {
    const written = (this.#writers.get(peer) as EntryWriter).bytes
    return written < TURN_BYTES_MAX && written < (this.#budgets.get(peer) as number) - reserve
  }

  /** Are the keys of the command in memory? Asks for those that are not. */
  #loaded(peer: Peer, row: CommandRow): boolean {
    if (row.firstKey === 0) return true
    const args = this.#args
    const working = peer.working as NonNullable<Peer['working']>
    const last = row.lastKey < 0 ? args.count + row.lastKey : row.lastKey
    for (let i = row.firstKey; i <= last; i += row.keyStep) {
      const key = args.key(i)
      if (working.isLoaded(key)) continue
      this.#lastWanted = key
      this.#stores.loads.want(peer, key)
    }
    return this.#lastWanted === null
  }

  #refuse(origin: Origin, session: number, sequence: number, refusal: Refusal, peer: Peer | null): void {
    const payload = payloadOf(refusal, peer)
    origin.answers().add(session, sequence, Fate.notExecuted, refusal, payload, 0, payload.length)
  }
}
