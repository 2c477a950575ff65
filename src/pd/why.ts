/**
 * Why a cell, or a store, is as it is: what each scheduler thinks of it, asked now, with the very functions that decide.
 */
import type { CellReport } from '../model/index.ts'
import { checkPlace } from './better-place.ts'
import { keptOut } from './choose.ts'
import { checkLoad } from './load-split.ts'
import { checkMerge } from './merge.ts'
import type { Planner } from './planner.ts'
import { type Checked, checkReplicas } from './replica.ts'
import { type Survey, unrest } from './scheduler.ts'
import type { SchedulerName } from './schedulers.ts'
import { cellScore, freeSpace, leaderScore, leadersOf } from './score.ts'

export interface Opinion {
  readonly scheduler: SchedulerName
  readonly opinion: string
}

function said(checked: Checked): string {
  return checked.wish === null ? checked.why : `wishes ${checked.wish.kind}: ${checked.wish.reason}`
}

export function whyCell(id: number, planner: Planner, nowMs: number) {
  const survey = planner.survey(nowMs)
  const { view, operators, loads } = survey
  const report = view.cell(id)
  if (report === undefined) return null
  const opinions: Opinion[] = [
    { scheduler: 'replicas', opinion: said(checkReplicas(report, survey)) },
    { scheduler: 'places', opinion: said(checkPlace(report, survey)) },
    { scheduler: 'leaders', opinion: ofLeaders(report, survey) },
    { scheduler: 'cells', opinion: unrest(report, survey) ?? ofCells(report, survey) },
    { scheduler: 'splits', opinion: ofSplits(report, survey) },
    { scheduler: 'load-splits', opinion: said(checkLoad(report, survey)) },
    { scheduler: 'hot-cells', opinion: loads.isHot(id) ? 'it carries much of its store’s load' : 'it is not hot' },
    { scheduler: 'merges', opinion: said(checkMerge(report, planner.splitTimes, survey)) },
  ]
  const operator = operators.infosUnderWay(nowMs).find(({ cell }) => cell === id) ?? null
  return { id, operator, load: loads.of(id), opinions: withPauses(opinions, planner, nowMs) }
}

function withPauses(opinions: readonly Opinion[], planner: Planner, nowMs: number): Opinion[] {
  const ready = planner.view.mayBalance(nowMs)
  return opinions.map(({ scheduler, opinion }) => {
    if (planner.paused.has(scheduler)) return { scheduler, opinion: `paused; else: ${opinion}` }
    if (scheduler !== 'replicas' && scheduler !== 'splits' && !ready) {
      return { scheduler, opinion: `waits until the whole keyspace is reported; then: ${opinion}` }
    }
    return { scheduler, opinion }
  })
}

function ofLeaders(report: CellReport, { view, influence, nowMs }: Survey): string {
  const own = report.leader.store
  const words = report.cell.peers
    .filter((peer) => peer.store !== own)
    .map((peer) => {
      if (peer.role !== 'voter') return `store ${peer.store} has a learner`
      if (!view.mayLead(peer.store, nowMs)) return `store ${peer.store} is not to lead`
      return `store ${peer.store} leads ${leadersOf(peer.store, view, influence)}`
    })
  return `store ${own}, which leads it, leads ${leadersOf(own, view, influence)}; ${words.join(', ')}`
}

function ofCells(report: CellReport, { view, influence }: Survey): string {
  const on = report.cell.peers.map(({ store }) => `${store}: ${round(cellScore(store, view, influence))}`)
  const all = [...view.stores()].map(({ report: { store } }) => cellScore(store, view, influence))
  return `scores of its stores are ${on.join(', ')}; of all, ${round(Math.min(...all))} to ${round(Math.max(...all))}`
}

function ofSplits({ sizeBytes, keys }: CellReport, { view: { settings } }: Survey): string {
  const size = Math.round((sizeBytes / settings.cellSizeBytes) * 100)
  return `it has ${size} % of the bytes, and ${Math.round((keys / settings.splitKeys) * 100)} % of the keys of a full cell`
}

export function whyStore(id: number, planner: Planner, nowMs: number) {
  const survey = planner.survey(nowMs)
  const { view, influence } = survey
  const store = view.store(id)
  if (store === undefined) return null
  const leaders = leadersOf(id, view, influence)
  const kept = keptOut(store, null, survey)
  const opinions: Opinion[] = [
    { scheduler: 'replicas', opinion: kept === null ? 'it takes new peers' : `it takes no new peers: it ${kept.why}` },
    { scheduler: 'evict-leaders', opinion: view.mayLead(id, nowMs) ? 'it may lead' : 'it is not to lead' },
    { scheduler: 'slow-stores', opinion: view.isSlow(id) ? 'it is slow' : 'it is not slow' },
    {
      scheduler: 'leaders',
      opinion: `leads ${leaders}; its score is ${round(leaderScore(leaders, id, view))}, of all ${range(
        survey,
        (other) => leaderScore(leadersOf(other, view, influence), other, view),
      )}`,
    },
    {
      scheduler: 'cells',
      opinion: `its score is ${round(cellScore(id, view, influence))}, of all ${range(survey, (other) =>
        cellScore(other, view, influence),
      )}`,
    },
  ]
  return {
    id,
    state: view.storeState(id, nowMs),
    underWay: influence.get(id) ?? null,
    pending: view.tally(id).pending,
    usedSpace: round(1 - freeSpace(store.report)),
    weights: { leaders: round(view.leaderWeight(id)), cells: round(view.cellWeight(id)) },
    opinions: withPauses(opinions, planner, nowMs),
  }
}

function range({ view, nowMs }: Survey, score: (store: number) => number): string {
  const scores = [...view.stores()]
    .filter(({ report }) => view.storeState(report.store, nowMs) === 'up')
    .map(({ report }) => score(report.store))
  return scores.length === 0 ? 'none' : `${round(Math.min(...scores))} to ${round(Math.max(...scores))}`
}

function round(value: number): number {
  return Math.round(value * 100) / 100
}
