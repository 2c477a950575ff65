/**
 * Commands at the leader: admitted, executed on the working state in order of arrival, their effects gathered into one
 * entry a turn, their answers left waiting for the entries they depend on (design §4, rules 1–6 and 10).
 *
 * Phases of a command: admitted, or refused as *not executed* → parked, if it cannot run yet → executed → its answer
 * leaves at once, or waits in `PendingAnswers`.
 *
 * Evaluation and proposal are one step: between `begin` and `propose` nothing else happens to the peer (rule 3).
 */
import { copyBytes } from '../base/index.ts'
import { CommandFlag, CommandReader, Fate, Refusal } from '../model/index.ts'
import {
  Arguments,
  type CommandRow,
  checkArity,
  lookupCommand,
  parseCommand,
  ReplyTooLarge,
  ReplyWriter,
  tooBigKeyText,
  unknownCommandError,
  wrongArityError,
} from '../redis/index.ts'
import { hasHugeKey, isWholeRange, keysOf, missingKeys, sharedKeys } from './command-keys.ts'
import { ValueIsFar } from './key-record.ts'
import type { Origin } from './origin.ts'
import type { ParkedCommand } from './parking.ts'
import { AcceptedSession, type Peer } from './peer.ts'
import { payloadOf } from './refuse.ts'
import type { Stores } from './stores.ts'
import { TurnEntries } from './turn-entries.ts'

/**
 * Answers to one session in a turn: when they are more, the rest of its commands wait for the next. So whoever asks for
 * many large values does not keep others waiting for all of them, and when its client is gone the rest is never executed.
 */
const SESSION_TURN_BYTES_MAX = 4 * 1024 * 1024
/** Whatever a client may be sent at most: answers lie in one buffer. */
const REPLY_BYTES_MAX = 1024 * 1024 * 1024

/** What `#execute` returns in the place of a release index. */
const CANNOT_YET = -1

type SoundRow = CommandRow & { readonly execute: NonNullable<CommandRow['execute']> }

/** May commands run at this peer, in this turn? */
const Gate = { open: 0, park: 1, refuse: 2 } as const
type Gate = (typeof Gate)[keyof typeof Gate]

export class Evaluator {
  readonly #stores: Stores
  /** Those that the turn builds. */
  readonly entries: TurnEntries
  readonly #reader = new CommandReader()
  readonly #args = new Arguments()
  readonly #reply = new ReplyWriter()
  #refusal: Refusal = Refusal.none
  /** Of the command looked at last: the last of its keys that had to be asked of the engine. */
  #lastWanted: string | null = null
  /** And the last whose long value had to be fetched. */
  #lastFetched: string | null = null

  constructor(stores: Stores) {
    this.#stores = stores
    this.entries = new TurnEntries(stores)
  }

  /** The commands of one batch, in order. */
  batch(origin: Origin, records: Uint8Array): void {
    const reader = this.#reader
    reader.reset(records)
    while (reader.next()) {
      const peer = this.#stores.peer(reader.store, reader.cell)
      if ((reader.flags & CommandFlag.farewell) !== 0) {
        if (peer !== undefined) this.#forget(peer, origin.sessionKey(reader.session))
      } else if (peer?.initialized) this.#admit(peer, origin, reader)
      else {
        const heir = this.#stores.stores.get(reader.store)?.heirOf(reader.cell) ?? null
        const refusal = heir === null ? Refusal.cellNotFound : Refusal.epochNotMatch
        this.#refuse(origin, reader.session, reader.sequence, refusal, heir)
      }
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
    if (peer.holdsCommands) return
    // A round that began before a command came says nothing for it: another leader may have served in between.
    const confirmedTurn = peer.confirmedTurn === this.#stores.turnNumber ? peer.confirmedRoundTurn : -1
    for (let command = peer.parked.first, next: ParkedCommand | null; command !== null; command = next) {
      next = command.next
      if (command.expiresAtMs < this.#stores.nowMs) this.#turnAway(peer, command, Refusal.expired)
      else if (command.version !== peer.cell.epoch.version) this.#turnBack(peer, command, Refusal.epochNotMatch)
      else if (gate === Gate.park && command.turn > confirmedTurn) continue
      else if (!peer.parked.mustStay(command) && this.#tryParked(peer, command)) peer.unpark(command)
    }
    if (gate === Gate.park && !peer.parked.isEmpty) this.#stores.confirmLeadership(peer)
  }

  /** `about`: whose cell is told, where the refusal tells one. */
  refuseParked(peer: Peer, refusal: Refusal, about: Peer = peer): void {
    for (let command = peer.parked.first; command !== null; command = peer.parked.first) {
      this.#turnBack(peer, command, refusal, about)
    }
  }

  /** As if it had never been accepted: what follows on it is refused, too, and sent again behind it (rule 10). */
  #turnBack(peer: Peer, command: ParkedCommand, refusal: Refusal, about: Peer = peer): void {
    peer.accepted.delete(command.sessionKey)
    this.#turnAway(peer, command, refusal, about)
  }

  #turnAway(peer: Peer, command: ParkedCommand, refusal: Refusal, about: Peer = peer): void {
    peer.unpark(command)
    this.#refuse(command.origin, command.session, command.sequence, refusal, about)
  }

  /** Its client is gone: nobody waits for what it has parked, and none of that was executed. */
  #forget(peer: Peer, sessionKey: number): void {
    peer.accepted.delete(sessionKey)
    if (peer.parked.isEmpty || !peer.parked.holdsBack(sessionKey, [], false)) return
    for (let command = peer.parked.first; command !== null; command = command.next) {
      if (command.sessionKey === sessionKey) peer.unpark(command)
    }
    this.#stores.touch(peer)
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
    const sessionKey = origin.sessionKey(session)
    const accepted = peer.accepted.get(sessionKey)
    if (reader.after !== 0 && !(accepted !== undefined && accepted.sequence >= reader.after)) {
      this.#refuse(origin, session, sequence, Refusal.outOfOrder, peer)
      return
    }
    const row = this.#parse(reader.buffer, reader.start)
    if (row?.writes && peer.store.refuses(peer, row)) {
      this.#refuse(origin, session, sequence, Refusal.storeStopped, peer)
      return
    }
    if (gate === Gate.open && !this.#mustWait(peer, sessionKey, row)) {
      const { protocol, flags } = reader
      const released = this.#execute(peer, origin, session, sequence, protocol, flags, row, accepted, null)
      if (released !== CANNOT_YET) {
        this.#accept(peer, sessionKey, accepted, sequence, released).charge(this.#stores.turnNumber, this.#reply.length)
        return
      }
    } else {
      // Its keys are asked for meanwhile, not one after the other; but not while the engine lacks some of them.
      const maySend = peer.absorbing.length === 0 && row !== undefined && !row.walks && row.execute !== null
      if (maySend && checkArity(row, this.#args)) this.#loaded(peer, row)
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
      row,
      bytes: copyBytes(reader.buffer.subarray(reader.start, reader.end)),
      keys: sharedKeys(this.#args, row),
      wholeRange: isWholeRange(row),
      expiresAtMs: this.#stores.nowMs + reader.remainingMs,
      turn: this.#stores.turnNumber,
      lastWanted: this.#lastWanted,
      lastFetched: this.#lastFetched,
    })
    if (gate === Gate.park) this.#stores.confirmLeadership(peer)
    this.#stores.touch(peer)
  }

  #parse(buffer: Uint8Array, start: number): CommandRow | undefined {
    parseCommand(buffer, start, this.#args)
    this.#lastWanted = null
    this.#lastFetched = null
    return lookupCommand(this.#args)
  }

  #accept(
    peer: Peer,
    sessionKey: number,
    accepted: AcceptedSession | undefined,
    sequence: number,
    releaseIndex: number,
  ): AcceptedSession {
    if (accepted === undefined) {
      // Forgetting is safe: a command whose predecessor is not remembered is refused, and sent again after it.
      if (peer.accepted.size > 65_536) peer.accepted.clear()
      accepted = new AcceptedSession(sequence)
      peer.accepted.set(sessionKey, accepted)
    } else {
      accepted.sequence = sequence
    }
    if (releaseIndex > accepted.releaseIndex) accepted.releaseIndex = releaseIndex
    return accepted
  }

  #tryParked(peer: Peer, command: ParkedCommand): boolean {
    // Keys come in the order in which they are asked for: before the last one has come it need not be tried.
    if (command.lastWanted !== null && peer.loading.has(command.lastWanted)) return false
    if (command.lastFetched !== null && peer.fetching.has(command.lastFetched)) return false
    const { origin, session, sessionKey, sequence, protocol, flags } = command
    const accepted = peer.accepted.get(sessionKey)
    // It was accepted, and others may have been accepted behind it: now it waits for room, and is not refused. Whether
    // there is room is asked first: to read a command of a million keys takes long.
    if (command.row !== undefined) {
      if (command.row.writes && peer.store.refuses(peer, command.row)) return false
      if (!this.#hasRoom(peer, origin, accepted, command.row)) return false
    }
    const row = this.#parse(command.bytes, 0)
    const released = this.#execute(peer, origin, session, sequence, protocol, flags, row, accepted, command)
    if (accepted !== undefined && released > accepted.releaseIndex) accepted.releaseIndex = released
    if (accepted !== undefined && released !== CANNOT_YET) accepted.charge(this.#stores.turnNumber, this.#reply.length)
    command.lastWanted = this.#lastWanted
    command.lastFetched = this.#lastFetched
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
    const isReady = peer.working?.term === node.term && peer.transferTo === 0 && peer.merging === null
    if (!isReady) {
      this.#refusal = Refusal.notReady
      return Gate.refuse
    }
    if (!this.#stores.sleep.used(peer) || peer.holdsCommands) return Gate.park
    return this.#stores.holdsLease(peer) ? Gate.open : Gate.park
  }

  /**
   * Runs the command in `#args`, unless it cannot run yet. The answer is written where it waits for what it depends on,
   * which is committed before it leaves, and for an earlier one to its connection (`accepted`). Returns the release index.
   */
  #execute(
    peer: Peer,
    origin: Origin,
    session: number,
    sequence: number,
    protocol: number,
    flags: number,
    row: CommandRow | undefined,
    accepted: AcceptedSession | undefined,
    parked: ParkedCommand | null,
  ): number {
    const args = this.#args
    const reply = this.#reply
    const stores = this.#stores
    reply.reset()
    reply.protocol = protocol === 3 ? 3 : 2
    reply.bytesMax = Math.min(stores.options.clientOutputMax, REPLY_BYTES_MAX)
    if (!this.#isSound(row, flags)) {
      origin.answers().add(session, sequence, Fate.done, Refusal.none, reply.buffer, 0, reply.length)
      return 0
    }
    const working = peer.working as NonNullable<Peer['working']>
    if (!row.walks && !this.#loaded(peer, row)) return CANNOT_YET
    if (!this.#hasRoom(peer, origin, accepted, row)) return CANNOT_YET
    if (row.walks && !stores.pages.ready(peer, row.firstKey === 0 ? null : args.key(1), parked)) return CANNOT_YET

    working.beginCommand()
    const before = accepted?.releaseIndex ?? 0
    if (row.wholeRange) working.copies = peer.copiesWith(before)
    const hasRun = this.#run(peer, row)
    working.endCommand()
    if (!hasRun) return CANNOT_YET
    stores.meters.count(peer, args, row, reply.length, stores.nowMs)
    const own = working.wrote
      ? working.entryIndex
      : row.wholeRange
        ? this.entries.lastIndex(peer)
        : working.touchedIndex
    const index = Math.max(own, before)
    const out = index > peer.node.committed ? peer.pending.writer(index, working.term, origin) : origin.answers()
    out.add(session, sequence, Fate.done, Refusal.none, reply.buffer, 0, reply.length)
    return index
  }

  /** Is the command in `#args` one that can run here at all? If not, the reply says why. */
  #isSound(row: CommandRow | undefined, flags: number): row is SoundRow {
    const args = this.#args
    const reply = this.#reply
    if (row === undefined || row.execute === null || (row.internal && (flags & CommandFlag.internal) === 0)) {
      reply.errorText(unknownCommandError(args))
      return false
    }
    if (!checkArity(row, args)) {
      reply.errorText(wrongArityError(row))
      return false
    }
    if (hasHugeKey(args, row)) {
      reply.errorText(tooBigKeyText)
      return false
    }
    return true
  }

  /** Room for what a command writes, and for its answer; else its turn comes later. */
  #hasRoom(peer: Peer, origin: Origin, accepted: AcceptedSession | undefined, row: CommandRow): boolean {
    const stores = this.#stores
    if (!peer.evaluating) this.entries.begin(peer)
    // One message to a gateway has room for so much only, and one session for a share of that: the rest in another turn.
    // Or behind large answers that wait for a commit, which then looks at what is parked.
    const isServed = origin.isLoaded || (accepted?.answeredBytes(stores.turnNumber) ?? 0) > SESSION_TURN_BYTES_MAX
    if (isServed || peer.pending.isLoaded) {
      stores.loads.holdLong()
      if (isServed) stores.lookAgain(peer)
      return false
    }
    // Behind what is still to be written to the engine: memory is no place for a backlog.
    if (row.writes && peer.store.overlayBytes > stores.overlayBytesLimit) return false
    return this.entries.hasBudget(peer, row.writes)
  }

  /** False: it wants the bytes of long values that are not in memory, and has done nothing. They are asked for. */
  #run(peer: Peer, row: SoundRow): boolean {
    const args = this.#args
    const reply = this.#reply
    const working = peer.working as NonNullable<Peer['working']>
    try {
      row.execute(args, working, reply)
      return true
    } catch (error) {
      if (error instanceof ReplyTooLarge) return this.#replyTooLarge()
      if (!(error instanceof ValueIsFar)) throw error
    }
    const keys = keysOf(args, row)
    // Before anything is fetched: what is asked for whole must fit into a reply.
    if (row.spread === 'array' && working.bytesOf(keys) > reply.bytesMax) return this.#replyTooLarge()
    for (const key of keys) {
      if (working.far(key) === null) continue
      this.#lastFetched = key
      this.#stores.loads.wantBytes(peer, key)
    }
    return false
  }

  #replyTooLarge(): true {
    const reply = this.#reply
    reply.reset()
    reply.error('TOOBIG', `the reply would be larger than client-output-max (${reply.bytesMax} bytes)`)
    return true
  }

  /** Are the keys of the command in memory? Asks for those that are not. */
  #loaded(peer: Peer, row: CommandRow): boolean {
    const missing = missingKeys(this.#args, row, peer.working as NonNullable<Peer['working']>)
    if (missing === null) return true
    this.#lastWanted = this.#stores.loads.wantAll(peer, missing)
    return false
  }

  #refuse(origin: Origin, session: number, sequence: number, refusal: Refusal, peer: Peer | null): void {
    const payload = payloadOf(refusal, peer)
    origin.answers().add(session, sequence, Fate.notExecuted, refusal, payload, 0, payload.length)
  }
}
