/**
 * A world described in text, one thing a line; `#` begins a comment.
 *
 *   stores N [executors N] [disks N]      cells N [on 1 2 3] [of SIZE]      seed N      set NAME VALUE
 *   at TIME grow BYTES a second           at TIME add N stores              at TIME load N cells RATE [spread]
 *   at TIME lose store N                  at TIME offline store N           at TIME fill store N SHARE
 *   at TIME restart pd                    at TIME silence store N           at TIME wake store N
 *   run TIME                              settled within TIME               moves at most N
 *   threads within SHARE                  splits at least N                 emptied store N
 *   cells at most N
 *
 * `run` is the whole length. `settled` counts from the last event; from then on less than one move a minute is expected.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { parseBytes, parseDuration } from '../../src/model/index.ts'

/** The texts lie with the sources: they are not compiled. */
const folder = new URL('../../../test/sim-pd/scenarios/', import.meta.url)

export type Happening =
  | { readonly what: 'grow'; readonly bytesPerSecond: number }
  | { readonly what: 'add'; readonly stores: number }
  | { readonly what: 'load'; readonly cells: number; readonly commands: number; readonly spread: boolean }
  | { readonly what: 'lose' | 'offline' | 'silence' | 'wake'; readonly store: number }
  | { readonly what: 'fill'; readonly store: number; readonly share: number }
  | { readonly what: 'restart' }

export interface Scenario {
  readonly name: string
  readonly stores: number
  readonly executors: number
  readonly disks: number
  readonly cells: number
  readonly on: readonly number[]
  readonly cellBytes: number
  readonly seed: number
  readonly settings: Readonly<Record<string, number>>
  readonly events: readonly { readonly atMs: number; readonly happening: Happening }[]
  readonly runMs: number
  readonly settledWithinMs: number
  readonly movesMax: number
  readonly threadsWithin: number
  readonly splitsMin: number
  /** In the end, without the system range. */
  readonly cellsMax: number
  readonly emptied: readonly number[]
}

export function scenarioNames(): string[] {
  return readdirSync(folder).map((file) => file.replace(/\.txt$/, ''))
}

export function readScenario(name: string): Scenario {
  return parseScenario(name, readFileSync(new URL(`${name}.txt`, folder), 'utf8'))
}

type Draft = { -readonly [K in keyof Scenario]: Scenario[K] }

export function parseScenario(name: string, text: string): Scenario {
  const draft: Draft = {
    name,
    stores: 3,
    executors: 0,
    disks: 1,
    cells: 100,
    on: [],
    cellBytes: 4 * 1024 * 1024,
    seed: 1,
    settings: {},
    events: [],
    runMs: 300_000,
    settledWithinMs: 120_000,
    movesMax: Infinity,
    threadsWithin: Infinity,
    splitsMin: 0,
    cellsMax: Number.POSITIVE_INFINITY,
    emptied: [],
  }
  for (const [i, whole] of text.split('\n').entries()) {
    const words = whole.replace(/#.*/, '').trim().split(/\s+/).filter(Boolean)
    if (words.length === 0) continue
    if (!readLine(words, draft)) throw new Error(`${name}:${i + 1} says nothing that is known: ${whole}`)
  }
  if (draft.executors === 0) draft.executors = draft.stores
  return draft
}

function readLine(words: readonly string[], draft: Draft): boolean {
  const number = (at: number) => Number(words[at])
  const after = (word: string) => words.indexOf(word) + 1
  switch (words[0]) {
    case 'stores':
      draft.stores = number(1)
      if (after('executors') > 0) draft.executors = number(after('executors'))
      if (after('disks') > 0) draft.disks = number(after('disks'))
      return true
    case 'cells': {
      if (words[1] === 'at') {
        draft.cellsMax = number(3)
        return true
      }
      draft.cells = number(1)
      if (after('of') > 0) draft.cellBytes = bytes(words[after('of')])
      const end = words.includes('of') ? words.indexOf('of') : words.length
      if (after('on') > 0) draft.on = words.slice(after('on'), end).map(Number)
      return true
    }
    case 'seed':
      draft.seed = number(1)
      return true
    case 'set':
      draft.settings = { ...draft.settings, [words[1] as string]: number(2) }
      return true
    case 'run':
      draft.runMs = duration(words[1])
      return true
    case 'settled':
      draft.settledWithinMs = duration(words[2])
      return true
    case 'moves':
      draft.movesMax = number(3)
      return true
    case 'threads':
      draft.threadsWithin = number(2)
      return true
    case 'splits':
      draft.splitsMin = number(3)
      return true
    case 'emptied':
      draft.emptied = [...draft.emptied, number(2)]
      return true
    case 'at': {
      const happening = readEvent(words.slice(2))
      if (happening === null) return false
      draft.events = [...draft.events, { atMs: duration(words[1]), happening }]
      return true
    }
    default:
      return false
  }
}

function readEvent(words: readonly string[]): Happening | null {
  const [what, second, third] = words
  switch (what) {
    case 'grow':
      return { what, bytesPerSecond: bytes(second) }
    case 'add':
      return { what, stores: Number(second) }
    case 'load':
      return { what, cells: Number(second), commands: Number(words[3]), spread: words.includes('spread') }
    case 'lose':
    case 'offline':
    case 'silence':
    case 'wake':
      return { what, store: Number(third) }
    case 'fill':
      return { what, store: Number(third), share: Number(words[3]) }
    case 'restart':
      return { what }
    default:
      return null
  }
}

function bytes(word: string | undefined): number {
  const value = parseBytes(word ?? '')
  if (value === null) throw new Error(`'${word}' is no size`)
  return value
}

function duration(word: string | undefined): number {
  const value = parseDuration(word ?? '')
  if (value === null) throw new Error(`'${word}' is no time`)
  return value
}
