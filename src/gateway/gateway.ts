import type { Clock, Random } from '../base/index.ts'
import type { AnswerBatch, CommandBatch, Drain, GatewayFacts, Routes, SettingChanged } from '../model/index.ts'
import {
  Arguments,
  type CommandRow,
  checkArity,
  isCrossProtocolAttack,
  lookupCommand,
  ProtocolError,
  ReplyWriter,
  RequestParser,
  unknownCommandError,
  wrongArityError,
} from '../redis/index.ts'
import { Router, type RouterSession } from '../router/index.ts'
import { beginAuthentication } from './connection-commands.ts'
import { Draining } from './draining.ts'
import type { Connection, ConnectionHandler, DebugPort, ProcessPort } from './edges.ts'
import type { GatewayArgs, GatewayEdges } from './host.ts'
import { News } from './news.ts'
import { OutputPool } from './output-pool.ts'
import { Pressure } from './pressure.ts'
import { type Server, Statistics } from './server.ts'
import { Session, type SessionOwner } from './session.ts'
import { handlerOf } from './session-commands.ts'
import { requestLimits, Settings, type Wish } from './settings.ts'
import { Walks } from './walks.ts'

/** Commands read in one turn, of one session and of all: what is left is read in the next. A turn takes a few ms at most. */
const SESSION_COMMANDS_PER_TURN = 256
const COMMANDS_PER_TURN = 2048
/** Unread by the client: its commands wait until it has read. Well above what a client sends before it begins to read. */
const CHOKE_BYTES = 16 * 1024 * 1024

const NOAUTH = 'NOAUTH Authentication required.'
const TOO_MANY_CLIENTS = Buffer.from('-ERR max number of clients reached\r\n')

/**
 * The host: connections on one side, the router on the other.
 *
 * A pass: bytes, answers and news come in any order; then `turn` reads what clients have sent, within its budget, hands
 * cell commands to the router and answers session commands, sends the router's batches, and writes each connection's
 * replies at once.
 */
export class Gateway implements Server, SessionOwner {
  readonly settings: Settings
  readonly news: News
  readonly statistics: Statistics
  readonly topology: GatewayArgs['topology']
  readonly clock: Clock
  readonly random: Random
  readonly process: ProcessPort
  readonly debug: DebugPort | null
  readonly executor: number
  readonly version: string
  readonly runId: string
  readonly startedAtMs: number
  readonly sessions: Map<number, Session>
  facts: GatewayFacts
  nowMs: number
  readonly #edges: GatewayEdges
  readonly #router: Router
  readonly #walks: Walks
  readonly #args: Arguments
  /** For a reply that cannot leave at once. */
  readonly #scratch: ReplyWriter
  readonly #outputs: OutputPool
  #awake: Session[]
  #soiled: Session[]
  #gone: Session[]
  readonly #pressure: Pressure
  #lastId: number
  readonly #idStep: number
  #isInPass: boolean
  #wakeAtMs: number
  #draining: Draining | null

  constructor(args: GatewayArgs, edges: GatewayEdges) {
    const others = args.others ?? []
    this.settings = new Settings(args.options)
    this.news = new News(others, args.changes ?? [], this.settings, edges)
    this.statistics = new Statistics(edges.clock.monotonicMs())
    this.topology = args.topology
    this.clock = edges.clock
    this.random = edges.random
    this.process = edges.process
    this.debug = edges.debug
    this.executor = edges.executor
    this.version = args.version
    this.runId = Array.from({ length: 5 }, () => edges.random.u32().toString(16).padStart(8, '0')).join('')
    this.startedAtMs = edges.clock.monotonicMs()
    this.sessions = new Map()
    this.facts = { kind: 'facts', raftLogSyncs: 0, raftLogBytes: 0, commandsProcessed: 0, cells: 0, keys: 0 }
    this.nowMs = this.startedAtMs
    this.#edges = edges
    this.#router = new Router(
      {
        origin: args.name,
        // Of the clock of the process, so that no two lives of a gateway share one.
        generation: Math.floor(this.startedAtMs * 1000),
        topology: args.topology,
        settings: this.settings.forRouter,
      },
      {
        send: (executor, batch) => edges.sendCommands(executor, batch),
        routesWanted: () => edges.askForRoutes(),
      },
    )
    this.#walks = new Walks(this, this.#router)
    this.#args = new Arguments()
    this.#scratch = new ReplyWriter()
    this.#outputs = new OutputPool()
    this.#awake = []
    this.#soiled = []
    this.#gone = []
    this.#pressure = new Pressure(args.options.memory / (others.length + 1), (session) => this.wake(session))
    // Gateways of one server count in steps, so that a client's number is its own.
    this.#idStep = others.length === 0 ? 1 : args.topology.executors + 1
    this.#lastId = others.length === 0 ? 0 : edges.executor - args.topology.executors
    this.#isInPass = false
    this.#wakeAtMs = Number.POSITIVE_INFINITY
    this.#draining = null
    this.#begin()
    this.#router.wantRoutes()
    edges.listener.attach((connection) => this.#accept(connection))
  }

  get port(): number {
    return this.#edges.listener.port
  }

  takeAnswers(batch: AnswerBatch): void {
    this.#begin()
    this.#router.takeAnswers(batch)
  }

  takeRoutes(routes: Routes): void {
    this.#begin()
    this.#router.takeRoutes(routes)
  }

  undelivered(batch: CommandBatch): void {
    this.#begin()
    this.#router.undelivered(batch)
  }

  executorLost(executor: number): void {
    this.#begin()
    this.#router.executorLost(executor)
    this.#router.wantRoutes()
  }

  /** PD may have moved, and does not know then whom to tell of changes. */
  executorUp(executor: number): void {
    this.#begin()
    this.#router.executorUp(executor)
    this.#router.wantRoutes()
  }

  settingChanged(change: SettingChanged): void {
    this.#begin()
    this.news.heard(change)
    this.#router.configure(this.settings.forRouter)
  }

  drain(drain: Drain): void {
    this.#begin()
    if (this.#draining !== null) return
    this.#edges.listener.detach()
    this.#draining = new Draining(drain, this.nowMs + drain.timeoutMs)
    this.#walks.hurry(this.nowMs)
    for (const session of this.sessions.values()) session.close()
  }

  tick(): void {
    this.#begin()
    this.#wakeAtMs = Number.POSITIVE_INFINITY
  }

  turn(): void {
    // Woken by bytes alone. Another turn is not asked for here: that one would ask for the next, and so on for ever.
    if (!this.#isInPass) this.#enter()
    for (const session of this.#gone) this.#forget(session)
    this.#gone = []
    this.#walks.turn()
    this.news.turn(this.nowMs)
    this.#read()
    if (this.nowMs >= this.#router.nextTickMs) this.#router.tick()
    this.#router.flush()
    this.#write()
    this.#draining?.look(this.nowMs, this.sessions)
    this.#isInPass = false
    this.#askToBeWoken()
  }

  /** At once: what is in flight gets no reply. */
  stop(): void {
    this.#edges.listener.detach()
    for (const session of this.sessions.values()) {
      session.isClosed = true
      session.connection.destroy()
    }
    this.sessions.clear()
  }

  // What sessions ask for.

  wake(session: Session): void {
    if (session.isAwake || session.isClosed) return
    session.isAwake = true
    this.#awake.push(session)
    this.#edges.requestTurn()
  }

  soil(session: Session): void {
    if (session.isSoiled) return
    session.isSoiled = true
    this.#soiled.push(session)
    if (!this.#isInPass) this.#edges.requestTurn()
  }

  lend(): ReplyWriter {
    return this.#outputs.lend()
  }

  received(bytes: number): void {
    this.statistics.inputBytes += bytes
  }

  stepped(session: Session, buffer: Uint8Array, start: number, end: number): void {
    this.#walks.take(session, buffer, start, end)
  }

  closed(session: Session): void {
    this.#gone.push(session)
    this.#edges.requestTurn()
  }

  // What session commands ask for.

  kill(session: Session): void {
    session.isClosing = true
    session.connection.destroy()
  }

  change(wishes: readonly Wish[]): void {
    this.news.changed(this.settings.apply(wishes))
    this.#router.configure(this.settings.forRouter)
  }

  // The pass.

  #begin(): void {
    if (this.#isInPass) return
    this.#enter()
    this.#edges.requestTurn()
  }

  #enter(): void {
    this.#isInPass = true
    this.nowMs = this.clock.monotonicMs()
    this.#router.begin(this.nowMs)
  }

  #accept(connection: Connection): ConnectionHandler | null {
    if (this.#draining !== null) return null
    this.statistics.connections++
    const { options } = this.settings
    if (this.sessions.size >= options.maxClients) {
      this.statistics.rejected++
      connection.write(TOO_MANY_CLIENTS)
      return null
    }
    this.#lastId += this.#idStep
    const parser = new RequestParser(requestLimits(options))
    const session = new Session(this.#lastId, connection, parser, this.clock.monotonicMs(), this)
    session.routed = this.#router.open(session)
    beginAuthentication(session, this)
    this.sessions.set(session.id, session)
    return session
  }

  #forget(session: Session): void {
    if (!this.sessions.delete(session.id)) return
    this.#walks.forget(session)
    this.#pressure.forget(session)
    this.#router.close(session.routed as RouterSession)
    if (session.output !== null) this.#outputs.takeBack(session.output)
    session.output = null
  }

  #read(): void {
    this.#pressure.release(this.#router.heldBytes, this.nowMs)
    const awake = this.#awake
    this.#awake = []
    let budget = COMMANDS_PER_TURN
    for (const session of awake) {
      session.isAwake = false
      if (session.isClosed) continue
      if (budget <= 0) {
        this.wake(session)
        continue
      }
      budget -= this.#readSession(session, Math.min(budget, SESSION_COMMANDS_PER_TURN))
    }
  }

  /** Reads up to so many commands of a session; returns how many. */
  #readSession(session: Session, budget: number): number {
    const args = this.#args
    for (let count = 0; count < budget; count++) {
      if (session.isClosing) return count
      if (session.isHeldUp || this.#pressure.isHigh(this.#router.heldBytes)) {
        this.#pause(session)
        return count
      }
      const outcome = session.parser.next(args)
      if (outcome === 'command') {
        this.#command(session, args)
        continue
      }
      session.hasUnread = false
      if (outcome instanceof ProtocolError) {
        session.fail(outcome.text, this.#scratch)
        session.close()
      } else if (session.hasEnded) session.close()
      else if (this.#pressure.mustWait(session, this.#router.heldBytes, this.nowMs)) this.#pause(session)
      else this.#unpause(session)
      return count
    }
    this.wake(session)
    return budget
  }

  #pause(session: Session): void {
    // The end of a client that waits for copies is to be noticed, and only a connection that is read tells it.
    if (this.#walks.readsOn(session)) return this.#unpause(session)
    if (!session.isPaused) {
      session.isPaused = true
      session.connection.pause()
    }
    this.#pressure.paused(session, this.#router.heldBytes)
  }

  #unpause(session: Session): void {
    if (!session.isPaused) return
    session.isPaused = false
    session.connection.resume()
  }

  #command(session: Session, args: Arguments): void {
    this.statistics.commands++
    session.skipsThis = session.skipsNext
    session.skipsNext = false
    const row = lookupCommand(args)
    if (row === undefined || row.internal) {
      if (isCrossProtocolAttack(args)) this.kill(session)
      else session.fail(unknownCommandError(args), this.#scratch)
    } else if (!checkArity(row, args)) session.fail(wrongArityError(row), this.#scratch)
    else if (!session.isAuthenticated && !row.flags.includes('no_auth')) session.fail(NOAUTH, this.#scratch)
    else {
      session.lastCommand = row
      session.lastCommandAtMs = this.nowMs
      if (row.where === 'cell') {
        const slot = session.order.take(session.isSilent)
        this.#router.request(session.routed as RouterSession, slot, row, args, session.protocol)
      } else if (row.where === 'walk') {
        const fault = this.#walks.begin(session, row, args)
        if (fault !== null) session.fail(fault, this.#scratch)
      } else this.#answer(session, row, args)
    }
  }

  #answer(session: Session, row: CommandRow, args: Arguments): void {
    const answer = handlerOf(row)
    const reply = session.beginReply(this.#scratch)
    const start = reply.length
    answer(session, args, reply, this)
    session.endReply(reply, start)
    if (session.isClosing) this.soil(session)
  }

  #write(): void {
    const soiled = this.#soiled
    this.#soiled = []
    for (const session of soiled) {
      session.isSoiled = false
      if (session.isClosed) continue
      const { output, connection } = session
      if (output !== null && output.length > 0) {
        this.statistics.outputBytes += output.length
        const isFree = connection.write(output.bytes())
        if (!isFree) this.#outputs.renew(output)
      }
      if (output !== null) this.#outputs.takeBack(output)
      session.output = null
      const unread = connection.bufferedBytes
      if (unread + session.order.earlyBytes > this.settings.options.clientOutputMax) this.kill(session)
      else if (unread > CHOKE_BYTES) session.isChoked = true
      if (session.isClosing && session.order.pending === 0 && !session.isFinished) {
        session.isFinished = true
        connection.end()
      }
    }
  }

  #askToBeWoken(): void {
    const drainedMs = this.#draining?.deadlineMs ?? Number.POSITIVE_INFINITY
    const turnMs = Math.min(this.#walks.nextTurnMs, this.#pressure.nextLookMs, this.news.nextTurnMs)
    const wakeAtMs = Math.min(this.#router.nextTickMs, turnMs, drainedMs)
    if (wakeAtMs >= this.#wakeAtMs) return
    this.#wakeAtMs = wakeAtMs
    this.#edges.wakeAfter(Math.max(0, wakeAtMs - this.nowMs))
  }
}
