import { union } from './id-set.ts'
import { Ballot, Progress } from './progress.ts'
import { jointIndex, jointVote, majorityIndex, majorityIndexOfThree, majorityVote, type VoteResult } from './quorum.ts'
import { type ConfState, emptyConfState } from './state.ts'

/** One for all trackers of the thread: quorums are counted in one go, and the result is a number. */
const scratch: number[] = []

/**
 * The group's configuration and the progress of each member: everything that counts votes or acknowledgements.
 *
 * Invariant: `progress` ascends by id and has exactly one record for each id in the configuration; a record
 * `isLearner` exactly when its id stands in `configuration.learners`.
 */
export class Tracker {
  configuration: ConfState
  progress: Progress[]
  /** Three voters, no second half, and nobody who has no vote. */
  #isUsual: boolean
  readonly #inflightMessagesMax: number
  readonly #inflightBytesMax: number

  constructor(inflightMessagesMax: number, inflightBytesMax: number) {
    this.configuration = emptyConfState
    this.progress = []
    this.#isUsual = false
    this.#inflightMessagesMax = inflightMessagesMax
    this.#inflightBytesMax = inflightBytesMax
  }

  /**
   * A new member. It counts as active, so that the next check of the quorum does not fail before it could say a
   * word; and it is probed from the last index, which is where most of the log need not be sent if it has it.
   */
  newProgress(id: number, lastIndex: number): Progress {
    const progress = new Progress(id, Math.max(lastIndex, 1), this.#inflightMessagesMax, this.#inflightBytesMax)
    progress.recentActive = true
    return progress
  }

  adopt(configuration: ConfState, progress: Progress[]): void {
    this.configuration = configuration
    this.progress = progress
    const { voters, votersOutgoing } = configuration
    this.#isUsual = voters.length === 3 && votersOutgoing.length === 0 && progress.length === 3
    for (const each of progress) each.isLearner = configuration.learners.includes(each.id)
  }

  find(id: number): Progress | undefined {
    const progress = this.progress
    for (let i = 0; i < progress.length; i++) {
      if (progress[i]!.id === id) return progress[i]
    }
    return undefined
  }

  isVoter(id: number): boolean {
    return this.configuration.voters.includes(id) || this.configuration.votersOutgoing.includes(id)
  }

  get isJoint(): boolean {
    return this.configuration.votersOutgoing.length > 0
  }

  get isSingleton(): boolean {
    return this.configuration.voters.length === 1 && !this.isJoint
  }

  /** The voters of both halves, ascending. */
  voters(): readonly number[] {
    const { voters, votersOutgoing } = this.configuration
    return votersOutgoing.length === 0 ? voters : union(voters, votersOutgoing)
  }

  /** The highest index that is on the disks of a quorum, as far as is known here. */
  committedIndex(): number {
    const { progress } = this
    return this.#isUsual
      ? majorityIndexOfThree(progress[0]!.match, progress[1]!.match, progress[2]!.match)
      : this.#countedIndexes()
  }

  #countedIndexes(): number {
    const { voters, votersOutgoing } = this.configuration
    const incoming = this.#acknowledgedIndex(voters)
    return votersOutgoing.length === 0 ? incoming : jointIndex(incoming, this.#acknowledgedIndex(votersOutgoing))
  }

  #acknowledgedIndex(voters: readonly number[]): number {
    const { progress } = this
    // Both lists ascend and every voter has a record, so one walk meets them all.
    let at = 0
    for (let i = 0; i < voters.length; i++) {
      while (progress[at]!.id !== voters[i]) at++
      scratch[i] = progress[at]!.match
    }
    return majorityIndex(scratch, voters.length)
  }

  // Elections.

  resetBallots(): void {
    for (const each of this.progress) each.ballot = Ballot.none
  }

  /** The first word counts: a voter that is asked twice may answer the second time out of a later state. */
  recordVote(id: number, granted: boolean): void {
    const progress = this.find(id)
    if (progress !== undefined && progress.ballot === Ballot.none) {
      progress.ballot = granted ? Ballot.granted : Ballot.rejected
    }
  }

  countBallots(ballot: Ballot): number {
    let count = 0
    for (const each of this.progress) if (!each.isLearner && each.ballot === ballot) count++
    return count
  }

  electionResult(): VoteResult {
    return this.#decide(electionVote)
  }

  /** Whether a quorum was heard from since the last time the marks of activity were cleared. */
  activityResult(): VoteResult {
    return this.#decide(activityVote)
  }

  /** What the acknowledgements of `ids` decide, where silence is not a no. */
  acknowledgementResult(ids: readonly number[]): VoteResult {
    const { voters, votersOutgoing } = this.configuration
    return jointVote(
      majorityVote(voters.length, countIn(voters, ids), 0),
      majorityVote(votersOutgoing.length, countIn(votersOutgoing, ids), 0),
    )
  }

  #decide(vote: (progress: Progress) => Ballot): VoteResult {
    const { voters, votersOutgoing } = this.configuration
    return jointVote(this.#decideHalf(voters, vote), this.#decideHalf(votersOutgoing, vote))
  }

  #decideHalf(voters: readonly number[], vote: (progress: Progress) => Ballot): VoteResult {
    let granted = 0
    let rejected = 0
    for (const each of this.progress) {
      if (!voters.includes(each.id)) continue
      const ballot = vote(each)
      if (ballot === Ballot.granted) granted++
      else if (ballot === Ballot.rejected) rejected++
    }
    return majorityVote(voters.length, granted, rejected)
  }
}

function electionVote(progress: Progress): Ballot {
  return progress.ballot
}

function activityVote(progress: Progress): Ballot {
  return progress.recentActive ? Ballot.granted : Ballot.rejected
}

function countIn(voters: readonly number[], ids: readonly number[]): number {
  let count = 0
  for (const id of ids) if (voters.includes(id)) count++
  return count
}
