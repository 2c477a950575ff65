/** What PD is asked and told beside orders for one cell: settings, schedulers, stores, why, cuts at many keys. */
import { compareBytes } from '../base/index.ts'
import type { PdQuestion, PdTold, StoreChange } from '../model/index.ts'
import { type Answered, fromDesk, HttpError, type HttpOptions, type Row, refuse } from './rows.ts'
import { keyOf } from './shapes.ts'

/** PD's answer, or its refusal as an error, with a hint of its own where the question is about neither cells nor stores. */
export async function asked(options: HttpOptions, question: PdQuestion, hint?: string): Promise<Answered> {
  const told = await fromDesk<PdTold>(options, (desk, done) => desk.ask(question, done))
  refuse(told, hint)
  return { status: 200, value: told.value }
}

function objectFrom(body: unknown, example: string): Record<string, unknown> {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>
  throw new HttpError(400, 'ERR', 'the body is an object', `for instance ${example}`)
}

const SETTINGS_HINT = 'GET /api/v1/settings lists names and bounds'

export const pdRows: readonly Row[] = [
  { method: 'GET', path: '/api/v1/settings', answer: (options) => asked(options, { what: 'settings' }) },
  {
    method: 'POST',
    path: '/api/v1/settings',
    async answer(options, { body }) {
      const change = objectFrom(await body(), '{"leaderOperatorsMax": 8}')
      for (const [name, value] of Object.entries(change)) {
        if (typeof value === 'number' || typeof value === 'string') continue
        throw new HttpError(400, 'ERR', `${name} is a number or a text`, SETTINGS_HINT)
      }
      return asked(
        options,
        { what: 'changeSettings', change: change as Record<string, string | number> },
        SETTINGS_HINT,
      )
    },
  },
  { method: 'GET', path: '/api/v1/schedulers', answer: (options) => asked(options, { what: 'schedulers' }) },
  {
    method: 'POST',
    path: '/api/v1/schedulers',
    async answer(options, { body }) {
      const example = '{"name": "leaders", "paused": true}'
      const { name, paused } = objectFrom(await body(), example)
      if (typeof name !== 'string' || typeof paused !== 'boolean') {
        throw new HttpError(400, 'ERR', 'name is a text, and paused true or false', `for instance ${example}`)
      }
      return asked(options, { what: 'pauseScheduler', name, paused }, 'GET /api/v1/schedulers lists them')
    },
  },
  {
    method: 'GET',
    path: '/api/v1/cells/:id/why',
    answer: (options, { id }) => asked(options, { what: 'whyCell', cell: id }),
  },
  {
    method: 'GET',
    path: '/api/v1/stores/:id/why',
    answer: (options, { id }) => asked(options, { what: 'whyStore', store: id }),
  },
  {
    method: 'POST',
    path: '/api/v1/stores/:id/settings',
    answer: async (options, { id, body }) =>
      asked(options, { what: 'changeStore', store: id, change: storeChangeFrom(await body()) }),
  },
  {
    method: 'POST',
    path: '/api/v1/cells/split',
    async answer(options, { body }) {
      const { keys, scatter } = splitFrom(await body())
      return { ...(await asked(options, { what: 'splitAt', keys, scatter })), status: 202 }
    },
  },
  { method: 'GET', path: '/api/v1/pd/record', answer: (options) => asked(options, { what: 'record' }) },
]

const STORE_EXAMPLE = '{"leaderWeight": 2, "cellWeight": 1, "labels": {"disk": "b"}, "evictLeaders": false}'

function storeChangeFrom(body: unknown): StoreChange {
  const given = objectFrom(body, STORE_EXAMPLE)
  const wrong = (message: string) => new HttpError(400, 'ERR', message, `for instance ${STORE_EXAMPLE}`)
  const { leaderWeight, cellWeight, labels, evictLeaders, ...rest } = given
  const [unknown] = Object.keys(rest)
  if (unknown !== undefined) throw wrong(`a store has no setting ${unknown}`)
  for (const weight of [leaderWeight, cellWeight]) {
    if (weight !== undefined && typeof weight !== 'number') throw wrong('a weight is a number')
  }
  if (evictLeaders !== undefined && typeof evictLeaders !== 'boolean') throw wrong('evictLeaders is true or false')
  const texts = labels === undefined || Object.values(objectFrom(labels, STORE_EXAMPLE)).every(isText)
  if (!texts) throw wrong('labels are texts by name')
  return given as StoreChange
}

function isText(value: unknown): boolean {
  return typeof value === 'string'
}

function splitFrom(body: unknown): { keys: Uint8Array[]; scatter: boolean } {
  const example = '{"keys": [{"utf8": "g"}, {"utf8": "p"}], "scatter": true}'
  const { keys, scatter = false } = objectFrom(body, example)
  const shapes = Array.isArray(keys) ? keys.map(keyOf) : []
  const bytes = shapes.filter((key) => key !== null && key.length > 0) as Uint8Array[]
  if (bytes.length === 0 || bytes.length < shapes.length || typeof scatter !== 'boolean') {
    const message = 'keys are {"utf8": "…"} or {"base64": "…"}, none of them empty, and scatter is true or false'
    throw new HttpError(400, 'ERR', message, `for instance ${example}`)
  }
  for (let i = 0; i < bytes.length; i++) {
    const twin = bytes.findIndex((key, j) => j < i && compareBytes(key, bytes[i] as Uint8Array) === 0)
    if (twin < 0) continue
    throw new HttpError(
      400,
      'ERR',
      `key ${i + 1} is the same as key ${twin + 1}`,
      'one cut is enough: give each key once',
    )
  }
  return { keys: bytes, scatter }
}
