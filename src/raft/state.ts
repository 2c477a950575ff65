/** What must be on disk before anything is said that depends on it. */
export interface HardState {
  term: number
  vote: number
  commit: number
}

/** What an observer wants to know and nobody needs to store. */
export interface SoftState {
  readonly leader: number
  readonly state: StateType
}

export const StateType = { follower: 0, candidate: 1, leader: 2, preCandidate: 3 } as const
export type StateType = (typeof StateType)[keyof typeof StateType]

const STATE_NAMES = ['StateFollower', 'StateCandidate', 'StateLeader', 'StatePreCandidate']

export function stateName(state: StateType): string {
  return STATE_NAMES[state]!
}

/**
 * Who belongs to the group. `votersOutgoing` is empty but in a joint configuration (thesis §4.3), where a decision
 * needs a majority of `voters` and one of `votersOutgoing`. `learnersNext` are voters of the outgoing half that
 * become learners when the joint configuration is left.
 *
 * Every array ascends and is never changed once the value is made: a new configuration is a new value.
 */
export interface ConfState {
  voters: number[]
  votersOutgoing: number[]
  learners: number[]
  learnersNext: number[]
  autoLeave: boolean
}

/** The state machine up to and including `index`. What `data` means is the host's affair. */
export interface Snapshot {
  index: number
  term: number
  confState: ConfState
  data: Uint8Array
}

export const emptyConfState: ConfState = {
  voters: [],
  votersOutgoing: [],
  learners: [],
  learnersNext: [],
  autoLeave: false,
}

/** Equal as sets: two histories that list the members in another order agree. */
export function confStateEqual(a: ConfState, b: ConfState): boolean {
  return (
    a.autoLeave === b.autoLeave &&
    sameMembers(a.voters, b.voters) &&
    sameMembers(a.votersOutgoing, b.votersOutgoing) &&
    sameMembers(a.learners, b.learners) &&
    sameMembers(a.learnersNext, b.learnersNext)
  )
}

function sameMembers(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((id) => b.includes(id)) && b.every((id) => a.includes(id))
}
