/**
 * Cuts a history into parts that can be judged one by one.
 *
 * Linearizability is local: a history is linearizable exactly when its part for each object is. The objects here are
 * *groups*: all keys that begin with the same `{tag}` are one, since they always lie in one cell, where commands over
 * several of them are atomic and one connection's commands take effect in the order sent; any other key is a group of
 * its own. A command over several groups is one atomic command for each, not one instant for all: that is all the
 * product promises, so nothing more is asked.
 *
 * FLUSHALL becomes an operation of every group with the same interval: each cell clears its keys at some instant of its
 * own in it, and what one group sees of it says nothing about another.
 */
import { equalReplies, type Operation, type Reply } from './history.ts'
import { type CommandModel, commandModel, Evaluation, type GroupState, type Run, type StateTable } from './model.ts'
import type { Deadlines } from './session-order.ts'

/** An operation's part in one group. */
export interface Step {
  readonly operation: Operation
  /** Of its keys in the group's state. */
  readonly at: readonly number[]
  readonly run: Run
  readonly expected: { readonly reply: Reply } | null
  /** It changes no value, whatever state it meets that fits its reply. */
  readonly pure: boolean
  /** It may take effect at any time after it was sent, or never. */
  readonly optional: boolean
  readonly invokedAt: number
  /** Infinity when it is optional. */
  readonly returnedAt: number
  readonly fromMs: number
  readonly untilMs: number
}

export interface Group {
  readonly name: string
  /** Keys by their position in the state. */
  readonly keys: readonly string[]
  /** In the order in which they were sent. */
  readonly steps: readonly Step[]
}

/** As in the keyspace: only a tag at the very beginning binds keys together. */
export function groupName(key: string): string {
  if (!key.startsWith('{')) return key
  const end = key.indexOf('}')
  return end === -1 ? key : key.slice(0, end + 1)
}

class GroupBuilder {
  readonly keys = new Map<string, number>()
  readonly steps: Step[] = []

  position(key: string): number {
    let position = this.keys.get(key)
    if (position === undefined) {
      position = this.keys.size
      this.keys.set(key, position)
    }
    return position
  }
}

/**
 * The part of a cut reply that belongs to the elements `mine` of `count`. Null: not known. The sum of all parts tells
 * of each part only when every key, or none, was counted.
 */
function cutReply(model: CommandModel, reply: Reply, mine: readonly number[], count: number): { reply: Reply } | null {
  // What is not even of the right shape is passed on whole: it fits nothing.
  if (model.cut === 'array') return { reply: Array.isArray(reply) ? mine.map((i) => reply[i] as Reply) : reply }
  if (model.cut === 'ok' || typeof reply !== 'number') return { reply }
  if (reply === 0) return { reply: 0 }
  return reply === count ? { reply: mine.length } : null
}

export function partition(operations: readonly Operation[], toleranceMs: number, deadlines: Deadlines): Group[] {
  const builders = new Map<string, GroupBuilder>()
  const keyspaceSteps: Step[] = []

  const builderOf = (key: string): GroupBuilder => {
    const name = groupName(key)
    let builder = builders.get(name)
    if (builder === undefined) {
      builder = new GroupBuilder()
      builders.set(name, builder)
    }
    return builder
  }

  const step = (
    operation: Operation,
    at: number[],
    args: readonly string[],
    expected: { reply: Reply } | null,
    key: string | null,
  ): Step => {
    const model = commandModel(operation.command)
    const optional = operation.outcome === 'unknown'
    return {
      operation,
      at,
      run: model.meaning(args),
      expected: optional ? null : expected,
      pure: !model.writes || (!optional && expected !== null && (model.idle?.(expected.reply, args) ?? false)),
      optional,
      invokedAt: operation.invokedAt,
      returnedAt: optional ? Number.POSITIVE_INFINITY : deadlines(operation, key),
      fromMs: operation.invokedMs - toleranceMs,
      untilMs: optional ? Number.POSITIVE_INFINITY : operation.returnedMs + toleranceMs,
    }
  }

  for (const operation of operations) {
    const model = commandModel(operation.command)
    if (operation.outcome === 'notExecuted') continue
    // A read of unknown fate has no effect and saw nothing that we know of.
    if (operation.outcome === 'unknown' && !model.writes) continue
    const args = operation.command.slice(1)
    const whole = { reply: operation.reply }

    if (model.keys === 'keyspace') {
      if (model.writes) keyspaceSteps.push(step(operation, [], args, whole, null))
    } else if (model.keys === 'first') {
      const builder = builderOf(args[0] as string)
      builder.steps.push(step(operation, [builder.position(args[0] as string)], args, whole, args[0] as string))
    } else {
      const stride = model.keys === 'pairs' ? 2 : 1
      const elements = new Map<GroupBuilder, number[]>()
      for (let i = 0; i < args.length; i += stride) {
        const builder = builderOf(args[i] as string)
        const mine = elements.get(builder)
        if (mine === undefined) elements.set(builder, [i / stride])
        else mine.push(i / stride)
      }
      for (const [builder, mine] of elements) {
        const at = mine.map((i) => builder.position(args[i * stride] as string))
        const ownArgs = elements.size === 1 ? args : mine.flatMap((i) => args.slice(i * stride, (i + 1) * stride))
        const expected = elements.size === 1 ? whole : cutReply(model, operation.reply, mine, args.length / stride)
        // A group lies in one cell: any of its keys tells which.
        builder.steps.push(step(operation, at, ownArgs, expected, args[(mine[0] as number) * stride] as string))
      }
    }
  }

  return [...builders].map(([name, builder]) => ({
    name,
    keys: [...builder.keys.keys()],
    steps: builder.steps.concat(keyspaceSteps).sort((a, b) => a.invokedAt - b.invokedAt),
  }))
}

const evaluation = new Evaluation()

/**
 * All states that `step` may lead to from `state`: none when its reply does not fit. More than one when a key may have
 * been dead or alive at that time.
 */
export function successors(step: Step, state: GroupState, states: StateTable): GroupState[] {
  let expiring: number[] | null = null
  for (const position of step.at) {
    const key = state.keys[position]
    if (key && key.diesFromMs !== Number.POSITIVE_INFINITY) {
      expiring ??= []
      if (!expiring.includes(position)) expiring.push(position)
    }
  }
  const found: GroupState[] = []
  const branches = expiring === null ? 1 : 1 << expiring.length
  for (let branch = 0; branch < branches; branch++) {
    evaluation.keys = state.keys.slice()
    evaluation.expected = step.expected
    evaluation.fromMs = step.fromMs
    evaluation.untilMs = step.untilMs
    if (expiring !== null && !decideDeaths(expiring, branch)) continue
    const reply = step.run(evaluation, step.at)
    if (step.expected !== null && !equalReplies(step.expected.reply, reply)) continue
    const next = states.intern(evaluation.keys)
    if (!found.includes(next)) found.push(next)
  }
  return found
}

/** Bit i of `branch` says that the i-th of the keys was dead. False when it cannot have been so at that time. */
function decideDeaths(expiring: readonly number[], branch: number): boolean {
  for (let i = 0; i < expiring.length; i++) {
    const position = expiring[i] as number
    const key = evaluation.keys[position]
    if (!key) continue
    if ((branch >> i) & 1) {
      if (key.diesFromMs > evaluation.untilMs) return false
      evaluation.keys[position] = null
    } else {
      if (key.diesUntilMs < evaluation.fromMs) return false
      if (key.diesFromMs < evaluation.fromMs) {
        evaluation.keys[position] = { value: key.value, diesFromMs: evaluation.fromMs, diesUntilMs: key.diesUntilMs }
      }
    }
  }
  return true
}
