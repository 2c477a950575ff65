/** What `cellarium ctl` can be told, and how it answers to what changes something: a row for each word. */

export interface CtlWord {
  /** Words that follow it, as they are shown; the pattern is theirs, joined by blanks. */
  readonly takes: string
  readonly pattern: RegExp
  readonly summary: string
}

const nothing = { takes: '', pattern: /^$/ }
const cellAndStore = { takes: 'CELL STORE', pattern: /^\d+ \d+$/ }
const storeAlone = { takes: 'STORE', pattern: /^\d+$/ }
const name = { takes: 'NAME', pattern: /^[a-z-]+$/ }

export const CTL_WORDS: Readonly<Record<string, CtlWord>> = {
  cells: { ...nothing, summary: 'cells, their ranges, peers and leaders' },
  stores: { ...nothing, summary: 'stores, where they are and how they are' },
  executors: { ...nothing, summary: 'threads and how busy they are' },
  operators: { ...nothing, summary: 'what the placement driver is doing, and why' },
  schedulers: { ...nothing, summary: 'what wishes for operators, and what is paused' },
  settings: {
    takes: '[NAME VALUE]',
    pattern: /^([A-Za-z]+ \S+)?$/,
    summary: 'numbers of the placement driver; or changes one',
  },
  'why-cell': { takes: 'CELL', pattern: /^\d+$/, summary: 'what each scheduler thinks of the cell' },
  'why-store': { ...storeAlone, summary: 'what each scheduler thinks of the store' },
  'transfer-leader': { ...cellAndStore, summary: 'lets that store lead the cell' },
  'add-peer': { ...cellAndStore, summary: 'makes a copy of the cell on that store' },
  'remove-peer': { ...cellAndStore, summary: 'takes the copy there away' },
  split: { takes: 'CELL [KEY]', pattern: /^\d+( .+)?$/s, summary: 'cuts the cell at the key, or in the middle' },
  merge: { takes: 'CELL INTO', pattern: /^\d+ \d+$/, summary: 'makes the cell a part of its neighbour' },
  'split-at': { takes: 'KEY…', pattern: /^.+$/s, summary: 'cuts at each of the keys, and spreads the new cells' },
  offline: { ...storeAlone, summary: 'empties the store and keeps it empty' },
  online: { ...storeAlone, summary: 'uses the store again, while it is not a tombstone' },
  weight: {
    takes: 'STORE LEADERS [CELLS]',
    pattern: /^\d+ [\d.]+( [\d.]+)?$/,
    summary: 'its share of leaders, and of cells',
  },
  label: {
    takes: 'STORE NAME=VALUE…',
    pattern: /^\d+( [\w.-]+=[\w.-]*)+$/,
    summary: 'over those of its directory; NAME= takes one away',
  },
  'evict-leaders': { ...storeAlone, summary: 'lets the store lead nothing' },
  'let-lead': { ...storeAlone, summary: 'lets it lead again' },
  'unsafe-recover': {
    ...nothing,
    summary: 'goes on with one copy where a majority is lost for good; says first what that loses',
  },
  pause: { ...name, summary: 'lets that scheduler rest' },
  resume: { ...name, summary: 'lets it go on' },
}

/** An order that PD answers when it has taken it, or when it is remembered for good. */
export interface CtlOrder {
  readonly path: string
  readonly body: object
  /** For people. */
  said(answer: Readonly<Record<string, unknown>>): string
}

/** Before a key that is no text, as it is shown and as it is typed. */
export const BASE64 = 'base64:'

/** A key as the tables show it: text, or `base64:…`. */
function keyShape(word: string): { utf8: string } | { base64: string } {
  return word.startsWith(BASE64) ? { base64: word.slice(BASE64.length) } : { utf8: word }
}

/** Null: it only asks. */
export function orderOf([what = '', first = '', ...rest]: readonly string[]): CtlOrder | null {
  const [second, third] = rest
  const store = (body: object, said: string): CtlOrder => ({
    path: `/api/v1/stores/${first}/settings`,
    body,
    said: () => said,
  })
  switch (what) {
    case 'offline':
      return {
        path: `/api/v1/stores/${first}/offline`,
        body: {},
        said: () => 'it is being emptied: cellarium ctl stores shows what is left, and tombstone when nothing is',
      }
    case 'online':
      return { path: `/api/v1/stores/${first}/online`, body: {}, said: () => 'it is in use again' }
    case 'weight': {
      const weights = { leaderWeight: Number(second), ...(third === undefined ? {} : { cellWeight: Number(third) }) }
      return store(weights, 'it is to have that share: cellarium ctl stores shows what it has')
    }
    case 'label':
      return store({ labels: Object.fromEntries(rest.map((word) => word.split('='))) }, 'it is labelled so')
    case 'evict-leaders':
      return store({ evictLeaders: true }, 'its leaders go elsewhere: cellarium ctl stores shows what is left')
    case 'let-lead':
      return store({ evictLeaders: false }, 'it may lead again')
    case 'pause':
    case 'resume':
      return {
        path: '/api/v1/schedulers',
        body: { name: first, paused: what === 'pause' },
        said: () => (what === 'pause' ? 'it rests, also after a restart' : 'it goes on'),
      }
    case 'settings':
      if (first === '') return null
      return { path: '/api/v1/settings', body: { [first]: second }, said: () => 'it holds now, and after a restart' }
    case 'split-at':
      return {
        path: '/api/v1/cells/split',
        body: { keys: [first, ...rest].map(keyShape), scatter: true },
        said: ({ splits }) => `${splits} cuts are to be made: cellarium ctl operators`,
      }
    case 'split':
      return operator({ kind: what, cell: Number(first), key: second === undefined ? null : keyShape(second) })
    case 'merge':
      return operator({ kind: what, cell: Number(first), into: Number(second) })
    case 'transfer-leader':
    case 'add-peer':
    case 'remove-peer':
      return operator({ kind: what, cell: Number(first), store: Number(second) })
    default:
      return null
  }
}

function operator(body: object): CtlOrder {
  const said = ({ id }: Readonly<Record<string, unknown>>) => `operator ${id} is under way: cellarium ctl operators`
  return { path: '/api/v1/operators', body, said }
}
