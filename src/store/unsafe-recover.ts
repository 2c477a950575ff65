/**
 * A cell of which a majority of copies is gone for good goes on with one of those that are left, by order of a person.
 *
 * Phases: asked which copies are left of cells that are stuck → told which one is to go on → if that is so still, Raft is told
 * that it is the only voter → it leads, commits and applies what its log holds → its configuration is that, with a version
 * that none of the lost could reach → its state is written and flushed → answered.
 *
 * What may be lost: entries that only the lost copies had. What may come to be: entries that this one had and that were
 * never acknowledged. Who was told *done* may be wrong after this, which is why nobody does it but by order.
 *
 * Until the state is flushed, a power cut takes the configuration back to the one that is stuck. Nothing that was acknowledged
 * meanwhile is lost by that, for the log has it: the order is to be given again. PD's orders are not obeyed before: changes of
 * members made on this configuration would mean nothing on that one, and those they added would be members of another cell.
 *
 * What the log holds is applied as it would have been: splits and merges, too, for what is behind them rests on them, unless
 * the source of a merge is known here to have gone on (`absorb.ts`): then those that are lost had refused it. But
 * changes of members only raise the version: they name copies that are gone. A child that is born so has copies on the lost
 * stores, and is stuck in its turn: the order is to be given again. Other copies that are left are no members now: they ask
 * PD, and are told (`membership.ts`).
 */
import type { Ref } from '../actor/index.ts'
import type {
  Peer as Member,
  OpsMessage,
  Recovered,
  Recovery,
  RecoveryOutcome,
  RecoveryWanted,
  Survivor,
  SurvivorsWanted,
} from '../model/index.ts'
import type { Peer } from './peer.ts'
import type { Stores } from './stores.ts'

/** More changes of members than lost copies can have seen beyond what is known here. */
const CONF_VER_STEP = 1000

interface Request {
  readonly message: RecoveryWanted
  readonly outcomes: RecoveryOutcome[]
}

interface Job {
  readonly peer: Peer
  readonly request: Request
  readonly confVer: number
  phase: 'commits' | 'writes' | 'written'
}

export class UnsafeRecoveries {
  readonly #stores: Stores
  readonly #named: (origin: string) => Ref<OpsMessage>
  #jobs: Job[] = []

  constructor(stores: Stores, named: (origin: string) => Ref<OpsMessage>) {
    this.#stores = stores
    this.#named = named
  }

  take(message: SurvivorsWanted | RecoveryWanted): void {
    if (message.kind === 'survivorsWanted') this.#tell(message)
    else this.#begin(message)
  }

  #tell({ origin, request, lost, cells }: SurvivorsWanted): void {
    const gone = new Set(lost)
    const wanted = cells === null ? null : new Set(cells)
    const survivors: Survivor[] = []
    for (const peer of this.#stores.peers()) {
      if (peer.destroyed || !peer.initialized) continue
      const isStuck = isStuckWithout(peer, gone)
      if (wanted === null ? isStuck : wanted.has(peer.cell.id)) survivors.push(survivorOf(peer, isStuck))
    }
    const { executor } = this.#stores
    this.#named(origin).tell({ kind: 'survivors', request, executor, survivors })
  }

  #begin(message: RecoveryWanted): void {
    // It goes to all executors: each has its part.
    const own = message.recoveries.filter(({ store }) => this.#stores.stores.has(store))
    const request: Request = { message: { ...message, recoveries: own }, outcomes: [] }
    const lost = new Set(message.lost)
    for (const recovery of own) {
      const peer = this.#stores.peer(recovery.store, recovery.cell)
      const refused = this.#refusal(peer, recovery, lost)
      if (refused !== null) {
        request.outcomes.push({ cell: recovery.cell, store: recovery.store, refused })
        continue
      }
      this.#jobs.push({ peer: peer as Peer, request, confVer: recovery.confVer, phase: 'commits' })
      this.#goOnAlone(peer as Peer)
    }
    this.#answerIfDone(request)
  }

  get isIdle(): boolean {
    return this.#jobs.length === 0
  }

  /** Called each tick. */
  tick(): void {
    if (this.#jobs.length === 0) return
    for (const job of this.#jobs) {
      if (job.peer.destroyed) {
        job.request.outcomes.push(outcomeOf(job.peer, 'it was removed'))
        this.#end(job)
      } else if (job.phase === 'commits') this.#commit(job)
    }
    for (const store of this.#stores.stores.values()) {
      const written = this.#jobs.filter((job) => job.peer.store === store && job.phase === 'written')
      if (written.length === 0 || store.flushing) continue
      this.#stores.flushes.flush(store, () => {
        for (const job of written) {
          if (!this.#jobs.includes(job)) continue
          job.peer.forcedUpTo = 0
          this.#stores.heartbeats.due(job.peer)
          job.request.outcomes.push(outcomeOf(job.peer, null))
          this.#end(job)
        }
      })
    }
  }

  #refusal(peer: Peer | undefined, { peer: id }: Recovery, lost: ReadonlySet<number>): string | null {
    if (peer === undefined || peer.id !== id || peer.destroyed) return 'that copy is not there any more'
    if (!peer.initialized || peer.snapshotIn?.installing) return 'its data is not whole'
    if (peer.bornOf !== null) return 'what it was born with is not written yet: give the order again'
    if (peer.forcedUpTo !== 0) return 'it is under way'
    if (!isStuckWithout(peer, lost)) return 'a majority of its cell is not lost'
    return null
  }

  #goOnAlone(peer: Peer): void {
    const stores = this.#stores
    const { cell, id, node, store } = peer
    stores.log('warn', 'by order, one copy goes on alone: what only the lost copies had is lost', {
      cell: cell.id,
      store: store.id,
      index: node.lastIndex,
    })
    stores.snapshots.cancel(peer)
    stores.splits.cancel(peer)
    stores.sleep.takeBack(peer)
    stores.sleep.wake(peer)
    peer.leaderContactMs = Number.NEGATIVE_INFINITY
    peer.forcedUpTo = node.lastIndex
    node.forceConfiguration(aloneIn(id))
    node.campaign()
    stores.touch(peer)
  }

  /** When all that the log holds is applied, its own first entry as a leader with it, it is what it was told to be. */
  #commit(job: Job): void {
    const { peer, confVer } = job
    const { node, cell, id, store } = peer
    if (!node.isLeader) {
      // What is committed and not applied yet holds an election back.
      if (!peer.node.hasReady()) node.campaign()
      this.#stores.touch(peer)
      return
    }
    if (peer.leadTerm !== node.term || peer.applied < peer.termStart) return
    const self: Member = { id, store: store.id, role: 'voter' }
    const epoch = { version: cell.epoch.version, confVer: Math.max(confVer, cell.epoch.confVer) + CONF_VER_STEP }
    peer.confState = aloneIn(id)
    peer.cell = { ...cell, epoch, peers: [self] }
    job.phase = 'writes'
    this.#stores.writeBack.force(peer, () => {
      job.phase = 'written'
    })
  }

  #end(job: Job): void {
    this.#jobs = this.#jobs.filter((other) => other !== job)
    this.#answerIfDone(job.request)
  }

  #answerIfDone({ message, outcomes }: Request): void {
    if (outcomes.length < message.recoveries.length) return
    const { executor } = this.#stores
    const answer: Recovered = { kind: 'recovered', request: message.request, executor, outcomes }
    this.#named(message.origin).tell(answer)
  }
}

function aloneIn(id: number) {
  return { voters: [id], votersOutgoing: [], learners: [], learnersNext: [], autoLeave: false }
}

function outcomeOf({ cell, store }: Peer, refused: string | null): RecoveryOutcome {
  return { cell: cell.id, store: store.id, refused }
}

/** Half of its voters, or more, of either half of a joint configuration, are on these stores. */
function isStuckWithout(peer: Peer, lost: ReadonlySet<number>): boolean {
  const { voters, votersOutgoing } = peer.confState
  return [voters, votersOutgoing].some((half) => {
    const gone = half.filter((id) => lost.has(peer.storeOf(id))).length
    return gone > 0 && (half.length - gone) * 2 <= half.length
  })
}

function survivorOf(peer: Peer, isStuck: boolean): Survivor {
  const { cell, store, id, node, applied, keys, sizeBytes } = peer
  const { lastIndex, committed } = node
  const lastTerm = node.termAt(lastIndex)
  return { cell, store: store.id, peer: id, lastTerm, lastIndex, committed, applied, keys, sizeBytes, isStuck }
}
