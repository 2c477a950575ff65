/**
 * Keeps every cell at its number of copies. Each round looks at one cell and wishes one small operator; what is left to
 * do shows again in the next round, so a restart of PD in the middle loses nothing. Order of the cases:
 *
 *   led by a store to empty  another one leads
 *   joint                    it is about to be left: what it will be then is not known yet
 *   too few healthy voters   a learner that is there is promoted, or one is added first; if there is a peer on a store that
 *                            is gone, the learner takes its place
 *   a peer on a store gone   is removed where enough healthy ones are there
 *   a learner left over      is removed
 *   too many voters          the one that is missed least is removed
 */
import type { CellReport, Peer } from '../model/index.ts'
import { chooseStore, isolationOf } from './choose.ts'
import { NEW_PEER, type Step, successorOf, transferTo, type Wish } from './operator.ts'
import type { Survey } from './scheduler.ts'
import type { View } from './view.ts'

export type Checked = { readonly wish: Wish } | { readonly wish: null; readonly why: string }

export function checkReplicas(report: CellReport, survey: Survey): Checked {
  const { view, nowMs } = survey
  const { replicas } = view.settings
  const { peers } = report.cell
  if (report.joint) return { wish: null, why: 'a change of its members is under way' }
  const gone = peers.filter((peer) => view.isPeerGone(report, peer, nowMs))
  const healthy = peers.filter((peer) => !gone.includes(peer))
  const voters = healthy.filter((peer) => peer.role === 'voter')
  const learners = healthy.filter((peer) => peer.role === 'learner')

  if (view.storeState(report.leader.store, nowMs) === 'offline') {
    const successor = successorOf(report, view, nowMs)
    if (successor !== null) {
      const steps = [transferTo(successor.store)]
      const reason = `store ${report.leader.store} is offline`
      return { wish: { kind: 'transfer-leader', class: 'replica', cell: report.cell.id, reason, steps } }
    }
  }
  if (voters.length < replicas) return addOne(report, survey, voters.length, learners, gone)

  const dead = gone[0]
  if (dead !== undefined) {
    return remove(report, view, nowMs, dead, whyGone(dead, view, nowMs))
  }
  const leftOver = learners[0]
  if (leftOver !== undefined) return remove(report, view, nowMs, leftOver, 'a learner is left over')
  if (voters.length > replicas) {
    return remove(
      report,
      view,
      nowMs,
      leastMissed(report, voters, view, nowMs),
      `${voters.length} voters, ${replicas} wanted`,
    )
  }
  return { wish: null, why: 'it has what it should have' }
}

function whyGone(peer: Peer, view: View, nowMs: number): string {
  const state = view.storeState(peer.store, nowMs)
  return view.isGone(peer.store, nowMs) ? `store ${peer.store} is ${state}` : `its peer on store ${peer.store} is down`
}

function addOne(
  report: CellReport,
  survey: Survey,
  voters: number,
  learners: readonly Peer[],
  gone: readonly Peer[],
): Checked {
  const { view, nowMs } = survey
  const { replicas } = view.settings
  const reason = `${voters} of ${replicas} voters are healthy`
  const cell = report.cell.id
  // Whose place is taken; one that leads, on a store that is being emptied, and cannot hand over, keeps its own for now.
  // What is dead goes before what is only being emptied.
  const removable = gone.filter((peer) => peer.role === 'voter' && peer.id !== report.leader.id)
  const removed = removable.find((peer) => view.storeState(peer.store, nowMs) !== 'offline') ?? removable[0]
  const joining = (store: number, peer: number): Step =>
    removed === undefined
      ? { kind: 'promoteLearner', store, peer }
      : { kind: 'replacePeer', store, peer, removed: removed.id }
  const learner = learners[0]
  if (learner !== undefined) {
    const kind = removed === undefined ? 'promote-peer' : 'replace-peer'
    const steps = [joining(learner.store, learner.id)]
    return { wish: { kind, class: 'replica', cell, reason, steps } }
  }
  const choice = chooseStore(report, survey)
  if (choice.store === null) return { wish: null, why: `${reason}, and ${choice.why}` }
  const kind = removed === undefined ? 'add-peer' : 'replace-peer'
  const steps: Step[] = [{ kind: 'addLearner', store: choice.store, peer: NEW_PEER }, joining(choice.store, NEW_PEER)]
  return { wish: { kind, class: 'replica', cell, reason, steps } }
}

function remove(report: CellReport, view: View, nowMs: number, peer: Peer, reason: string): Checked {
  const steps: Step[] = [{ kind: 'removePeer', store: peer.store, peer: peer.id }]
  if (peer.id === report.leader.id) {
    const successor = successorOf(report, view, nowMs)
    if (successor === null) return { wish: null, why: `${reason}, and no other peer can lead` }
    steps.unshift(transferTo(successor.store))
  }
  return { wish: { kind: 'remove-peer', class: 'tidy', cell: report.cell.id, reason, steps } }
}

/** One that has not caught up, else the one that isolates least, else the one on the fullest store. */
function leastMissed(report: CellReport, voters: readonly Peer[], view: View, nowMs: number): Peer {
  const rank = (peer: Peer): [number, number, number] => [
    view.isPending(report, peer) ? 0 : 1,
    isolationOf(peer, report, view, nowMs),
    -view.tally(peer.store).cells.size,
  ]
  return voters.reduce((least, peer) => {
    const a = rank(peer)
    const b = rank(least)
    const different = a.findIndex((value, i) => value !== b[i])
    return different >= 0 && (a[different] as number) < (b[different] as number) ? peer : least
  })
}
