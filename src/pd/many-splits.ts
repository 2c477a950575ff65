/**
 * Cuts at many keys by order of a person, and, if wished, what comes of them spread over the stores.
 *
 *   ordered    each key is remembered; one that begins a cell already is done
 *   cut        a cell that holds keys is cut at the middle one of them, so that many cuts go on at once
 *   scattered  of the cells that begin at those keys, each store leads about as many as any other
 *
 * It is not remembered over a restart of PD: what was cut stays cut, and the order can be given again.
 */
import { compareBytes, equalBytes } from '../base/index.ts'
import { type Cell, type CellReport, peerOn } from '../model/index.ts'
import { transferTo, type Wish } from './operator.ts'
import { type Survey, unrest } from './scheduler.ts'
import { planSplit } from './split.ts'

/** So long after the last cut there is nothing left to spread. */
const SCATTER_MS = 60_000
/** Keys are given up when none of them could be cut for so long. */
const GIVE_UP_MS = 120_000

export class ManySplits {
  /** Ascending. */
  #keys: Uint8Array[] = []
  /** When they were ordered, or the last of them was cut. */
  #movedMs = 0
  /** First keys of cells that are to be spread. */
  #scattered: Uint8Array[] = []
  #scatterUntilMs = 0

  /** Cells of their own begin at these keys, one day soon. Returns how many cuts that takes. */
  order(keys: readonly Uint8Array[], scatter: boolean, survey: Survey): number {
    const wanted = keys.filter((key) => !begins(key, survey.view.cellAt(key, false)))
    this.#keys = sortedWithout(this.#keys, wanted)
    this.#movedMs = survey.nowMs
    if (scatter) {
      this.#scattered = sortedWithout(this.#scattered, keys)
      this.#scatterUntilMs = survey.nowMs + SCATTER_MS
    }
    return wanted.length
  }

  get waiting(): number {
    return this.#keys.length
  }

  /** Nothing is to be cut or spread. */
  get isIdle(): boolean {
    return this.#keys.length === 0 && this.#scattered.length === 0
  }

  splits(survey: Survey): Wish[] {
    if (this.#keys.length === 0) return []
    const waiting: Uint8Array[] = []
    const byCell = new Map<number, Uint8Array[]>()
    for (const key of this.#keys) {
      const cell = survey.view.cellAt(key, false)
      if (begins(key, cell)) continue
      waiting.push(key)
      if (cell === undefined) continue
      const held = byCell.get(cell.id)
      if (held === undefined) byCell.set(cell.id, [key])
      else held.push(key)
    }
    // As long as cuts are made, those that wait for their turn are not given up.
    if (waiting.length < this.#keys.length) this.#movedMs = survey.nowMs
    this.#keys = waiting
    if (this.#scattered.length > 0) this.#scatterUntilMs = survey.nowMs + SCATTER_MS
    if (survey.nowMs - this.#movedMs >= GIVE_UP_MS) {
      this.#keys = []
      return []
    }
    const wishes: Wish[] = []
    for (const [cell, keys] of byCell) {
      const report = survey.view.cell(cell)
      if (report === undefined) continue
      const key = keys[keys.length >>> 1] as Uint8Array
      const { wish } = planSplit(report, key, 'split', `one of ${keys.length} keys to cut it at, by order`, survey)
      if (wish !== null) wishes.push(wish)
    }
    return wishes
  }

  /** Moves of leaders of those cells, while one store leads more of them than another by two. */
  readonly scatter = (survey: Survey): Wish[] => {
    if (this.#scattered.length === 0 || this.#keys.length > 0) return []
    if (survey.nowMs >= this.#scatterUntilMs) {
      this.#scattered = []
      return []
    }
    const { view, operators, nowMs } = survey
    const led = new Map<number, CellReport[]>()
    for (const { report } of view.stores()) if (view.mayLead(report.store, nowMs)) led.set(report.store, [])
    for (const key of this.#scattered) {
      const report = view.cell(view.cellAt(key, false)?.id ?? 0)
      if (report === undefined) continue
      // What is on its way counts as done: several moves that are decided on one world would swing to and fro.
      led.get(operators.successorOf(report.cell.id) ?? report.leader.store)?.push(report)
    }
    const stores = [...led.keys()].sort((a, b) => count(led, b) - count(led, a) || a - b)
    for (const giver of stores) {
      for (const taker of [...stores].reverse()) {
        if (count(led, giver) - count(led, taker) < 2) break
        const report = led.get(giver)?.find((cell) => peerOn(cell.cell, taker) && unrest(cell, survey) === null)
        if (report === undefined) continue
        const reason = `store ${giver} leads ${count(led, giver)} cells of a cut by hand, store ${taker} ${count(led, taker)}`
        const steps = [transferTo(taker)]
        return [{ kind: 'transfer-leader', class: 'leader', cell: report.cell.id, reason, steps }]
      }
    }
    return []
  }
}

function count(led: ReadonlyMap<number, readonly CellReport[]>, store: number): number {
  return led.get(store)?.length ?? 0
}

function begins(key: Uint8Array, cell: Cell | undefined): boolean {
  return cell !== undefined && equalBytes(cell.start, key)
}

function sortedWithout(held: readonly Uint8Array[], added: readonly Uint8Array[]): Uint8Array[] {
  const all = [...held, ...added].sort(compareBytes)
  return all.filter((key, i) => i === 0 || !equalBytes(key, all[i - 1] as Uint8Array))
}
