import { assert } from '../base/index.ts'
import {
  type ConfChangeSingle,
  ConfChangeTransition,
  ConfChangeType,
  type ConfChangeV2,
  isLeaveJoint,
  needsJoint,
} from './conf-change.ts'
import { differenceCount, sortedIds, union, withId, withoutId } from './id-set.ts'
import type { Progress } from './progress.ts'
import type { ConfState } from './state.ts'
import type { Tracker } from './tracker.ts'

/**
 * What a change makes of a configuration (thesis §4). Pure: the tracker is read, never touched, and the caller
 * adopts the result; so a change that is refused half-way leaves nothing behind.
 *
 * Safe changes come in two kinds. *Simple*: at most one voter enters or leaves, so that majorities before and after
 * overlap. *Joint*: the voters of before become the outgoing half, any number of changes is made to the incoming
 * half, and until the joint configuration is left each decision needs both.
 */
export type Reconfiguration =
  | { readonly refused: null; readonly configuration: ConfState; readonly progress: Progress[] }
  | { readonly refused: string }

/** What applying `change` to the tracker's configuration would give. */
export function reconfigure(tracker: Tracker, change: ConfChangeV2, lastIndex: number): Reconfiguration {
  if (isLeaveJoint(change)) return leaveJoint(tracker)
  if (needsJoint(change)) {
    // Explicit is the only one that waits to be told.
    return enterJoint(tracker, change.transition !== ConfChangeTransition.jointExplicit, change.changes, lastIndex)
  }
  return simpleChange(tracker, change.changes, lastIndex)
}

export function simpleChange(
  tracker: Tracker,
  changes: readonly ConfChangeSingle[],
  lastIndex: number,
): Reconfiguration {
  if (tracker.isJoint) return { refused: "can't apply simple config change in joint config" }
  const draft = new Draft(tracker)
  const refused = draft.apply(changes, lastIndex)
  if (refused !== null) return { refused }
  if (differenceCount(tracker.configuration.voters, draft.configuration.voters) > 1) {
    return { refused: 'more than one voter changed without entering joint config' }
  }
  return draft.finish()
}

export function enterJoint(
  tracker: Tracker,
  autoLeave: boolean,
  changes: readonly ConfChangeSingle[],
  lastIndex: number,
): Reconfiguration {
  if (tracker.isJoint) return { refused: 'config is already joint' }
  if (tracker.configuration.voters.length === 0) return { refused: "can't make a zero-voter config joint" }
  const draft = new Draft(tracker)
  draft.configuration.votersOutgoing = tracker.configuration.voters
  const refused = draft.apply(changes, lastIndex)
  if (refused !== null) return { refused }
  draft.configuration.autoLeave = autoLeave
  return draft.finish()
}

export function leaveJoint(tracker: Tracker): Reconfiguration {
  if (!tracker.isJoint) return { refused: "can't leave a non-joint config" }
  const draft = new Draft(tracker)
  const { votersOutgoing, learnersNext } = draft.configuration
  draft.configuration.learners = union(draft.configuration.learners, learnersNext)
  draft.configuration.learnersNext = []
  draft.configuration.votersOutgoing = []
  draft.configuration.autoLeave = false
  for (const id of votersOutgoing) draft.forgetUnlessMember(id)
  return draft.finish()
}

/** The configuration that a snapshot or a restart brings: taken as it stands, every member new. */
export function restoreConfiguration(tracker: Tracker, confState: ConfState, lastIndex: number): Reconfiguration {
  const configuration: ConfState = {
    voters: ascending(confState.voters),
    votersOutgoing: ascending(confState.votersOutgoing),
    learners: ascending(confState.learners),
    learnersNext: ascending(confState.learnersNext),
    autoLeave: confState.autoLeave,
  }
  const ids = sortedIds([...configuration.voters, ...configuration.votersOutgoing, ...configuration.learners])
  if (configuration.voters.length === 0 && ids.length > 0) return { refused: 'removed all voters' }
  const progress = ids.map((id) => tracker.newProgress(id, lastIndex))
  checkInvariants(configuration, progress)
  return { refused: null, configuration, progress }
}

/** The same array, if it ascends as it is: it is never changed, and there is one in each of thousands of groups. */
function ascending(ids: number[]): number[] {
  for (let i = 1; i < ids.length; i++) if (ids[i - 1]! >= ids[i]!) return sortedIds(ids)
  return ids
}

/** A configuration under construction. Records of members that stay are shared with the tracker, and not touched. */
class Draft {
  readonly configuration: ConfState
  #progress: Progress[]
  readonly #tracker: Tracker

  constructor(tracker: Tracker) {
    this.configuration = { ...tracker.configuration }
    this.#progress = tracker.progress.slice()
    this.#tracker = tracker
  }

  /** Makes the changes to the incoming half, one after the other. Returns why not, if not. */
  apply(changes: readonly ConfChangeSingle[], lastIndex: number): string | null {
    for (const { type, nodeId } of changes) {
      // A host strikes out a change that it has thought better of by setting its id to 0.
      if (nodeId === 0) continue
      if (type === ConfChangeType.addNode) this.#addVoter(nodeId, lastIndex)
      else if (type === ConfChangeType.addLearnerNode) this.#addLearner(nodeId, lastIndex)
      else if (type === ConfChangeType.removeNode) this.#remove(nodeId)
      else assert(type === ConfChangeType.updateNode, 'unknown type of configuration change')
    }
    return this.configuration.voters.length === 0 ? 'removed all voters' : null
  }

  finish(): Reconfiguration {
    this.#progress.sort((a, b) => a.id - b.id)
    checkInvariants(this.configuration, this.#progress)
    return { refused: null, configuration: this.configuration, progress: this.#progress }
  }

  /** An id that stood in the outgoing half only is a stranger from now on. */
  forgetUnlessMember(id: number): void {
    const { voters, votersOutgoing, learners } = this.configuration
    if (voters.includes(id) || votersOutgoing.includes(id) || learners.includes(id)) return
    this.#progress = this.#progress.filter((each) => each.id !== id)
  }

  #addVoter(id: number, lastIndex: number): void {
    const configuration = this.configuration
    configuration.voters = withId(configuration.voters, id)
    configuration.learners = withoutId(configuration.learners, id)
    configuration.learnersNext = withoutId(configuration.learnersNext, id)
    this.#track(id, lastIndex)
  }

  #addLearner(id: number, lastIndex: number): void {
    const configuration = this.configuration
    configuration.voters = withoutId(configuration.voters, id)
    // A voter of the outgoing half still has a vote there, and learners have none: it waits until that half is gone.
    if (configuration.votersOutgoing.includes(id)) configuration.learnersNext = withId(configuration.learnersNext, id)
    else configuration.learners = withId(configuration.learners, id)
    this.#track(id, lastIndex)
  }

  #remove(id: number): void {
    const configuration = this.configuration
    configuration.voters = withoutId(configuration.voters, id)
    configuration.learners = withoutId(configuration.learners, id)
    configuration.learnersNext = withoutId(configuration.learnersNext, id)
    this.forgetUnlessMember(id)
  }

  #track(id: number, lastIndex: number): void {
    if (this.#progress.some((each) => each.id === id)) return
    this.#progress.push(this.#tracker.newProgress(id, lastIndex))
  }
}

function checkInvariants(configuration: ConfState, progress: readonly Progress[]): void {
  const { voters, votersOutgoing, learners, learnersNext, autoLeave } = configuration
  const members = sortedIds([...voters, ...votersOutgoing, ...learners])
  assert(members.length === progress.length, 'a member without progress, or progress without a member')
  assert(
    members.every((id, at) => progress[at]!.id === id),
    'the records of progress are not those of the members',
  )
  assert(
    learners.every((id) => !voters.includes(id) && !votersOutgoing.includes(id)),
    'a learner has a vote',
  )
  assert(
    learnersNext.every((id) => votersOutgoing.includes(id) && !voters.includes(id)),
    'who becomes a learner next must leave the outgoing voters',
  )
  assert(votersOutgoing.length > 0 || !autoLeave, 'nothing to leave automatically')
}
