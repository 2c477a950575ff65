import { utf8 } from '../../src/base/index.ts'
import {
  type ConfChange,
  ConfChangeTransition,
  type ConfChangeV2,
  confChangeV2,
  describeProgress,
  MessageType,
  messageTypeName,
  stateName,
} from '../../src/raft/index.ts'
import { parseChanges } from './changes.ts'
import { defaultOptions, Environment, firstSnapshot, type NodeOptions, stepError } from './environment.ts'
import {
  booleanOf,
  type Directive,
  firstId,
  idsOf,
  integer,
  integerOf,
  integersOf,
  stringOf,
  wordsOf,
} from './format.ts'
import { parseLevel } from './output.ts'
import { renderEntries } from './render.ts'

/**
 * The commands of the interaction files, one function each. What they throw is printed.
 *
 * `read-index`, `report-snapshot` and `restart`, and some keys of `add-nodes`, are ours: the recorded files have none.
 */

type Command = (environment: Environment, directive: Directive) => void

/** One file's world: runs a directive and returns what it prints. */
export function interaction(): (directive: Directive) => string {
  const environment = new Environment()
  const { output } = environment
  return (directive) => {
    output.clear()
    try {
      const command = COMMANDS[directive.command]
      if (command === undefined) throw new Error(`unknown command ${directive.command}`)
      command(environment, directive)
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      if (output.isQuiet) return message
      output.write(message)
    }
    return output.text === '' ? 'ok' : output.text
  }
}

export const COMMANDS: Record<string, Command> = {
  _breakpoint() {},
  'add-nodes': addNodes,
  campaign: (environment, directive) => environment.member(firstId(directive)).node.campaign(),
  compact: compact,
  'deliver-msgs': deliverMessages,
  'forget-leader': (environment, directive) => environment.member(firstId(directive)).node.forgetLeader(),
  'log-level': (environment, directive) => {
    environment.output.level = parseLevel(wordsOf(directive)[0] ?? '')
  },
  'process-append-thread': (environment, directive) =>
    environment.forEach(idsOf(directive), 'processing append thread', (id) => environment.processAppendThread(id)),
  'process-apply-thread': (environment, directive) =>
    environment.forEach(idsOf(directive), 'processing apply thread', (id) => environment.processApplyThread(id)),
  'process-ready': (environment, directive) =>
    environment.forEach(idsOf(directive), 'handling Ready', (id) => environment.processReady(id)),
  propose: propose,
  'propose-conf-change': proposeConfChange,
  'raft-log': (environment, directive) => printLog(environment, firstId(directive)),
  'raft-state': raftState,
  'read-index': (environment, directive) =>
    environment.member(firstId(directive)).node.readIndex(utf8(directive.arguments[1]?.key ?? '')),
  'report-snapshot': (environment, directive) => {
    const [node, peer] = twoIds(directive)
    environment.member(node).node.reportSnapshot(peer, booleanOf(directive, 'ok') ?? true)
  },
  'report-unreachable': (environment, directive) => {
    const [node, peer] = twoIds(directive)
    environment.member(node).node.reportUnreachable(peer)
  },
  restart: (environment, directive) => environment.restart(firstId(directive), integerOf(directive, 'applied')),
  'send-snapshot': (environment, directive) => environment.sendSnapshot(...twoIds(directive)),
  'set-randomized-election-timeout': (environment, directive) => {
    const ticks = integerOf(directive, 'timeout')
    if (ticks === undefined) throw new Error('which timeout?')
    environment.member(firstId(directive)).node.setRandomizedElectionTicks(ticks)
  },
  stabilize: stabilize,
  status: status,
  'tick-election': (environment, directive) => tick(environment, directive, defaultOptions().electionTicks),
  'tick-heartbeat': (environment, directive) => tick(environment, directive, defaultOptions().heartbeatTicks),
  'transfer-leadership': (environment, directive) => {
    const from = integerOf(directive, 'from')
    const to = integerOf(directive, 'to')
    if (from === undefined || to === undefined) throw new Error('from whom to whom?')
    environment.member(from).node.transferLeadership(to)
  },
}

function addNodes(environment: Environment, directive: Directive): void {
  const options: NodeOptions = defaultOptions()
  for (const { key, values } of directive.arguments) {
    switch (key) {
      case 'async-storage-writes':
        options.asyncStorageWrites = booleanOf(directive, key) ?? false
        break
      case 'prevote':
        options.preVote = booleanOf(directive, key) ?? false
        break
      case 'checkquorum':
        options.checkQuorum = booleanOf(directive, key) ?? false
        break
      case 'disable-conf-change-validation':
        options.disableConfChangeValidation = booleanOf(directive, key) ?? false
        break
      case 'step-down-on-removal':
        options.stepDownOnRemoval = booleanOf(directive, key) ?? false
        break
      case 'inflight':
        options.inflightMessagesMax = integer(values[0] ?? '')
        break
      case 'max-committed-size-per-ready':
        options.committedBytesPerReadyMax = integer(values[0] ?? '')
        break
      case 'max-size-per-message':
        options.entryBytesMax = integer(values[0] ?? '')
        break
      case 'max-inflight-bytes':
        options.inflightBytesMax = integer(values[0] ?? '')
        break
      case 'max-uncommitted-size':
        options.uncommittedBytesMax = integer(values[0] ?? '')
        break
      case 'disable-proposal-forwarding':
        options.disableProposalForwarding = booleanOf(directive, key) ?? false
        break
      case 'read-only':
        options.readOnlyOption = parseReadOnly(values[0] ?? '')
        break
      default:
        break
    }
  }
  const snapshot = firstSnapshot(
    integerOf(directive, 'index') ?? 0,
    integersOf(directive, 'voters'),
    integersOf(directive, 'learners'),
    stringOf(directive, 'content') ?? '',
  )
  environment.addNodes(firstId(directive), snapshot, options)
}

function parseReadOnly(text: string): NodeOptions['readOnlyOption'] {
  if (text === 'safe') return 'safe'
  if (text === 'lease-based') return 'leaseBased'
  throw new Error(`invalid read-only option "${text}"`)
}

function tick(environment: Environment, directive: Directive, ticks: number): void {
  const { node } = environment.member(firstId(directive))
  for (let i = 0; i < ticks; i++) node.tick()
}

function propose(environment: Environment, directive: Directive): void {
  const data = directive.arguments[1]?.key ?? ''
  const isTaken = environment.member(firstId(directive)).node.propose(utf8(data))
  if (!isTaken) throw new Error(stepError('proposalDropped')!)
}

const TRANSITIONS: Record<string, ConfChangeTransition> = {
  auto: ConfChangeTransition.auto,
  implicit: ConfChangeTransition.jointImplicit,
  explicit: ConfChangeTransition.jointExplicit,
}

function proposeConfChange(environment: Environment, directive: Directive): void {
  const transition = TRANSITIONS[stringOf(directive, 'transition') ?? 'auto']
  if (transition === undefined) throw new Error('unknown transition')
  const v2 = confChangeV2(parseChanges(directive.input), transition)
  const change = (booleanOf(directive, 'v1') ?? false) ? asV1(v2) : v2
  const isTaken = environment.member(firstId(directive)).node.proposeConfChange(change)
  if (!isTaken) throw new Error(stepError('proposalDropped')!)
}

function asV1({ transition, changes, context }: ConfChangeV2): ConfChange {
  const [first, ...more] = changes
  if (first === undefined || more.length > 0 || transition !== ConfChangeTransition.auto) {
    throw new Error('v1 conf change can only have one operation and no transition')
  }
  return { id: 0, ...first, context }
}

function deliverMessages(environment: Environment, directive: Directive): void {
  const typeText = stringOf(directive, 'type')
  let type: MessageType | null = null
  if (typeText !== undefined) {
    type = Object.values(MessageType).find((each) => messageTypeName(each) === typeText) ?? null
    if (type === null) throw new Error(`unknown message type ${typeText}`)
  }
  const recipients = idsOf(directive)
  const dropped = integersOf(directive, 'drop')
  let handled = 0
  for (const id of recipients) handled += environment.deliver(id, type, false)
  for (const id of dropped) {
    if (recipients.includes(id)) throw new Error(`can't both deliver and drop msgs to ${id}`)
    handled += environment.deliver(id, type, true)
  }
  if (handled === 0) environment.output.write('no messages\n')
}

function stabilize(environment: Environment, directive: Directive): void {
  const { output } = environment
  const before = output.level
  const during = stringOf(directive, 'log-level')
  if (during !== undefined) output.level = parseLevel(during)
  const ids = idsOf(directive)
  try {
    environment.stabilize(ids.length > 0 ? ids : environment.members.map(({ node }) => node.id))
  } finally {
    output.level = before
  }
}

function compact(environment: Environment, directive: Directive): void {
  const [id, index] = twoIds(directive)
  environment.member(id).storage.compact(index)
  printLog(environment, id)
}

function printLog(environment: Environment, id: number): void {
  const { storage } = environment.member(id)
  const first = storage.firstIndex()
  const last = storage.lastIndex()
  if (last < first) {
    environment.output.write(`log is empty: first index=${first}, last index=${last}`)
    return
  }
  environment.output.write(renderEntries(storage.entries(first, last + 1, Number.POSITIVE_INFINITY) ?? []))
}

function raftState(environment: Environment): void {
  for (const { node } of environment.members) {
    const voter = node.isVoter(node.id) ? '(Voter)' : '(Non-Voter)'
    environment.output.write(`${node.id}: ${stateName(node.state)} ${voter} Term:${node.term} Lead:${node.leader}\n`)
  }
}

function status(environment: Environment, directive: Directive): void {
  const { node } = environment.member(firstId(directive))
  if (!node.isLeader) return
  for (const progress of node.members) environment.output.write(`${progress.id}: ${describeProgress(progress)}\n`)
}

function twoIds(directive: Directive): [number, number] {
  const [first, second] = idsOf(directive)
  if (first === undefined || second === undefined) throw new Error(`${directive.command} takes two numbers`)
  return [first, second]
}
