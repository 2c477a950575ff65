/**
 * Majorities, and majorities of both halves of a joint configuration (thesis §4.3). Pure arithmetic over counts and
 * indexes: who the voters are is the tracker's affair.
 */

export const VoteResult = { pending: 1, lost: 2, won: 3 } as const
export type VoteResult = (typeof VoteResult)[keyof typeof VoteResult]

/**
 * What `granted` and `rejected` votes out of `voters` decide. No voters at all win: an absent half of a joint
 * configuration must not hold back the other.
 */
export function majorityVote(voters: number, granted: number, rejected: number): VoteResult {
  if (voters === 0) return VoteResult.won
  const majority = (voters >> 1) + 1
  if (granted >= majority) return VoteResult.won
  return voters - rejected >= majority ? VoteResult.pending : VoteResult.lost
}

/** A joint decision is lost as soon as one half is, and won when both are. */
export function jointVote(incoming: VoteResult, outgoing: VoteResult): VoteResult {
  if (incoming === outgoing) return incoming
  return incoming === VoteResult.lost || outgoing === VoteResult.lost ? VoteResult.lost : VoteResult.pending
}

/**
 * The highest index that a majority has acknowledged: `indexes` holds one per voter (0 where nothing is known) in
 * its first `count` places, and is sorted here. Without voters it is infinity, so that the other half decides.
 */
export function majorityIndex(indexes: number[], count: number): number {
  if (count === 0) return Number.POSITIVE_INFINITY
  // Insertion sort, ascending: groups have three or five voters.
  for (let i = 1; i < count; i++) {
    const value = indexes[i]!
    let at = i - 1
    while (at >= 0 && indexes[at]! > value) {
      indexes[at + 1] = indexes[at]!
      at--
    }
    indexes[at + 1] = value
  }
  return indexes[count - ((count >> 1) + 1)]!
}

/** The same for three voters: the one in the middle. */
export function majorityIndexOfThree(a: number, b: number, c: number): number {
  if (a < b) return b < c ? b : a < c ? c : a
  return a < c ? a : b < c ? c : b
}

/** Committed jointly is what both halves have committed. */
export function jointIndex(incoming: number, outgoing: number): number {
  return Math.min(incoming, outgoing)
}
