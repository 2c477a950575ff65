import { assert, LazyMap } from '../base/index.ts'

/** Rounds whose time of leaving is remembered; an answer to an older one confirms nothing. */
const ROUNDS = 64
/** What leaves so soon after a round began is of the same round, so that all rounds remembered last for two leases. */
const ROUND_PART_OF_LEASE = 2 / ROUNDS

/** One for all leases of the thread: quorums are counted in one go, and the result is a number. */
const scratch: number[] = []

/**
 * The leader's lease (rule 12). Messages leave for the followers in rounds with a number, which travels with them and
 * comes back with the answers. When a quorum has answered rounds up to r, nobody else can be
 * elected for a while after round r left, for each of them refuses votes that long.
 *
 * Times are monotonic milliseconds of this machine, which all its threads share.
 */
export class Lease {
  /** Until when; 0: never held in this term. */
  untilMs = 0
  round = 0
  readonly #durationMs: number
  /** Only of a leader that is awake. */
  #leftAtMs: Float64Array | null = null
  readonly #answered = new LazyMap<number, number>()
  #given = false

  /** @param durationMs how long after a round left no other leader can be elected */
  constructor(durationMs: number) {
    this.#durationMs = durationMs
  }

  /** A new term of leadership: nothing is confirmed yet. */
  begin(): void {
    this.rest()
    this.#given = false
  }

  /** Before a transfer tells another peer to campaign: no lease in the rest of this term. */
  giveUp(): void {
    this.#given = true
    this.untilMs = 0
  }

  /** The cell falls asleep: what was answered until now is not counted on when it wakes. */
  rest(): void {
    this.untilMs = 0
    this.#answered.clear()
    this.#leftAtMs = null
  }

  /** Messages are about to leave: the number they carry. */
  nextRound(nowMs: number): number {
    // What left before this is not remembered: an answer to it confirms nothing.
    this.#leftAtMs ??= new Float64Array(ROUNDS).fill(Number.NEGATIVE_INFINITY)
    const sinceMs = nowMs - (this.#leftAtMs[this.round % ROUNDS] as number)
    if (this.round > 0 && sinceMs < this.#durationMs * ROUND_PART_OF_LEASE) return this.round
    this.round++
    this.#leftAtMs[this.round % ROUNDS] = nowMs
    return this.round
  }

  /** A peer has answered a message of `round`. The voters are those of the applied configuration, both halves of it. */
  answered(peer: number, round: number, self: number, voters: readonly number[], outgoing: readonly number[]): void {
    assert(round <= this.round, 'an answer to a round that never left')
    if (round <= (this.#answered.get(peer) ?? 0)) return
    this.#answered.set(peer, round)
    this.#extend(self, voters, outgoing)
  }

  #extend(self: number, voters: readonly number[], outgoing: readonly number[]): void {
    if (this.#given) return
    let round = this.#quorumRound(self, voters)
    if (outgoing.length > 0) round = Math.min(round, this.#quorumRound(self, outgoing))
    if (round === 0 || round <= this.round - ROUNDS || this.#leftAtMs === null) return
    const untilMs = (this.#leftAtMs[round % ROUNDS] as number) + this.#durationMs
    if (untilMs > this.untilMs) this.untilMs = untilMs
  }

  /** The highest round that a majority has answered; the leader itself has answered all. */
  #quorumRound(self: number, voters: readonly number[]): number {
    for (let i = 0; i < voters.length; i++) {
      const voter = voters[i] as number
      const round = voter === self ? this.round : (this.#answered.get(voter) ?? 0)
      // Insertion sort, descending: groups have three or five voters, and this is asked with every answer.
      let at = i
      for (; at > 0 && (scratch[at - 1] as number) < round; at--) scratch[at] = scratch[at - 1] as number
      scratch[at] = round
    }
    return voters.length === 0 ? 0 : (scratch[voters.length >> 1] as number)
  }
}
