/** `cellarium ctl unsafe-recover`: says what would be lost, and gives the order to whoever confirms that. */
import { createInterface } from 'node:readline/promises'
import { SetUpError } from './base/index.ts'

const PATH = '/api/v1/unsafe-recover'
const CONFIRMATION = 'lose data'

export interface RecoverEdges {
  ask(path: string, body?: object): Promise<unknown>
  print(text: string): void
  keyText(value: unknown, unbounded: string): string
  layOut(columns: readonly (readonly [string, (item: Item) => string])[], items: readonly Item[]): string
}

type Item = Readonly<Record<string, unknown>>
type Log = { store: number; lastTerm: number; lastIndex: number; committed: number; applied: number; keys: number }

interface Shown {
  readonly lost: readonly number[]
  readonly cells: readonly Item[]
  readonly outcomes: readonly { cell: number; store: number; refused: string | null }[] | null
}

export async function ctlRecover(asJson: boolean, loseData: boolean, edges: RecoverEdges): Promise<void> {
  const plan = (await edges.ask(PATH)) as Shown
  if (asJson) {
    edges.print(JSON.stringify(loseData ? await order(edges, plan) : plan, null, 2))
    return
  }
  if (plan.cells.length === 0) {
    const why = plan.lost.length === 0 ? 'no store is lost' : `stores ${plan.lost.join(', ')} are lost`
    edges.print(`nothing to recover: ${why}, and every cell has a majority of its copies`)
    return
  }
  edges.print(planText(plan, edges))
  if (!loseData && !(await confirmed())) {
    throw new SetUpError('nothing was done: cellarium ctl unsafe-recover --yes-lose-data does it')
  }
  const { outcomes } = await order(edges, plan)
  const refused = (outcomes ?? []).filter((outcome) => outcome.refused !== null)
  const done = (outcomes ?? []).length - refused.length
  edges.print(`\n${done} of ${plan.cells.length} cells go on with one copy; the placement driver makes the others`)
  for (const { cell, store, refused: why } of refused) edges.print(`cell ${cell} on store ${store}: ${why}`)
}

async function order(edges: RecoverEdges, { lost }: Shown): Promise<Shown> {
  return (await edges.ask(PATH, { loseData: true, lost })) as Shown
}

function planText({ lost, cells }: Shown, { keyText, layOut }: RecoverEdges): string {
  const log = (item: Item) => item.survivor as Log
  const table = layOut(
    [
      ['cell', (item) => `${item.id}${item.system ? ' (system)' : ''}`],
      ['start', (item) => keyText(item.start, '(first)')],
      ['end', (item) => keyText(item.end, '(last)')],
      ['lost on', (item) => (item.lost as number[]).join(' ')],
      ['goes on with', (item) => `store ${log(item).store}`],
      ['applied', (item) => String(log(item).applied)],
      ['log ends', (item) => `${log(item).lastTerm}.${log(item).lastIndex}`],
      ['keys', (item) => String(log(item).keys)],
      ['given up', (item) => (item.others as Log[]).map(({ store }) => `store ${store}`).join(' ')],
    ],
    cells,
  )
  return `${table}

Stores ${lost.join(', ')} are lost for good. Each of these cells would go on with the one copy named, as of the end of its
log. Writes that only the lost copies had are lost, though their clients were told that they are there. This cannot be
taken back.`
}

async function confirmed(): Promise<boolean> {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return false
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return (await terminal.question(`\nType '${CONFIRMATION}' to do it: `)).trim() === CONFIRMATION
  } finally {
    terminal.close()
  }
}
