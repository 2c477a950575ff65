/**
 * A cell that alone keeps a thread busy, while another thread has time, is cut where its commands are cut in half; its
 * child can then be led elsewhere. The leader finds the key among those that were asked for. One key that carries the load
 * by itself cannot be helped that way.
 */
import type { CellReport } from '../model/index.ts'
import type { Wish } from './operator.ts'
import type { Checked } from './replica.ts'
import { type Survey, unrest } from './scheduler.ts'
import { planSplit } from './split.ts'

export function splitLoaded(survey: Survey): Wish[] {
  if (survey.operators.roomFor('hot') === 0) return []
  const wishes: Wish[] = []
  for (const id of survey.loads.loaded()) {
    const report = survey.view.cell(id)
    if (report === undefined) continue
    const { wish } = checkLoad(report, survey)
    if (wish !== null) wishes.push(wish)
  }
  return wishes
}

export function checkLoad(report: CellReport, survey: Survey): Checked {
  const { view, loads } = survey
  const { settings } = view
  const { id } = report.cell
  const no = (why: string): Checked => ({ wish: null, why })
  if (!loads.lasts(id, 'commands', settings.loadSplitCommands)) {
    return no(`it has not had ${settings.loadSplitCommands} commands a second for ten reports`)
  }
  if (!loads.lasts(id, 'cpu', settings.loadSplitCpu)) {
    return no(`it has not taken ${settings.loadSplitCpu} of a thread for ten reports`)
  }
  const { loadByExecutor } = survey
  const executor = view.store(report.leader.store)?.report.executor ?? -1
  const own = loadByExecutor.get(executor)?.cpu ?? 0
  if (own < settings.busyCpu) return no(`thread ${executor} has time to spare itself`)
  const idler = [...loadByExecutor].find(([, load]) => load.cpu < own * settings.idlerShare)
  if (idler === undefined) return no('no other thread has time to spare')
  const { commands, cpu } = loads.of(id)
  const reason = `${Math.round(commands)} commands/s take ${Math.round(cpu * 100)} % of thread ${executor}`
  return splitForLoad(report, `${reason}, and thread ${idler[0]} has time`, survey)
}

export function splitForLoad(report: CellReport, reason: string, survey: Survey): Checked {
  const { view, loads } = survey
  const restless = unrest(report, survey)
  if (restless !== null) return { wish: null, why: restless }
  const { loadSplitCellsMax } = view.settings
  if (view.tally(report.leader.store).leaders.size >= loadSplitCellsMax) {
    return { wish: null, why: `store ${report.leader.store} leads ${loadSplitCellsMax} cells or more` }
  }
  const middle = loads.middleOf(report.cell.id)
  if (middle === undefined) return { wish: null, why: 'its leader does not know yet which keys are asked for' }
  if (middle === null) return { wish: null, why: 'no key divides its load' }
  return planSplit(report, middle, 'hot', reason, survey)
}
