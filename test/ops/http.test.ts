import { request } from 'node:http'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { utf8 } from '../../src/base/index.ts'
import type { ClusterEvent, HandOrder, OperatorAnswer, PdQuestion, PdTold, World } from '../../src/model/index.ts'
import { type Desk, type HttpServer, openHttp, type RecoveryAnswer } from '../../src/ops/index.ts'

/** A world of one system cell and five user cells that follow on each other, the last key not being text. */
const bounds: (Uint8Array | null)[] = [new Uint8Array(0), ...['b', 'c', 'd'].map(utf8), new Uint8Array([0xff, 0]), null]

function reported(id: number, system: boolean, start: Uint8Array, end: Uint8Array | null, leaderStore: number) {
  const peer = { id: 1000 + id, store: 1, role: 'voter' as const }
  const learner = { id: 2000 + id, store: 2, role: 'learner' as const }
  const cell = { id, system, start, end, epoch: { version: 3, confVer: 4 }, peers: [peer, learner] }
  const asked = id === 10 ? { usual: { commands: 1234.4, bytes: 5678.9, cpu: 0.25 } } : {}
  return {
    cell,
    term: 6,
    leader: peer,
    pending: [],
    down: [],
    match: [],
    sizeBytes: 12,
    keys: 3,
    leaderStore,
    ...asked,
  }
}

const unchanged = { leaderWeight: 1, cellWeight: 1, evictLeaders: false, slow: false }

const world: World = {
  kind: 'world',
  request: 0,
  cells: [
    ...[4, 2, 0, 1, 3].map((i) =>
      reported(10 + i, false, bounds[i] as Uint8Array, bounds[i + 1] ?? null, i === 2 ? 0 : 1),
    ),
    reported(1, true, new Uint8Array(0), null, 1),
  ],
  stores: [
    {
      store: 1,
      executor: 0,
      dir: '/d/1',
      labels: { disk: '1' },
      state: 'up',
      cells: 6,
      leaders: 5,
      sizeBytes: 72,
      ...unchanged,
      lastHeartbeatMs: 1,
    },
    {
      store: 2,
      executor: 1,
      dir: '/d/2',
      labels: {},
      state: 'lost',
      cells: 6,
      leaders: 0,
      sizeBytes: 0,
      ...unchanged,
      lastHeartbeatMs: -1,
    },
  ],
  operators: [
    {
      id: 7,
      kind: 'add-peer',
      by: 'replicas',
      cell: 10,
      reason: 'why',
      steps: [{ kind: 'addLearner', store: 3, done: true }],
      progress: 'step 2 of 2',
      ageMs: 12.4,
      outcome: null,
    },
  ],
}

let server: HttpServer
let password: string
let desk: Desk | null
let answer: OperatorAnswer | null
let heard: (HandOrder | { store: number; offline: boolean })[]
let ready: boolean
let asked: PdQuestion[]
let told: PdTold | null
let watchers: Set<(event: ClusterEvent) => void>
let recoveries: (readonly unknown[] | null)[]
let recovered: RecoveryAnswer | null

beforeEach(async () => {
  password = ''
  ready = true
  heard = []
  asked = []
  told = { kind: 'pdTold', request: 1, refusal: 'none', message: '', value: { id: 3 } }
  watchers = new Set()
  recoveries = []
  recovered = { lost: [2, 3], cells: [], outcomes: null, refused: null }
  answer = { kind: 'operatorAnswer', request: 1, operator: 42, refusal: 'none', message: '' }
  desk = {
    world: (done) => done(world),
    order(order, done) {
      heard.push(order)
      done(answer)
    },
    orderStore(store, offline, done) {
      heard.push({ store, offline })
      done(answer)
    },
    ask(question, done) {
      asked.push(question)
      done(told)
    },
    recover(given, done) {
      recoveries.push(given)
      done(recovered)
    },
    watch(listener) {
      watchers.add(listener)
      return () => void watchers.delete(listener)
    },
  }
  server = await openHttp({
    bind: '127.0.0.1',
    port: 0,
    password: () => password,
    desk: () => desk,
    executors: async () => [],
    isReady: () => ready,
  })
})

afterEach(() => server.close())

async function ask(path: string, init: RequestInit = {}) {
  const response = await fetch(`http://127.0.0.1:${server.port}${path}`, init)
  return { status: response.status, body: (await response.json()) as Record<string, unknown>, response }
}

const JSON_TYPE = { 'content-type': 'application/json' }

/** A text is sent as it is. */
function post(path: string, body?: unknown, headers: Record<string, string> = JSON_TYPE) {
  return ask(path, { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) })
}

function order(body: unknown, headers?: Record<string, string>) {
  return post('/api/v1/operators', body, headers)
}

function idsOf(body: Record<string, unknown>): number[] {
  return (body.items as { id: number }[]).map((item) => item.id)
}

describe('Cells', () => {
  test('are shown in the order of their keys, without the system cell unless it is asked for', async () => {
    expect(idsOf((await ask('/api/v1/cells')).body)).toEqual([10, 11, 12, 13, 14])
    expect(idsOf((await ask('/api/v1/cells?system=1')).body)).toEqual([1, 10, 11, 12, 13, 14])
  })

  test('have exactly these fields; what is unbounded or unknown is null, and keys are text where they are text', async () => {
    const { body } = await ask('/api/v1/cells')
    const items = body.items as unknown[]
    expect(items[0]).toEqual({
      id: 10,
      system: false,
      start: null,
      end: { utf8: 'b' },
      epoch: { version: 3, confVer: 4 },
      peers: [
        { id: 1010, store: 1, role: 'voter' },
        { id: 2010, store: 2, role: 'learner' },
      ],
      leader: 1,
      sizeBytes: 12,
      keys: 3,
      load: { commandsPerSecond: 1234, bytesPerSecond: 5679, cpu: 0.25 },
    })
    expect(items[1]).toMatchObject({ load: { commandsPerSecond: 0, bytesPerSecond: 0, cpu: 0 } })
    expect(items[2]).toMatchObject({ leader: null })
    expect(items[4]).toMatchObject({ start: { base64: '/wA=' }, end: null })
  })

  test.each([1, 2, 3, 5, 6])('come in pages of %i, each once and in order', async (limit) => {
    const ids: number[] = []
    let after = ''
    for (let pages = 0; pages < 10; pages++) {
      const { body } = await ask(`/api/v1/cells?system=1&limit=${limit}${after}`)
      ids.push(...idsOf(body))
      if (body.next === null) break
      after = `&after=${body.next}`
    }
    expect(ids).toEqual([1, 10, 11, 12, 13, 14])
  })
})

test('Stores and operators have exactly these fields', async () => {
  const asUsual = { leaderWeight: 1, cellWeight: 1, evictLeaders: false, slow: false, health: null }
  expect((await ask('/api/v1/stores')).body).toEqual({
    items: [
      {
        id: 1,
        executor: 0,
        dir: '/d/1',
        labels: { disk: '1' },
        state: 'up',
        cells: 6,
        leaders: 5,
        sizeBytes: 72,
        ...asUsual,
      },
      { id: 2, executor: 1, dir: '/d/2', labels: {}, state: 'lost', cells: 6, leaders: 0, sizeBytes: 0, ...asUsual },
    ],
    next: null,
  })
  expect((await ask('/api/v1/stores?limit=1')).body).toMatchObject({ next: '1' })
  expect(idsOf((await ask('/api/v1/stores?limit=1&after=1')).body)).toEqual([2])
  told = { kind: 'pdTold', request: 1, refusal: 'none', message: '', value: world.operators }
  expect((await ask('/api/v1/operators')).body).toEqual({
    items: [
      {
        id: 7,
        kind: 'add-peer',
        by: 'replicas',
        cell: 10,
        reason: 'why',
        steps: [{ kind: 'addLearner', store: 3, done: true }],
        progress: 'step 2 of 2',
        ageMs: 12,
        outcome: null,
      },
    ],
    next: null,
  })
})

test('Metrics are text that Prometheus reads: each with a type, and what is not known left out', async () => {
  const response = await fetch(`http://127.0.0.1:${server.port}/metrics`)
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  const lines = (await response.text()).trimEnd().split('\n')
  expect(lines).toContain('# TYPE cellarium_store_leaders gauge')
  expect(lines).toContain('cellarium_store_leaders{store="1",executor="0"} 5')
  expect(lines).toContain('cellarium_store_up{store="2",executor="1"} 0')
  expect(lines).toContain('cellarium_cells 5')
  expect(lines).toContain('cellarium_operators{scheduler="replicas"} 1')
  expect(lines.filter((line) => line.startsWith('cellarium_store_disk_free_bytes'))).toEqual([])
  for (const line of lines) expect(line).toMatch(/^(# (HELP|TYPE) cellarium_\w+ .+|cellarium_\w+(\{.+\})? -?[\d.e+]+)$/)
})

describe('The placement driver is', () => {
  test.each<[string, unknown, number, PdQuestion]>([
    ['/api/v1/settings', null, 200, { what: 'settings' }],
    ['/api/v1/settings', { replicas: 5 }, 200, { what: 'changeSettings', change: { replicas: 5 } }],
    ['/api/v1/schedulers', null, 200, { what: 'schedulers' }],
    [
      '/api/v1/schedulers',
      { name: 'cells', paused: true },
      200,
      { what: 'pauseScheduler', name: 'cells', paused: true },
    ],
    ['/api/v1/cells/7/why', null, 200, { what: 'whyCell', cell: 7 }],
    ['/api/v1/stores/2/why', null, 200, { what: 'whyStore', store: 2 }],
    [
      '/api/v1/stores/2/settings',
      { leaderWeight: 2 },
      200,
      { what: 'changeStore', store: 2, change: { leaderWeight: 2 } },
    ],
    ['/api/v1/pd/record', null, 200, { what: 'record' }],
    [
      '/api/v1/cells/split',
      { keys: [{ utf8: 'g' }, { base64: '/w==' }], scatter: true },
      202,
      { what: 'splitAt', keys: [Uint8Array.of(0x67), Uint8Array.of(255)], scatter: true },
    ],
  ])('asked at %s with %j: %i', async (path, body, status, question) => {
    const answer = body === null ? await ask(path) : await post(path, body)
    expect(answer).toMatchObject({ status, body: { id: 3 } })
    expect(asked).toEqual([question])
  })

  test.each<[string, unknown]>([
    ['/api/v1/settings', { replicas: [5] }],
    ['/api/v1/settings', [1]],
    ['/api/v1/schedulers', { name: 'cells' }],
    ['/api/v1/stores/2/settings', { leaderWeight: 'x' }],
    ['/api/v1/stores/2/settings', { weight: 1 }],
    ['/api/v1/stores/2/settings', { labels: { disk: 1 } }],
    ['/api/v1/cells/split', { keys: [] }],
    ['/api/v1/cells/split', { keys: [{ utf8: 'g' }, { utf8: '' }] }],
    ['/api/v1/cells/split', { keys: [{ utf8: 'g' }, { utf8: 'h' }, { base64: 'Zw==' }] }],
  ])('not asked at %s with %j, which is 400 with a hint', async (path, body) => {
    expect(await post(path, body)).toMatchObject({ status: 400, body: { error: { hint: expect.stringMatching(/./) } } })
    expect(asked).toEqual([])
  })

  test('not asked to cut twice at one key, and says which keys are the same', async () => {
    const keys = ['g', 'h', 'g'].map((utf8) => ({ utf8 }))
    expect(await post('/api/v1/cells/split', { keys })).toMatchObject({
      status: 400,
      body: { error: { message: 'key 3 is the same as key 1', hint: 'one cut is enough: give each key once' } },
    })
  })

  test('free to refuse, which is an error with its words', async () => {
    told = { kind: 'pdTold', request: 1, refusal: 'notPossible', message: 'replicas is a number', value: null }
    expect(await post('/api/v1/settings', { replicas: 99 })).toMatchObject({
      status: 409,
      body: { error: { message: 'replicas is a number', hint: 'GET /api/v1/settings lists names and bounds' } },
    })
  })
})

describe('An order', () => {
  const body = { kind: 'transfer-leader', cell: 10, store: 2 }

  test('is taken with 202 and the id of its operator', async () => {
    expect(await order(body)).toMatchObject({ status: 202, body: { id: 42 } })
  })

  test.each([
    ['notFound', 404],
    ['notPossible', 409],
    ['notReady', 503],
  ] as const)('that PD refuses as %s is answered with %i', async (refusal, status) => {
    answer = { kind: 'operatorAnswer', request: 1, operator: 0, refusal, message: 'because' }
    expect(await order(body)).toMatchObject({ status, body: { error: { message: 'because' } } })
  })

  test.each([
    ['of another kind', { ...body, kind: 'dance' }, 400],
    ['to merge without a cell to merge into', { kind: 'merge', cell: 10 }, 400],
    ['without a body', '', 400],
    ['to split without a cell', { kind: 'split' }, 400],
    ['to split at a key that is no shape of one', { kind: 'split', cell: 10, key: 'm' }, 400],
    ['to split at a key that is two', { kind: 'split', cell: 10, key: { utf8: 'm', base64: 'bQ==' } }, 400],
    ['to split at what is not base64', { kind: 'split', cell: 10, key: { base64: '%' } }, 400],
    ['to split at the empty key', { kind: 'split', cell: 10, key: { utf8: '' } }, 400],
    ['without a cell', { kind: 'transfer-leader', store: 2 }, 400],
    ['with a store that is no id', { ...body, store: '2' }, 400],
    ['that is not JSON', '{', 400],
    ['that is too long', `"${'x'.repeat(70_000)}"`, 413],
  ])('%s is refused', async (_, wrong, status) => {
    expect((await order(wrong)).status).toBe(status)
  })

  test.each<[object, HandOrder]>([
    [body, { operator: 'transfer-leader', cell: 10, store: 2, key: null }],
    [
      { kind: 'add-peer', cell: 10, store: 2 },
      { operator: 'add-peer', cell: 10, store: 2, key: null },
    ],
    [
      { kind: 'merge', cell: 10, into: 2 },
      { operator: 'merge', cell: 10, store: 0, key: null, into: 2 },
    ],
    [
      { kind: 'remove-peer', cell: 10, store: 2 },
      { operator: 'remove-peer', cell: 10, store: 2, key: null },
    ],
    [
      { kind: 'split', cell: 10 },
      { operator: 'split', cell: 10, store: 0, key: null },
    ],
    [
      { kind: 'split', cell: 10, key: { utf8: 'ä' } },
      { operator: 'split', cell: 10, store: 0, key: Uint8Array.of(0xc3, 0xa4) },
    ],
    [
      { kind: 'split', cell: 10, key: { base64: '/wA=' } },
      { operator: 'split', cell: 10, store: 0, key: Uint8Array.of(0xff, 0) },
    ],
  ])('%j is passed on', async (sent, expected) => {
    expect((await order(sent)).status).toBe(202)
    expect(heard).toEqual([expected])
  })

  test('that a form of a foreign page could have sent is refused', async () => {
    expect((await order(body, { 'content-type': 'text/plain' })).status).toBe(415)
  })
})

test('Events are streamed as they happen, until the reader leaves', async () => {
  const leaving = new AbortController()
  const response = await fetch(`http://127.0.0.1:${server.port}/api/v1/events`, { signal: leaving.signal })
  expect(response.headers.get('content-type')).toContain('text/event-stream')
  const [tell] = watchers
  tell?.({ event: 'cellSplit', cell: 2, child: 1000 })
  tell?.({ event: 'leaderChanged', cell: 2, store: 0 })
  let read = ''
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  while (!read.includes('leaderChanged')) read += (await reader?.read())?.value ?? ''
  expect(read).toContain('event: cellSplit\ndata: {"cell":2,"child":1000}\n\n')
  expect(read).toContain('event: leaderChanged\ndata: {"cell":2,"leader":null}\n\n')
  leaving.abort()
  await vi.waitFor(() => expect(watchers.size).toBe(0))
})

describe('A store', () => {
  test.each([
    ['offline', true],
    ['online', false],
  ])('is ordered %s by its path', async (word, offline) => {
    expect(await post(`/api/v1/stores/2/${word}`)).toMatchObject({ status: 200, body: { id: 2 } })
    expect(heard).toEqual([{ store: 2, offline }])
  })

  test('that may not be emptied is refused with 409, and a foreign page is with 415', async () => {
    answer = { kind: 'operatorAnswer', request: 1, operator: 0, refusal: 'notPossible', message: 'too few' }
    expect(await post('/api/v1/stores/2/offline')).toMatchObject({
      status: 409,
      body: { error: { message: 'too few' } },
    })
    expect((await post('/api/v1/stores/2/offline', undefined, {})).status).toBe(415)
    expect(heard).toHaveLength(1)
  })
})

describe('An error', () => {
  test.each([
    ['/nowhere', 'GET', 404],
    ['//', 'GET', 400],
    ['/api/v1/cells', 'DELETE', 405],
    ['/api/v1/cells?limit=0', 'GET', 400],
    ['/api/v1/cells?limit=1001', 'GET', 400],
    ['/api/v1/stores?after=x', 'GET', 400],
  ])('at %s by %s is %i, with a code, a message and a hint', async (path, method, status) => {
    const answer = await ask(path, { method })
    expect(answer.status).toBe(status)
    expect(answer.body).toEqual({
      error: { code: 'ERR', message: expect.stringMatching(/./), hint: expect.stringMatching(/./) },
    })
  })

  test('of a method that the path does not take tells in a header which it takes', async () => {
    expect((await ask('/api/v1/settings', { method: 'DELETE' })).response.headers.get('allow')).toBe('GET, POST')
  })

  test('while PD does not answer is 503', async () => {
    desk = {
      world: (done) => done(null),
      order: (_, done) => done(null),
      orderStore: (_a, _b, done) => done(null),
      ask: (_, done) => done(null),
      watch: () => () => {},
      recover: (_, done) => done(null),
    }
    expect(await ask('/api/v1/cells')).toMatchObject({ status: 503, body: { error: { code: 'UNAVAILABLE' } } })
    desk = null
    expect((await ask('/api/v1/stores')).status).toBe(503)
  })
})

describe('Recovery of cells that have lost a majority', () => {
  const recover = (body: unknown) => post('/api/v1/unsafe-recover', body)

  test('is shown to whoever asks, and done for nobody who does not say what it costs', async () => {
    expect(await ask('/api/v1/unsafe-recover')).toMatchObject({ status: 200, body: { lost: [2, 3], cells: [] } })
    expect(recoveries).toEqual([null])
    expect((await recover({})).status).toBe(400)
    expect((await recover({ loseData: 'yes', lost: [2, 3] })).status).toBe(400)
    expect((await recover({ loseData: true })).status).toBe(400)
    expect(recoveries).toEqual([null])
    expect((await recover({ loseData: true, lost: [2, 3] })).status).toBe(200)
    expect(recoveries).toEqual([null, [2, 3]])
  })

  test('is refused when other stores are lost than was thought, and given up when stores do not answer', async () => {
    recovered = { lost: [2], cells: [], outcomes: null, refused: 'the stores that are lost are 2, and not 2, 3' }
    expect(await recover({ loseData: true, lost: [2, 3] })).toMatchObject({
      status: 409,
      body: { error: { message: 'the stores that are lost are 2, and not 2, 3' } },
    })
    recovered = null
    expect((await recover({ loseData: true, lost: [2, 3] })).status).toBe(503)
  })
})

test('The probes say whether the process lives and whether it serves', async () => {
  expect((await ask('/healthz')).status).toBe(200)
  expect((await ask('/readyz')).status).toBe(200)
  ready = false
  expect(await ask('/readyz')).toMatchObject({ status: 503, body: { error: { code: 'LOADING' } } })
  expect((await ask('/healthz')).status).toBe(200)
})

describe('With a password', () => {
  beforeEach(() => {
    password = 'secret: 1'
  })

  test('only the probes are open, and an unknown path does not tell that it is unknown', async () => {
    expect((await ask('/healthz')).status).toBe(200)
    expect((await ask('/readyz')).status).toBe(200)
    const refused = await ask('/api/v1/cells')
    expect(refused).toMatchObject({ status: 401, body: { error: { code: 'NOAUTH' } } })
    expect(refused.response.headers.get('www-authenticate')).toContain('Basic')
    expect((await ask('/nowhere')).status).toBe(401)
  })

  test('it is taken as Bearer, and as Basic with any user', async () => {
    const basic = (text: string) => ({ headers: { authorization: `Basic ${Buffer.from(text).toString('base64')}` } })
    expect((await ask('/api/v1/cells', basic('anyone:secret: 1'))).status).toBe(200)
    expect((await ask('/api/v1/cells', basic('anyone:wrong'))).body).toMatchObject({ error: { code: 'WRONGPASS' } })
    password = 'token'
    expect((await ask('/api/v1/cells', { headers: { authorization: 'Bearer token' } })).status).toBe(200)
    expect((await ask('/api/v1/cells', { headers: { authorization: 'Bearer tokem' } })).status).toBe(401)
  })
})

describe('Without a password', () => {
  const withHost = (host: string) =>
    new Promise<number>((resolve, reject) => {
      const sent = request(
        { port: server.port, host: '127.0.0.1', path: '/api/v1/cells', headers: { host } },
        (response) => {
          response.resume()
          resolve(response.statusCode ?? 0)
        },
      )
      sent.on('error', reject)
      sent.end()
    })

  test.each([
    ['127.0.0.1:1', 200],
    ['localhost', 200],
    ['[::1]:80', 200],
    ['evil.example', 403],
    ['evil.example:6380', 403],
    ['localhost.evil.example', 403],
  ])('a request for the name %s is answered with %i', async (host, status) => {
    expect(await withHost(host)).toBe(status)
  })
})
