/**
 * Recovery of cells that have lost a majority for good, by order of a person: the rounds of questions.
 *
 * Phases: every executor that has stores is asked which copies of stuck cells are left → and which copies there are of
 * those cells at all → a plan, which is shown → (with the order, the same again, and then) each copy that is to go on is
 * told so → answered when all are, for good. One of them that does not answer ends it: its stores may hold what is looked for.
 */
import type { ActorContext } from '../actor/index.ts'
import {
  actorNames,
  type OpsMessage,
  type Recovered,
  type RecoveryOutcome,
  type StoresMessage,
  type Survivor,
  type Survivors,
} from '../model/index.ts'
import { planRecovery, type RecoveredCell, recoveryOf } from './recovery-plan.ts'

/** What the main thread knows of its stores. */
export interface StoresKnown {
  /** Lost for good: they are never opened again. */
  lost(): readonly number[]
  /** Executors that have stores. */
  executors(): readonly number[]
}

export interface RecoveryAnswer {
  readonly lost: readonly number[]
  readonly cells: readonly RecoveredCell[]
  /** Null: it was only asked. */
  readonly outcomes: readonly RecoveryOutcome[] | null
  /** Why nothing was done; null: it was, or was not asked for. */
  readonly refused: string | null
}

type Done = (answer: RecoveryAnswer | null) => void
type Answer = Survivors | Recovered

/** To be flushed may take an engine seconds. */
const ANSWER_WITHIN_MS = 30_000

interface Round {
  left: number
  readonly answers: Answer[]
  readonly done: (answers: readonly Answer[] | null) => void
}

export class RecoveryDesk {
  readonly #ctx: ActorContext<OpsMessage>
  readonly #known: StoresKnown
  readonly #rounds = new Map<number, Round>()
  #request = 0

  constructor(ctx: ActorContext<OpsMessage>, known: StoresKnown) {
    this.#ctx = ctx
    this.#known = known
  }

  /** @param given null: only the plan is wanted; else the stores that whoever gives the order believes to be lost */
  recover(given: readonly unknown[] | null, done: Done): void {
    if (given === null) {
      this.#plan(done)
      return
    }
    const lost = this.#known.lost()
    if (isSame(given, lost)) this.#order(done)
    else {
      const refused = `the stores that are lost are ${lost.join(', ') || 'none'}, and not ${given.join(', ') || 'none'}`
      done({ lost, cells: [], outcomes: null, refused })
    }
  }

  #plan(done: Done): void {
    const lost = this.#known.lost()
    if (lost.length === 0) {
      done({ lost, cells: [], outcomes: null, refused: null })
      return
    }
    this.#survivors(lost, null, (stuck) => {
      if (stuck === null) return done(null)
      const cells = [...new Set(stuck.map(({ cell }) => cell.id))]
      return this.#survivors(lost, cells, (survivors) =>
        done(survivors && { lost, cells: planRecovery(survivors, lost), outcomes: null, refused: null }),
      )
    })
  }

  #order(done: Done): void {
    this.#plan((plan) => {
      if (plan === null || plan.cells.length === 0) return done(plan && { ...plan, outcomes: [] })
      const recoveries = plan.cells.map(recoveryOf)
      const ask = (request: number): StoresMessage => {
        // Each does what is for its own stores; of another's it knows nothing, and says nothing.
        return { kind: 'recoveryWanted', origin: actorNames.ops, request, lost: plan.lost, recoveries }
      }
      return this.#round(ask, (answers) => {
        const outcomes = answers?.flatMap((answer) => (answer.kind === 'recovered' ? answer.outcomes : []))
        done(outcomes === undefined ? null : { ...plan, outcomes })
      })
    })
  }

  answered(answer: Answer): void {
    const round = this.#rounds.get(answer.request)
    if (round === undefined) return
    round.answers.push(answer)
    if (--round.left === 0) this.#end(answer.request, round.answers)
  }

  expired(request: number): void {
    this.#end(request, null)
  }

  close(): void {
    for (const request of [...this.#rounds.keys()]) this.#end(request, null)
  }

  #survivors(
    lost: readonly number[],
    cells: readonly number[] | null,
    done: (survivors: Survivor[] | null) => void,
  ): void {
    const ask = (request: number): StoresMessage => {
      return { kind: 'survivorsWanted', origin: actorNames.ops, request, lost, cells }
    }
    this.#round(ask, (answers) =>
      done(answers?.flatMap((answer) => (answer.kind === 'survivors' ? answer.survivors : [])) ?? null),
    )
  }

  #round(ask: (request: number) => StoresMessage, done: Round['done']): void {
    const executors = this.#known.executors()
    const request = ++this.#request
    this.#rounds.set(request, { left: executors.length, answers: [], done })
    this.#ctx.after(ANSWER_WITHIN_MS, { kind: 'recoveryExpired', request })
    const message = ask(request)
    for (const executor of executors) {
      // It is between two lives, perhaps.
      if (!this.#ctx.tell(this.#ctx.named<StoresMessage>(actorNames.stores(executor)), message)) {
        this.#end(request, null)
        return
      }
    }
  }

  #end(request: number, answers: readonly Answer[] | null): void {
    const round = this.#rounds.get(request)
    if (round === undefined) return
    this.#rounds.delete(request)
    round.done(answers)
  }
}

function isSame(given: readonly unknown[], lost: readonly number[]): boolean {
  return given.length === lost.length && lost.every((store) => given.includes(store))
}
