/**
 * Looks for an order of one group's steps that explains every reply: Wing and Gong's search, with Lowe's memory of
 * configurations (set of steps taken, state) that led nowhere.
 *
 * An order is *legal* when
 *  1. a step that had returned before another was sent comes before it;
 *  2. steps of one connection come in the order sent, also when they overlap;
 *  3. every step with a known reply is in it, and its reply fits;
 *  4. a step of unknown fate is in it at most once, not before it was sent (by 1 and 2), or not at all.
 *
 * The search takes steps one at a time. A step may be taken next when no step that must still be taken had returned
 * before it was sent, and all earlier ones of its connection have been taken, or were of unknown fate and are given up
 * by taking it. Three observations keep it from trying what cannot matter; each loses no legal order:
 *
 *  * A *pure* step that fits now, leaves the state as it is and gives nothing up may as well be taken now: whatever
 *    order follows stays legal with it moved to the front.
 *  * A step of unknown fate is taken only for the sake of the step right after it. If that one leads to the same state
 *    without it, then it need not have been taken; if that one changes nothing and fits before it as well, it could have
 *    been taken later. An order with the fewest such steps, as late as can be, has neither.
 *  * Steps that returned first are tried first; steps of unknown fate last.
 */
import type { GroupState, StateTable } from './model.ts'
import { type Group, type Step, successors } from './partition.ts'

export type SearchResult =
  | { readonly kind: 'legal'; readonly configurations: number }
  | { readonly kind: 'illegal'; readonly configurations: number; readonly stuck: Stuck }
  /** There were more configurations than permitted; nothing is known. */
  | { readonly kind: 'undecided'; readonly configurations: number }

/** The longest order that was found, for people to start from. */
export interface Stuck {
  readonly taken: number
  readonly of: number
  /** The last steps of that order. */
  readonly last: readonly Step[]
  readonly state: GroupState
  /** Steps that could have come next in time; none fits, or none leads on. */
  readonly next: readonly Step[]
}

const LAST_SHOWN = 8
/** More would fill the heap where hundreds of steps could come next; what is forgotten is found again. */
const REACHED_MAX = 500_000

interface Frame {
  readonly state: GroupState
  /** The step that led here, −1 at the root. */
  readonly taken: number
  /** When `taken` is of unknown fate: the state before it. */
  readonly before: GroupState | null
  /** How far the chain of `taken` was, for undoing it. */
  readonly chainBefore: number
  readonly candidates: number[]
  at: number
  found: GroupState[] | null
  foundAt: number
}

export class Search {
  readonly #steps: readonly Step[]
  readonly #states: StateTable
  readonly #configurationsMax: number
  /** Connection of each step, numbered from 0, and the step's place among its connection's. */
  readonly #chain: Int32Array
  readonly #place: Int32Array
  /** The step before it on its connection that must be taken, −1 if there is none; and the step of unknown fate before it. */
  readonly #mandatoryBefore: Int32Array
  readonly #optionalBefore: Int32Array
  /** By connection: the place of the last step taken. What is of unknown fate at or below it is given up or used. */
  readonly #chainTaken: Int32Array
  readonly #taken: Uint8Array
  /** Steps that must be taken, by the time of sending and by the time of return; and how far each list is used up. */
  readonly #mandatory: Int32Array
  readonly #byReturn: Int32Array
  readonly #mandatoryPlaces: Int32Array
  readonly #returnPlaces: Int32Array
  #mandatoryFrom = 0
  #returnFrom = 0
  readonly #optional: Int32Array
  readonly #optionalTaken: number[] = []
  #left: number
  readonly #seen = new Set<string>()
  /** By state and step. */
  readonly #known = new Map<GroupState, Map<number, GroupState[]>>()
  #knownCount = 0
  readonly #frames: Frame[] = []
  #stuck: Stuck | null = null
  #deepest = -1

  constructor(group: Group, states: StateTable, configurationsMax: number) {
    const steps = group.steps
    this.#steps = steps
    this.#states = states
    this.#configurationsMax = configurationsMax
    this.#chain = new Int32Array(steps.length)
    this.#place = new Int32Array(steps.length)
    this.#mandatoryBefore = new Int32Array(steps.length).fill(-1)
    this.#optionalBefore = new Int32Array(steps.length).fill(-1)
    this.#taken = new Uint8Array(steps.length)
    const chains = new Map<number, number[]>()
    for (let i = 0; i < steps.length; i++) {
      const { connection } = (steps[i] as Step).operation
      const chain = chains.get(connection)
      if (chain === undefined) chains.set(connection, [i])
      else chain.push(i)
    }
    let number = 0
    for (const chain of chains.values()) {
      chain.sort((a, b) => (steps[a] as Step).operation.sequence - (steps[b] as Step).operation.sequence)
      let mandatory = -1
      let optional = -1
      for (let place = 0; place < chain.length; place++) {
        const i = chain[place] as number
        this.#chain[i] = number
        this.#place[i] = place
        this.#mandatoryBefore[i] = mandatory
        this.#optionalBefore[i] = optional
        if ((steps[i] as Step).optional) optional = i
        else mandatory = i
      }
      number++
    }
    this.#chainTaken = new Int32Array(number).fill(-1)
    const indices = [...steps.keys()]
    this.#mandatory = Int32Array.from(indices.filter((i) => !(steps[i] as Step).optional))
    this.#optional = Int32Array.from(indices.filter((i) => (steps[i] as Step).optional))
    this.#byReturn = this.#mandatory
      .slice()
      .sort((a, b) => (steps[a] as Step).returnedAt - (steps[b] as Step).returnedAt)
    this.#mandatoryPlaces = placesOf(this.#mandatory, steps.length)
    this.#returnPlaces = placesOf(this.#byReturn, steps.length)
    this.#left = this.#mandatory.length
  }

  run(): SearchResult {
    if (this.#left === 0) return { kind: 'legal', configurations: 0 }
    this.#push(this.#states.empty, -1, null, -1)
    while (this.#frames.length > 0) {
      const frame = this.#frames[this.#frames.length - 1] as Frame
      const step = this.#nextStep(frame)
      if (step === -1) {
        this.#frames.pop()
        if (frame.taken !== -1) this.#release(frame.taken, frame.chainBefore)
        continue
      }
      const state = (frame.found as GroupState[])[frame.foundAt++] as GroupState
      const chain = this.#chain[step] as number
      const chainBefore = this.#chainTaken[chain] as number
      this.#take(step)
      if (this.#left === 0) return { kind: 'legal', configurations: this.#seen.size }
      const before = (this.#steps[step] as Step).optional ? frame.state : null
      const name = this.#configuration(state, before)
      if (this.#seen.has(name)) {
        this.#release(step, chainBefore)
        continue
      }
      if (this.#seen.size >= this.#configurationsMax) return { kind: 'undecided', configurations: this.#seen.size }
      this.#seen.add(name)
      this.#push(state, step, before, chainBefore)
    }
    return { kind: 'illegal', configurations: this.#seen.size, stuck: this.#stuck as Stuck }
  }

  /** The next candidate of this frame that leads to a state not tried yet, which is `found[foundAt]`; −1 when there is none. */
  #nextStep(frame: Frame): number {
    while (frame.at < frame.candidates.length) {
      const candidate = frame.candidates[frame.at] as number
      frame.found ??= this.#successors(candidate, frame.state, frame.before, frame.taken)
      if (frame.foundAt < frame.found.length) return candidate
      frame.at++
      frame.found = null
      frame.foundAt = 0
    }
    return -1
  }

  /** Where `candidate` leads, without what could as well be reached with `optional`, taken last, left out or taken later. */
  #successors(candidate: number, state: GroupState, before: GroupState | null, optional: number): GroupState[] {
    const step = this.#steps[candidate] as Step
    let found = this.#reached(candidate, state)
    if (step.optional) found = found.filter((next) => next !== state)
    if (before === null || found.length === 0) return found
    const without = this.#reached(candidate, before)
    const sameChain = this.#chain[candidate] === this.#chain[optional]
    const couldComeFirst = !sameChain && without.includes(before)
    return found.filter((next) => !without.includes(next) && !(couldComeFirst && next === state))
  }

  /** Other orders come to the same states: what a step makes of one is found once. */
  #reached(candidate: number, state: GroupState): GroupState[] {
    const before = this.#known.get(state)?.get(candidate)
    if (before !== undefined) return before
    if (this.#knownCount >= REACHED_MAX) {
      this.#known.clear()
      this.#knownCount = 0
    }
    const found = successors(this.#steps[candidate] as Step, state, this.#states)
    const known = this.#known.get(state)
    if (known === undefined) this.#known.set(state, new Map([[candidate, found]]))
    else known.set(candidate, found)
    this.#knownCount++
    return found
  }

  #push(state: GroupState, taken: number, before: GroupState | null, chainBefore: number): void {
    const candidates = this.#candidates()
    const depth = this.#mandatory.length - this.#left
    if (depth > this.#deepest) {
      this.#deepest = depth
      this.#remember(state, taken, depth, candidates)
    }
    let frame: Frame = { state, taken, before, chainBefore, candidates, at: 0, found: null, foundAt: 0 }
    for (const candidate of candidates) {
      const step = this.#steps[candidate] as Step
      if (!step.pure || step.optional || this.#givesUp(candidate)) continue
      const found = this.#successors(candidate, state, before, taken)
      if (found.length === 1 && found[0] === state) {
        frame = { ...frame, candidates: [candidate], found }
        break
      }
    }
    this.#frames.push(frame)
  }

  /** Taking this step would give up a step of unknown fate that is still open. */
  #givesUp(candidate: number): boolean {
    const optional = this.#optionalBefore[candidate] as number
    return (
      optional !== -1 &&
      (this.#chainTaken[this.#chain[candidate] as number] as number) < (this.#place[optional] as number)
    )
  }

  #candidates(): number[] {
    const steps = this.#steps
    const firstReturn = (steps[this.#byReturn[this.#returnFrom] as number] as Step).returnedAt
    const candidates: number[] = []
    for (let at = this.#mandatoryFrom; at < this.#mandatory.length; at++) {
      const i = this.#mandatory[at] as number
      if ((steps[i] as Step).invokedAt > firstReturn) break
      if (this.#taken[i] === 1) continue
      const before = this.#mandatoryBefore[i] as number
      if (before === -1 || this.#taken[before] === 1) candidates.push(i)
    }
    if (candidates.length > 1) candidates.sort((a, b) => (steps[a] as Step).returnedAt - (steps[b] as Step).returnedAt)
    // The latest first: what is old and not yet seen will hardly be seen now.
    for (let at = this.#optional.length - 1; at >= 0; at--) {
      const i = this.#optional[at] as number
      if ((steps[i] as Step).invokedAt > firstReturn) continue
      if ((this.#place[i] as number) <= (this.#chainTaken[this.#chain[i] as number] as number)) continue
      const before = this.#mandatoryBefore[i] as number
      if (before === -1 || this.#taken[before] === 1) candidates.push(i)
    }
    return candidates
  }

  #take(i: number): void {
    this.#taken[i] = 1
    this.#chainTaken[this.#chain[i] as number] = this.#place[i] as number
    if ((this.#steps[i] as Step).optional) {
      this.#optionalTaken.push(i)
      return
    }
    this.#left--
    while (this.#taken[this.#mandatory[this.#mandatoryFrom] as number] === 1) this.#mandatoryFrom++
    while (this.#taken[this.#byReturn[this.#returnFrom] as number] === 1) this.#returnFrom++
  }

  #release(i: number, chainBefore: number): void {
    this.#taken[i] = 0
    this.#chainTaken[this.#chain[i] as number] = chainBefore
    if ((this.#steps[i] as Step).optional) {
      this.#optionalTaken.pop()
      return
    }
    this.#left++
    // Each list is used up to its first step that is not taken.
    this.#mandatoryFrom = Math.min(this.#mandatoryFrom, this.#mandatoryPlaces[i] as number)
    this.#returnFrom = Math.min(this.#returnFrom, this.#returnPlaces[i] as number)
  }

  /** Which steps are taken, written relative to the first that is not; which of unknown fate were used and are not given up anyway; the state. */
  #configuration(state: GroupState, before: GroupState | null): string {
    let name = `${this.#mandatoryFrom}`
    const firstReturn = (this.#steps[this.#byReturn[this.#returnFrom] as number] as Step).returnedAt
    for (let at = this.#mandatoryFrom + 1; at < this.#mandatory.length; at++) {
      const i = this.#mandatory[at] as number
      if (this.#taken[i] === 1) name += `,${at - this.#mandatoryFrom}`
      else if ((this.#steps[i] as Step).invokedAt > firstReturn) break
    }
    for (const i of this.#optionalTaken) {
      if (this.#place[i] === this.#chainTaken[this.#chain[i] as number]) name += `+${i}`
    }
    return before === null ? `${name}@${state.id}` : `${name}@${state.id}<${before.id}`
  }

  #remember(state: GroupState, taken: number, depth: number, candidates: readonly number[]): void {
    const last: Step[] = taken === -1 ? [] : [this.#steps[taken] as Step]
    for (let at = this.#frames.length - 1; at >= 0 && last.length < LAST_SHOWN; at--) {
      const i = (this.#frames[at] as Frame).taken
      if (i !== -1) last.unshift(this.#steps[i] as Step)
    }
    this.#stuck = {
      taken: depth,
      of: this.#mandatory.length,
      last,
      state,
      next: candidates.map((i) => this.#steps[i] as Step),
    }
  }
}

function placesOf(order: Int32Array, count: number): Int32Array {
  const places = new Int32Array(count).fill(-1)
  for (let place = 0; place < order.length; place++) places[order[place] as number] = place
  return places
}
