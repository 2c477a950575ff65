/** `cellarium ctl`: asks a running server over HTTP, and prints tables for people or JSON for programs. */
import { SetUpError } from './base/index.ts'

export interface CtlRequest {
  readonly words: readonly string[]
  readonly url: string
  readonly password: string
  readonly asJson: boolean
}

type Item = Readonly<Record<string, unknown>>
type Column = readonly [title: string, show: (item: Item) => string]

const text = (name: string) => (item: Item) => String(item[name] ?? '–')
const BASE64 = 'base64:'
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
      ['start', (item) => keyText(item.start, '(first)')],
      ['end', (item) => keyText(item.end, '(last)')],
      ['epoch', (item) => Object.values(item.epoch as object).join('.')],
      ['stores', peersText],
      ['keys', text('keys')],
      ['size', (item) => bytesText(item.sizeBytes)],
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
  operators: {
    path: '/api/v1/operators',
    columns: [
      ['operator', text('id')],
      ['kind', text('kind')],
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

const STORE_ANSWERS = {
  offline: 'it is being emptied: cellarium ctl stores shows what is left, and tombstone when nothing is',
  online: 'it is in use again',
} as const

/** A key as the tables show it: text, or `base64:…`. */
function keyShape(word: string): { utf8: string } | { base64: string } {
  return word.startsWith(BASE64) ? { base64: word.slice(BASE64.length) } : { utf8: word }
}

/** Prints what was asked for; throws a sentence when it cannot. */
export async function ctl(request: CtlRequest, print: (text: string) => void): Promise<void> {
  const [what, first = '', second] = request.words as [string, ...string[]]
  if (what === 'offline' || what === 'online') {
    const answer = await ask(request, `/api/v1/stores/${first}/${what}`, {})
    print(request.asJson ? JSON.stringify(answer) : STORE_ANSWERS[what])
    return
  }
  if (!Object.hasOwn(tables, what)) {
    const body =
      what === 'split'
        ? { kind: what, cell: Number(first), key: second === undefined ? null : keyShape(second) }
        : { kind: what, cell: Number(first), store: Number(second) }
    const answer = (await ask(request, '/api/v1/operators', body)) as { id: number }
    print(request.asJson ? JSON.stringify(answer) : `operator ${answer.id} is under way: cellarium ctl operators`)
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
    after = page.next
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

function layOut(columns: readonly Column[], items: readonly Item[]): string {
  const lines = [columns.map(([title]) => title), ...items.map((item) => columns.map(([, show]) => show(item)))]
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => [...(line[i] as string)].length)))
  const pad = (cell: string, i: number) => cell + ' '.repeat((widths[i] as number) - [...cell].length)
  return lines.map((line) => line.map(pad).join('  ').trimEnd()).join('\n')
}
