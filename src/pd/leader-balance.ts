/**
 * Leaders in equal numbers over the stores, by weight, which is over the threads. A leader goes from a store that leads
 * much to one that leads little if even then, and with all that is under way, the first would lead more. With many cells
 * only a few are looked at in one go, from both ends: a store that is new has few peers that could lead.
 */
import type { CellReport } from '../model/index.ts'
import { peerOn } from '../model/index.ts'
import { transferTo, type Wish } from './operator.ts'
import { type Survey, samplePlaces } from './scheduler.ts'
import { leaderScore, leadersOf } from './score.ts'

/**
 * Half a leader from each side: a gap of one is left, and a gap of two is closed. More would not be safer, as a transfer
 * across a gap of two is never taken back.
 */
const TOLERANCE_MIN = 0.5
/** Stores that are tried from either end before the rest is left to the next time. */
const STORES_TRIED = 8

interface Standing {
  readonly store: number
  readonly leaders: number
}

export function balanceLeaders(survey: Survey): Wish[] {
  const { view, operators, influence, nowMs } = survey
  if (operators.roomFor('leader') === 0) return []
  const standings: Standing[] = []
  let total = 0
  for (const { report } of view.stores()) {
    if (view.storeState(report.store, nowMs) !== 'up') continue
    const leaders = leadersOf(report.store, view, influence)
    total += leaders
    standings.push({ store: report.store, leaders })
  }
  const tolerance = Math.max(TOLERANCE_MIN, (view.settings.leaderTolerance * total) / standings.length)
  const score = ({ store, leaders }: Standing) => leaderScore(leaders, store, view)
  standings.sort((a, b) => score(b) - score(a) || a.store - b.store)
  const takers = standings.filter(({ store }) => view.mayLead(store, nowMs) && view.leaderWeight(store) > 0).reverse()
  const tries = Math.min(STORES_TRIED, standings.length)
  for (let i = 0; i < tries; i++) {
    const giver = standings[i] as Standing
    const taker = takers[i]
    const wish = fromGiver(giver, takers, tolerance, survey) ?? (taker && toTaker(taker, standings, tolerance, survey))
    if (wish) return [wish]
  }
  return []
}

function isWorth(giver: Standing, taker: Standing, tolerance: number, { view }: Survey): boolean {
  const given = leaderScore(giver.leaders - tolerance, giver.store, view)
  return given > leaderScore(taker.leaders + tolerance, taker.store, view)
}

function fromGiver(giver: Standing, takers: readonly Standing[], tolerance: number, survey: Survey): Wish | null {
  const { view, random } = survey
  const [lowest] = takers
  if (lowest === undefined || !isWorth(giver, lowest, tolerance, survey)) return null
  const { leaders } = view.tally(giver.store)
  let best: { report: CellReport; taker: Standing } | null = null
  for (const place of samplePlaces(leaders.size, view.settings.balanceTries, random)) {
    const report = view.cell(leaders.at(place))
    if (report === undefined || !isFree(report, survey)) continue
    for (const taker of takers) {
      // From the lowest up: the first that this cell can go to is the best for it.
      if (best !== null && taker.leaders >= best.taker.leaders) break
      if (!isWorth(giver, taker, tolerance, survey)) break
      if (canLead(report, taker.store, survey)) best = { report, taker }
    }
  }
  return best === null ? null : transfer(best.report, giver, best.taker)
}

function toTaker(taker: Standing, standings: readonly Standing[], tolerance: number, survey: Survey): Wish | null {
  const { view, random } = survey
  const [highest] = standings
  if (highest === undefined || !isWorth(highest, taker, tolerance, survey)) return null
  const { cells } = view.tally(taker.store)
  for (const place of samplePlaces(cells.size, view.settings.balanceTries, random)) {
    const report = view.cell(cells.at(place))
    if (report === undefined || !isFree(report, survey) || !canLead(report, taker.store, survey)) continue
    const giver = standings.find(({ store }) => store === report.leader.store)
    if (giver !== undefined && isWorth(giver, taker, tolerance, survey)) return transfer(report, giver, taker)
  }
  return null
}

/** What carries much load is where it is for that. */
function isFree(report: CellReport, { operators, loads }: Survey): boolean {
  return operators.of(report.cell.id) === undefined && !report.joint && !loads.isHot(report.cell.id)
}

function canLead(report: CellReport, store: number, { view }: Survey): boolean {
  const peer = peerOn(report.cell, store)
  return peer?.role === 'voter' && peer.id !== report.leader.id && !view.isPending(report, peer)
}

function transfer(report: CellReport, giver: Standing, taker: Standing): Wish {
  return {
    kind: 'transfer-leader',
    class: 'leader',
    cell: report.cell.id,
    reason: `store ${giver.store} leads ${giver.leaders} cells, store ${taker.store} leads ${taker.leaders}`,
    steps: [transferTo(taker.store)],
  }
}
