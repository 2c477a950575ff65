/** HTTP: one row per path. The server only carries; what it shows comes from the desk and the runtime. */
import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isIP } from 'node:net'
import type { ExecutorInspection } from '../actor/index.ts'
import type { HandKind, HandOrder, OperatorAnswer, OperatorInfo, World } from '../model/index.ts'
import { streamEvents } from './events.ts'
import { metricsText } from './metrics.ts'
import { asked, pdRows } from './pd-rows.ts'
import { recoveryRows } from './recovery-rows.ts'
import { type Answered, fromDesk, HttpError, type HttpOptions, operatorAnswered, type Row, refuse } from './rows.ts'
import {
  cellsPage,
  executorShape,
  keyOf,
  LIMIT_DEFAULT,
  LIMIT_MAX,
  operatorShape,
  pageById,
  storeShape,
} from './shapes.ts'

export interface HttpServer {
  readonly host: string
  readonly port: number
  close(): Promise<void>
}

const BODY_BYTES_MAX = 64 * 1024

const METRICS_TYPE = 'text/plain; version=0.0.4; charset=utf-8'

const rows: readonly Row[] = [
  {
    method: 'GET',
    path: '/metrics',
    async answer(options) {
      const [reported, executors] = await Promise.all([world(options), options.executors()])
      return { status: 200, value: null, text: metricsText(reported, executors) }
    },
  },
  {
    method: 'GET',
    path: '/healthz',
    open: true,
    answer: () => ({ status: 200, value: { status: 'ok' } }),
  },
  {
    method: 'GET',
    path: '/readyz',
    open: true,
    answer: (options) =>
      options.isReady()
        ? { status: 200, value: { status: 'ready' } }
        : { status: 503, value: errorShape('LOADING', 'the server is starting or stopping', 'ask again in a moment') },
  },
  {
    method: 'GET',
    path: '/api/v1/cells',
    async answer(options, { query }) {
      const { limit, after } = paging(query, /^[su][A-Za-z0-9_-]*$/)
      const { cells } = await world(options)
      return { status: 200, value: cellsPage(cells, query.get('system') === '1', limit, after) }
    },
  },
  {
    method: 'GET',
    path: '/api/v1/stores',
    async answer(options, { query }) {
      const { limit, after } = paging(query, /^\d+$/)
      return { status: 200, value: pageById((await world(options)).stores, storeShape, limit, after) }
    },
  },
  {
    method: 'GET',
    path: '/api/v1/executors',
    async answer(options, { query }) {
      const { limit, after } = paging(query, /^\d+$/)
      const executors = await options.executors()
      const shape = (executor: ExecutorInspection) => executorShape(executor, executors.length - 1)
      return { status: 200, value: pageById(executors, shape, limit, after) }
    },
  },
  {
    method: 'GET',
    path: '/api/v1/operators',
    async answer(options, { query }) {
      const { limit, after } = paging(query, /^\d+$/)
      const { value } = await asked(options, { what: 'operators' })
      return { status: 200, value: pageById(value as OperatorInfo[], operatorShape, limit, after) }
    },
  },
  {
    method: 'POST',
    path: '/api/v1/operators',
    answer: async (options, asked) => operatorAnswered(await ordered(options, orderFrom(await asked.body()))),
  },
  {
    method: 'GET',
    path: '/api/v1/events',
    answer: (options) => ({ status: 200, value: null, stream: (response) => streamEvents(options, response) }),
  },
  storeRow('offline'),
  storeRow('online'),
  ...pdRows,
  ...recoveryRows,
]

/** The body is JSON, be it empty: no form of a foreign page can send that. */
function storeRow(word: 'offline' | 'online'): Row {
  return {
    method: 'POST',
    path: `/api/v1/stores/:id/${word}`,
    async answer(options, { id, body }) {
      await body()
      refuse(await storeOrdered(options, id, word === 'offline'))
      return { status: 200, value: { id } }
    },
  }
}

const EXAMPLES: Readonly<Record<HandKind, string>> = {
  'transfer-leader': '{"kind": "transfer-leader", "cell": 2, "store": 1}',
  'add-peer': '{"kind": "add-peer", "cell": 2, "store": 4}',
  'remove-peer': '{"kind": "remove-peer", "cell": 2, "store": 4}',
  merge: '{"kind": "merge", "cell": 3, "into": 2}, of two neighbours',
  split: '{"kind": "split", "cell": 2, "key": {"utf8": "m"}}, or without a key, for the middle',
}
const EXAMPLE = `for instance ${EXAMPLES['transfer-leader']}`

function orderFrom(body: unknown): HandOrder {
  const { kind, cell, store, key, into } = (body ?? {}) as Record<string, unknown>
  if (typeof kind !== 'string' || !Object.hasOwn(EXAMPLES, kind)) {
    const kinds = Object.keys(EXAMPLES).join(', ')
    throw new HttpError(400, 'ERR', `the kind of an operator is one of ${kinds}, not ${JSON.stringify(kind)}`, EXAMPLE)
  }
  const operator = kind as HandKind
  const hint = `for instance ${EXAMPLES[operator]}`
  if (!isId(cell)) throw new HttpError(400, 'ERR', 'cell is an id, as a number', hint)
  if (operator === 'merge') {
    if (!isId(into)) throw new HttpError(400, 'ERR', 'into is the id of a cell, as a number', hint)
    return { operator, cell, store: 0, key: null, into }
  }
  if (operator !== 'split') {
    if (!isId(store)) throw new HttpError(400, 'ERR', 'store is an id, as a number', hint)
    return { operator, cell, store, key: null }
  }
  if (key === undefined || key === null) return { operator, cell, store: 0, key: null }
  const bytes = keyOf(key)
  if (bytes === null || bytes.length === 0) {
    throw new HttpError(400, 'ERR', 'key is {"utf8": "…"} or {"base64": "…"}, and not empty', hint)
  }
  return { operator, cell, store: 0, key: bytes }
}

function isId(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0
}

function world(options: HttpOptions): Promise<World> {
  return fromDesk(options, (desk, done) => desk.world(done))
}

function ordered(options: HttpOptions, order: HandOrder): Promise<OperatorAnswer> {
  return fromDesk(options, (desk, done) => desk.order(order, done))
}

function storeOrdered(options: HttpOptions, store: number, offline: boolean): Promise<OperatorAnswer> {
  return fromDesk(options, (desk, done) => desk.orderStore(store, offline, done))
}

function paging(query: URLSearchParams, cursor: RegExp): { limit: number; after: string | null } {
  const asked = query.get('limit')
  const limit = asked === null ? LIMIT_DEFAULT : Number(asked)
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > LIMIT_MAX) {
    throw new HttpError(400, 'ERR', `limit is a number from 1 to ${LIMIT_MAX}, not '${asked}'`, 'leave it out for 100')
  }
  const after = query.get('after')
  if (after !== null && !cursor.test(after)) {
    throw new HttpError(400, 'ERR', `after is not a cursor: '${after}'`, 'pass on what an earlier page called next')
  }
  return { limit, after }
}

function errorShape(code: string, message: string, hint: string) {
  return { error: { code, message, hint } }
}

export function openHttp(options: HttpOptions): Promise<HttpServer> {
  const server = createServer((request, response) => void serve(options, request, response))
  server.keepAliveTimeout = 5_000
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.bind, () => {
      server.off('error', reject)
      const { port } = server.address() as AddressInfo
      resolve({ host: options.bind, port, close: () => closed(server) })
    })
  })
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}

async function serve(options: HttpOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const { status, value, text, stream } = await dispatch(options, request)
    if (stream !== undefined && request.method !== 'HEAD') stream(response)
    else if (text !== undefined) sendBody(response, status, text, { 'content-type': METRICS_TYPE })
    else send(response, status, value, {})
  } catch (error) {
    if (!(error instanceof HttpError)) {
      send(response, 500, errorShape('ERR', `a bug of this server: ${String(error)}`, 'please report it'), {})
      return
    }
    send(response, error.status, errorShape(error.code, error.message, error.hint), headersOf(error))
  }
}

function headersOf({ status, allow }: HttpError): Record<string, string> {
  if (status === 401) return { 'www-authenticate': 'Basic realm="cellarium"' }
  return allow === undefined ? {} : { allow }
}

function urlOf(target: string): URL {
  const base = 'http://localhost'
  if (!URL.canParse(target, base)) throw new HttpError(400, 'ERR', `'${target}' is not a path`, 'begin it with one /')
  return new URL(target, base)
}

async function dispatch(options: HttpOptions, request: IncomingMessage): Promise<Answered> {
  const password = await options.password()
  refuseForeignHost(password, request)
  const url = urlOf(request.url ?? '/')
  const method = request.method === 'HEAD' ? 'GET' : request.method
  // A path is shown with `:id` where a number stands.
  const path = url.pathname.replace(/(?<=\/)\d+(?=\/|$)/, ':id')
  const there = rows.filter((row) => row.path === path)
  const row = there.find((candidate) => candidate.method === method)
  if (row?.open !== true) refuseWithoutPassword(password, request)
  if (there.length === 0) {
    const paths = [...new Set(rows.map(({ path }) => path))].join(', ')
    throw new HttpError(404, 'ERR', `there is nothing at ${url.pathname}`, `there is ${paths}`)
  }
  if (row === undefined) {
    const methods = there.map((candidate) => candidate.method)
    const hint = `it takes ${methods.join(' and ')}`
    throw new HttpError(405, 'ERR', `${url.pathname} does not take ${request.method}`, hint, methods.join(', '))
  }
  const id = Number(/\/(\d+)(?=\/|$)/.exec(url.pathname)?.[1] ?? 0)
  return row.answer(options, { query: url.searchParams, id, body: () => readJson(request) })
}

/**
 * A page in someone's browser may ask this port under a name of its own that leads to 127.0.0.1. So without a password
 * only this machine's own names are answered.
 */
function refuseForeignHost(password: string, request: IncomingMessage): void {
  if (password !== '') return
  const host = (request.headers.host ?? 'localhost').replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')
  if (host === 'localhost' || host.endsWith('.localhost') || isIP(host) !== 0) return
  throw new HttpError(403, 'NOPERM', `this server does not answer to the name '${host}'`, 'use 127.0.0.1 or localhost')
}

function refuseWithoutPassword(password: string, request: IncomingMessage): void {
  if (password === '') return
  const [scheme = '', value = ''] = (request.headers.authorization ?? '').split(' ', 2)
  let given: string | null = null
  if (scheme.toLowerCase() === 'bearer') given = value
  if (scheme.toLowerCase() === 'basic') {
    const pair = Buffer.from(value, 'base64').toString('utf8')
    given = pair.slice(pair.indexOf(':') + 1)
  }
  if (given === null) {
    throw new HttpError(401, 'NOAUTH', 'a password is asked for', 'send it as Bearer, or as Basic with any user name')
  }
  const digest = (text: string) => createHash('sha256').update(text).digest()
  if (!timingSafeEqual(digest(given), digest(password))) {
    throw new HttpError(401, 'WRONGPASS', 'the password is wrong', 'it is the one of --requirepass')
  }
}

/** Only what says that it is JSON: no form of a foreign page can send that without asking first. */
async function readJson(request: IncomingMessage): Promise<unknown> {
  if (!/^application\/json\b/i.test(request.headers['content-type'] ?? '')) {
    throw new HttpError(415, 'ERR', 'the body is JSON', 'send the header content-type: application/json')
  }
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length
    if (bytes > BODY_BYTES_MAX)
      throw new HttpError(413, 'TOOBIG', `a body has at most ${BODY_BYTES_MAX} bytes`, EXAMPLE)
    chunks.push(chunk as Buffer)
  }
  if (bytes === 0) return null
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'))
  } catch {
    throw new HttpError(400, 'ERR', 'the body is not JSON', EXAMPLE)
  }
}

function send(response: ServerResponse, status: number, value: unknown, headers: Record<string, string>): void {
  const json = { 'content-type': 'application/json; charset=utf-8', ...headers }
  sendBody(response, status, `${JSON.stringify(value)}\n`, json)
}

function sendBody(response: ServerResponse, status: number, body: string, headers: Record<string, string>): void {
  response.writeHead(status, {
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(body),
    'x-content-type-options': 'nosniff',
    ...headers,
  })
  response.end(response.req.method === 'HEAD' ? undefined : body)
}
