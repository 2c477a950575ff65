import { sortedIds } from '../../src/raft/id-set.ts'
import { jointIndex, jointVote, majorityIndex, majorityVote, VoteResult } from '../../src/raft/quorum.ts'
import { type Directive, integer, integersOf } from './format.ts'

/** The commands of the `quorum` files: what majorities make of votes and of acknowledged indexes. */
export function quorums(): (directive: Directive) => string {
  return (directive) => {
    const voters = integersOf(directive, 'cfg')
    const outgoing = outgoingOf(directive)
    // Values are given to the ids in the order in which they are named, each once.
    const ids = [...new Set([...voters, ...(outgoing ?? [])])]
    const isVote = directive.command === 'vote'
    const values = valuesOf(directive, isVote ? 'votes' : 'idx')
    if (values.length !== ids.length) return mismatch(ids, values)
    const known = new Map<number, number>()
    ids.forEach((id, at) => {
      const value = values[at]!
      if (value !== null) known.set(id, value)
    })
    if (isVote) return `${voteText(voters, outgoing, known)}\n`
    if (directive.command !== 'committed') return `unknown command ${directive.command}`
    return `${picture(sortedIds(ids), known)}${indexText(committed(voters, outgoing, known))}\n`
  }
}

/** Undefined: one majority. `cfgj=zero`: a joint configuration without an outgoing half. */
function outgoingOf(directive: Directive): number[] | undefined {
  const found = directive.arguments.find(({ key }) => key === 'cfgj')
  if (found === undefined) return undefined
  return found.values[0] === 'zero' ? [] : found.values.map(integer)
}

const VOTES: Record<string, number> = { n: 1, y: 2 }

/** `_` is null: nothing is known. */
function valuesOf(directive: Directive, key: string): (number | null)[] {
  const found = directive.arguments.find((argument) => argument.key === key)
  return (found?.values ?? []).map((value) => (value === '_' ? null : key === 'votes' ? VOTES[value]! : integer(value)))
}

function mismatch(ids: readonly number[], values: readonly (number | null)[]): string {
  const voters = sortedIds(ids).map((id) => `${id}:{}`)
  const given = values.map((value) => value ?? 0)
  return `error: mismatched input (explicit or _) for voters map[${voters.join(' ')}]: [${given.join(' ')}]`
}

function voteText(voters: number[], outgoing: number[] | undefined, known: Map<number, number>): string {
  const decide = (half: readonly number[]) =>
    majorityVote(half.length, countOf(half, known, VOTES.y!), countOf(half, known, VOTES.n!))
  const result = outgoing === undefined ? decide(voters) : jointVote(decide(voters), decide(outgoing))
  if (result === VoteResult.won) return 'VoteWon'
  return result === VoteResult.lost ? 'VoteLost' : 'VotePending'
}

function countOf(ids: readonly number[], known: Map<number, number>, vote: number): number {
  return ids.filter((id) => known.get(id) === vote).length
}

function committed(voters: number[], outgoing: number[] | undefined, known: Map<number, number>): number {
  const decide = (half: readonly number[]) =>
    majorityIndex(
      half.map((id) => known.get(id) ?? 0),
      half.length,
    )
  return outgoing === undefined ? decide(voters) : jointIndex(decide(voters), decide(outgoing))
}

function indexText(index: number): string {
  return index === Number.POSITIVE_INFINITY ? '∞' : String(index)
}

/** A bar for each voter, the longer the more of the others it has behind it. */
function picture(ids: readonly number[], known: Map<number, number>): string {
  const count = ids.length
  if (count === 0) return '<empty majority quorum>'
  const ranked = [...ids].sort((a, b) => (known.get(a) ?? 0) - (known.get(b) ?? 0) || a - b)
  const bars = new Map<number, number>()
  ranked.forEach((id, at) => {
    const previous = ranked[at - 1]
    const isAhead = previous !== undefined && (known.get(id) ?? 0) > (known.get(previous) ?? 0)
    bars.set(id, isAhead ? at : previous === undefined ? 0 : bars.get(previous)!)
  })
  let text = `${' '.repeat(count + 4)}idx\n`
  for (const id of ids) {
    const bar = bars.get(id)!
    text += known.has(id) ? `${'x'.repeat(bar)}>${' '.repeat(count - bar)}` : `?${' '.repeat(count)}`
    text += ` ${String(known.get(id) ?? 0).padStart(5)}    (id=${id.toString(16)})\n`
  }
  return text
}
