import { asV2, type ConfChange, ConfChangeTransition, ConfChangeType, type ConfChangeV2 } from './conf-change.ts'
import type { ProgressView } from './progress.ts'
import type { ConfState } from './state.ts'

/** Renderings that log lines hold. The words are those of the field's best-known implementation, so that its readers feel at home. */

/** Ids are written in hexadecimal in log lines. */
export function hex(id: number): string {
  return id.toString(16)
}

function hexList(ids: readonly number[], separator: string): string {
  return ids.map(hex).join(separator)
}

/** `voters=(1 2 3)&&(1 2) learners=(4) learners_next=(3) autoleave` */
export function describeConfiguration(configuration: ConfState): string {
  const { voters, votersOutgoing, learners, learnersNext, autoLeave } = configuration
  let text = `voters=(${hexList(voters, ' ')})`
  if (votersOutgoing.length > 0) text += `&&(${hexList(votersOutgoing, ' ')})`
  if (learners.length > 0) text += ` learners=(${hexList(learners, ' ')})`
  if (learnersNext.length > 0) text += ` learners_next=(${hexList(learnersNext, ' ')})`
  return autoLeave ? `${text} autoleave` : text
}

export function describePeers(ids: readonly number[]): string {
  return hexList(ids, ',')
}

const PROGRESS_NAMES = ['StateProbe', 'StateReplicate', 'StateSnapshot']

/** `StateReplicate match=11 next=14 paused inflight=2[full]` */
export function describeProgress(progress: ProgressView): string {
  let text = `${PROGRESS_NAMES[progress.state]} match=${progress.match} next=${progress.next}`
  if (progress.isLearner) text += ' learner'
  if (progress.isPaused) text += ' paused'
  if (progress.pendingSnapshot > 0) text += ` pendingSnap=${progress.pendingSnapshot}`
  if (!progress.recentActive) text += ' inactive'
  if (progress.inflightMessages > 0) {
    text += ` inflight=${progress.inflightMessages}`
    if (progress.isInflightFull) text += '[full]'
  }
  return text
}

const TRANSITION_NAMES: Record<ConfChangeTransition, string> = {
  [ConfChangeTransition.auto]: 'ConfChangeTransitionAuto',
  [ConfChangeTransition.jointImplicit]: 'ConfChangeTransitionJointImplicit',
  [ConfChangeTransition.jointExplicit]: 'ConfChangeTransitionJointExplicit',
}

const CHANGE_NAMES: Record<ConfChangeType, string> = {
  [ConfChangeType.addNode]: 'ConfChangeAddNode',
  [ConfChangeType.removeNode]: 'ConfChangeRemoveNode',
  [ConfChangeType.updateNode]: 'ConfChangeUpdateNode',
  [ConfChangeType.addLearnerNode]: 'ConfChangeAddLearnerNode',
}

/** `transition:ConfChangeTransitionAuto changes:{type:ConfChangeAddNode node_id:3}` */
export function describeConfChange(change: ConfChange | ConfChangeV2): string {
  const { transition, changes } = asV2(change)
  let text = `transition:${TRANSITION_NAMES[transition]}`
  for (const { type, nodeId } of changes) text += ` changes:{type:${CHANGE_NAMES[type]} node_id:${nodeId}}`
  return text
}
