/**
 * Judges a history of operations: was what clients were told something that a correct store could have told them?
 *
 * **Promises.** A history that is refused is wrong: there is no order of its operations that explains all replies,
 * respects time, and keeps the commands of each connection in the order sent where they share a key (or a tag). One that
 * is accepted has such an order for every group of keys (`partition.ts`) and no wrong DBSIZE (`count.ts`). An
 * acknowledged write that was lost is found when the history ends with reads of all keys.
 *
 * Told which cell each key lay in, it also refuses a connection's commands that took effect in another order than sent,
 * where some reply shows it (`session-order.ts`).
 *
 * **Does not see** RANDOMKEY, SCAN and KEYS; values other than strings.
 *
 * **Asks for** values that are written once only: a store that mixes up equal values cannot be caught. With many
 * operations of unknown fate on one key a group may come out *undecided*: nothing is known of it then.
 *
 * The code is meant to be independent of the product: it shares no line with it.
 */
import { checkCounts } from './count.ts'
import { formatOperation, type Operation } from './history.ts'
import { StateTable } from './model.ts'
import { type Group, partition } from './partition.ts'
import { Search, type Stuck } from './search.ts'
import { noDeadlines, type SessionOrder, sessionDeadlines } from './session-order.ts'

export {
  type ErrorReply,
  formatOperation,
  formatReply,
  isError,
  type Operation,
  type Outcome,
  type Reply,
} from './history.ts'

export interface CheckOptions {
  /** How far the clock that times to live are judged by may be off from the history's. Default 1. */
  toleranceMs?: number
  /** Per group, before it is given up as undecided. Default a million. */
  configurationsMax?: number
  /** What is known of cells and of the setting *connection-order*. Without it only keys and tags order a connection. */
  sessionOrder?: SessionOrder
}

export interface Verdict {
  /** What is wrong, for people. Empty: the history is accepted. */
  readonly violations: readonly string[]
  /** Groups that were given up. */
  readonly undecided: readonly string[]
  readonly groups: number
  readonly configurations: number
}

export function checkHistory(operations: readonly Operation[], options: CheckOptions = {}): Verdict {
  const violations: string[] = []
  const undecided: string[] = []
  let configurations = 0
  const { sessionOrder } = options
  const deadlines = sessionOrder === undefined ? noDeadlines : sessionDeadlines(operations, sessionOrder)
  const groups = partition(operations, options.toleranceMs ?? 1, deadlines)
  for (const group of groups) {
    const states = new StateTable(group.keys.length)
    const result = new Search(group, states, options.configurationsMax ?? 1_000_000).run()
    configurations += result.configurations
    if (result.kind === 'undecided') undecided.push(group.name)
    else if (result.kind === 'illegal') violations.push(explain(group, result.stuck))
  }
  violations.push(...checkCounts(operations))
  return { violations, undecided, groups: groups.length, configurations }
}

const NEXT_SHOWN = 12

function explain(group: Group, stuck: Stuck): string {
  const state = stuck.state.keys.map((key, position) => {
    const name = group.keys[position]
    if (key === null) return `${name} absent`
    const dies = Number.isFinite(key.diesFromMs) ? `, dies ${key.diesFromMs} … ${key.diesUntilMs}` : ''
    return `${name} = ${JSON.stringify(key.value)}${dies}`
  })
  const lines = [
    `no order of the operations on ${group.name} explains all replies; the longest has ${stuck.taken} of ${stuck.of}, and ends with`,
    ...stuck.last.map((step) => `    ${formatOperation(step.operation)}`),
    `  then ${state.join('; ')}, and none of these leads on:`,
    ...stuck.next.slice(0, NEXT_SHOWN).map((step) => `    ${formatOperation(step.operation)}`),
  ]
  if (stuck.next.length > NEXT_SHOWN) lines.push(`    and ${stuck.next.length - NEXT_SHOWN} more`)
  return lines.join('\n')
}
