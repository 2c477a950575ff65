import type { Random } from '../base/index.ts'
import type { CellReport } from '../model/index.ts'
import type { Load, Loads } from './loads.ts'
import type { Wish } from './operator.ts'
import type { Influence, Operators } from './operators.ts'
import type { View } from './view.ts'

/**
 * What a scheduler looks at. It changes nothing: it returns wishes. Sums are made for whoever asks first and then held, so
 * a survey is good until the next wish is taken up.
 */
export class Survey {
  readonly view: View
  readonly operators: Operators
  readonly loads: Loads
  readonly nowMs: number
  readonly random: Random
  #influence: ReadonlyMap<number, Influence> | null = null
  #loadByExecutor: ReadonlyMap<number, Load> | null = null

  constructor(given: Pick<Survey, 'view' | 'operators' | 'loads' | 'nowMs' | 'random'>) {
    this.view = given.view
    this.operators = given.operators
    this.loads = given.loads
    this.nowMs = given.nowMs
    this.random = given.random
  }

  /** What operators under way will still change, by store. */
  get influence(): ReadonlyMap<number, Influence> {
    this.#influence ??= this.operators.influence(this.view)
    return this.#influence
  }

  get loadByExecutor(): ReadonlyMap<number, Load> {
    this.#loadByExecutor ??= this.loads.byExecutor(this.view, this.operators, this.nowMs)
    return this.#loadByExecutor
  }
}

/** One kind of balance, in one file. A wish that is not taken up is derived again. */
export type Scheduler = (survey: Survey) => Wish[]

/** At rest and whole: what is missing, behind or in motion is the replica checker's to mend first. Else: what is the matter. */
export function unrest(report: CellReport, { view, operators, nowMs }: Survey): string | null {
  const operator = operators.of(report.cell.id)
  if (operator !== undefined) return `operator ${operator.id} (${operator.kind}) is under way`
  if (report.joint) return 'a change of its members is under way'
  const { peers } = report.cell
  if (peers.length !== view.settings.replicas) return `it has ${peers.length} peers of ${view.settings.replicas}`
  for (const peer of peers) {
    if (peer.role !== 'voter') return `its peer on store ${peer.store} is a learner`
    if (view.isPending(report, peer)) return `its peer on store ${peer.store} has not caught up`
    const state = view.storeState(peer.store, nowMs)
    if (state !== 'up') return `store ${peer.store} is ${state}`
  }
  return null
}

/** Some of `size` places: all of them while they are few, else as many as are to be tried, by chance. */
export function* samplePlaces(size: number, tries: number, random: Random): Generator<number> {
  if (size <= tries * 4) {
    const first = size === 0 ? 0 : random.below(size)
    for (let i = 0; i < size; i++) yield (first + i) % size
  } else for (let i = 0; i < tries; i++) yield random.below(size)
}
