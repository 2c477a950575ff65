/** `cellarium ctl`: asks a running server over HTTP, and prints tables for people or JSON for programs. */
import { SetUpError } from './base/index.ts'
import { ctlRecover } from './ctl-recover.ts'
import { BASE64, orderOf } from './ctl-words.ts'

export interface CtlRequest {
  readonly words: readonly string[]
  readonly url: string
  readonly password: string
  readonly asJson: boolean
  /** Whoever asks has confirmed that data may be lost. */
  readonly loseData: boolean
}

type Item = Readonly<Record<string, unknown>>
type Column = readonly [title: string, show: (item: Item) => string]

const text = (name: string) => (item: Item) => String(item[name] ?? '–')
const percent = (name: string) => (item: Item) => `${Math.round(Number(item[name]) * 100)} %`
const milliseconds = (name: string) => (item: Item) => `${Number(item[name]).toFixed(1)} ms`

function keyText(value: unknown, unbounded: string): string {
  if (value === null) return unbounded
  const { utf8, base64 } = value as { utf8?: string; base64?: string }
  return utf8 === undefined ? BASE64 + base64 : JSON.stringify(utf8)
}

function bytesText(value: unknown): string {
  let bytes = Number(value)
  for (const unit of ['B', 'kB', 'MB', 'GB']) {
    if (bytes < 1024) return `${bytes < 10 && unit !== 'B' ? bytes.toFixed(1) : Math.round(bytes)} ${unit}`
    bytes /= 1024
  }
  return `${bytes.toFixed(1)} TB`
}

/** An id with the peer's store; learners are marked, the leader too. */
function peersText(item: Item): string {
  const peers = item.peers as { store: number; role: string }[]
  return peers
    .map(({ store, role }) => `${store}${store === item.leader ? '*' : ''}${role === 'learner' ? '+' : ''}`)
    .join(' ')
}

const tables: Readonly<Record<string, { path: string; columns: readonly Column[]; note: string }>> = {
  cells: {
    path: '/api/v1/cells?system=1',
    columns: [
      ['cell', text('id')],
      ['start', (item) => keyText(item.start, item.system ? '(system)' : '(first)')],
      ['end', (item) => keyText(item.end, item.system ? '(system)' : '(last)')],
      ['epoch', (item) => Object.values(item.epoch as object).join('.')],
      ['stores', peersText],
      ['keys', text('keys')],
      ['size', (item) => bytesText(item.sizeBytes)],
      ['commands/s', (item) => String((item.load as { commandsPerSecond: number }).commandsPerSecond)],
    ],
    note: 'stores: * leads, + learns',
  },
  stores: {
    path: '/api/v1/stores',
    columns: [
      ['store', text('id')],
      ['state', text('state')],
      ['executor', text('executor')],
      ['cells', text('cells')],
      ['leaders', text('leaders')],
      ['weights', (item) => `${item.leaderWeight} ${item.cellWeight}`],
      ['leads', (item) => (item.evictLeaders ? 'not, by order' : item.slow ? 'not, it is slow' : 'yes')],
      ['size', (item) => bytesText(item.sizeBytes)],
      [
        'labels',
        (item) =>
          Object.entries(item.labels as object)
            .map((pair) => pair.join('='))
            .join(' '),
      ],
      ['directory', text('dir')],
    ],
    note: '',
  },
  executors: {
    path: '/api/v1/executors',
    columns: [
      ['executor', text('id')],
      ['role', text('role')],
      ['state', text('state')],
      ['started', text('incarnation')],
      ['busy', percent('utilization')],
      ['longest pass', milliseconds('longestPassMs')],
      ['messages', text('messages')],
    ],
    note: 'started: how many times; busy and longest pass: since they were last asked for',
  },
  schedulers: {
    path: '/api/v1/schedulers',
    columns: [
      ['scheduler', text('name')],
      ['state', (item) => (item.paused ? 'paused' : 'on')],
      ['what it does', text('summary')],
    ],
    note: '',
  },
  settings: {
    path: '/api/v1/settings',
    columns: [
      ['setting', text('name')],
      ['value', text('value')],
      ['default', text('default')],
      ['what it is', (item) => `${item.summary}${item.fixed ? ' (given when the server starts)' : ''}`],
    ],
    note: '',
  },
  operators: {
    path: '/api/v1/operators',
    columns: [
      ['operator', text('id')],
      ['kind', text('kind')],
      ['by', text('by')],
      ['cell', text('cell')],
      ['outcome', (item) => String(item.outcome ?? 'under way')],
      ['progress', text('progress')],
      ['age', (item) => `${(Number(item.ageMs) / 1000).toFixed(1)} s`],
      ['stores', (item) => [...new Set((item.steps as { store: number }[]).map(({ store }) => store))].join(' ')],
      ['reason', text('reason')],
    ],
    note: '',
  },
}

/** Prints what was asked for; throws a sentence when it cannot. */
export async function ctl(request: CtlRequest, print: (text: string) => void): Promise<void> {
  const [what, first = ''] = request.words as [string, ...string[]]
  if (what === 'unsafe-recover') {
    const edges = { ask: (path: string, body?: object) => ask(request, path, body), print, keyText, layOut }
    await ctlRecover(request.asJson, request.loseData, edges)
    return
  }
  const order = orderOf(request.words)
  if (order !== null) {
    const answer = (await ask(request, order.path, order.body)) as Item
    print(request.asJson ? JSON.stringify(answer) : order.said(answer))
    return
  }
  if (what === 'why-cell' || what === 'why-store') {
    const why = (await ask(request, `/api/v1/${what.slice('why-'.length)}s/${first}/why`)) as Item
    print(request.asJson ? JSON.stringify(why, null, 2) : whyText(why))
    return
  }
  const table = tables[what] as (typeof tables)[string]
  const items = await list(request, table.path)
  if (request.asJson) {
    print(JSON.stringify(items, null, 2))
    return
  }
  print(layOut(table.columns, items))
  if (table.note !== '' && items.length > 0) print(`\n${table.note}`)
}

async function list(request: CtlRequest, path: string): Promise<Item[]> {
  const items: Item[] = []
  let after: string | null = null
  do {
    const query: string = `${path.includes('?') ? '&' : '?'}limit=1000${after === null ? '' : `&after=${after}`}`
    const page = (await ask(request, path + query)) as { items: Item[]; next: string | null }
    items.push(...page.items)
    after = page.next ?? null
  } while (after !== null)
  return items
}

async function ask(request: CtlRequest, path: string, body?: object): Promise<unknown> {
  const headers: Record<string, string> = {}
  if (request.password !== '') headers.authorization = `Bearer ${request.password}`
  if (body !== undefined) headers['content-type'] = 'application/json'
  let response: Response
  try {
    const method = body === undefined ? 'GET' : 'POST'
    response = await fetch(request.url + path, {
      method,
      headers,
      body: body === undefined ? null : JSON.stringify(body),
    })
  } catch (error) {
    const cause = (error as Error).cause as NodeJS.ErrnoException | undefined
    throw new SetUpError(
      `no server answers at ${request.url} (${cause?.code ?? (error as Error).message}): start it, or give its --url`,
    )
  }
  let answer: unknown
  try {
    answer = await response.json()
  } catch {
    throw new SetUpError(`what answers at ${request.url} is not cellarium: give its --url`)
  }
  if (response.ok) return answer
  const { error } = answer as { error?: { code: string; message: string; hint: string } }
  throw new SetUpError(
    error === undefined ? `${request.url} said ${response.status}` : `${error.message}: ${error.hint}`,
  )
}

/** The operator under way first: it is what holds all the others back. */
function whyText(why: Item): string {
  const opinions = why.opinions as readonly Item[]
  const operator = why.operator as Item | null | undefined
  const table = layOut(
    [
      ['scheduler', text('scheduler')],
      ['opinion', text('opinion')],
    ],
    opinions,
  )
  if (operator === undefined || operator === null) return table
  return `operator ${operator.id} (${operator.kind}) is under way: ${operator.reason}; ${operator.progress}\n\n${table}`
}

function layOut(columns: readonly Column[], items: readonly Item[]): string {
  const lines = [columns.map(([title]) => title), ...items.map((item) => columns.map(([, show]) => show(item)))]
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => [...(line[i] as string)].length)))
  const pad = (cell: string, i: number) => cell + ' '.repeat((widths[i] as number) - [...cell].length)
  return lines.map((line) => line.map(pad).join('  ').trimEnd()).join('\n')
}
