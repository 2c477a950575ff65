/**
 * `npm run test:spread [-- --mode load|grow|move|hot|disks --megabytes 200 --cell-size 8mb --stores 3 --stores-later 6 --cells 300]`
 *
 * Prints what was wished and what was found; ends with 1 if anything is not as it should be. Not a part of `npm test`,
 * which has a small one (`test/real/spread.test.ts`).
 */
import { parseArgs } from 'node:util'
import { alignedTable, lookAtMachine, machineLines } from '../../src/bench/index.ts'
import { parseBytes } from '../../src/model/index.ts'
import { MODES, type Mode, type TrialOptions } from './stage.ts'
import { trial } from './trial.ts'

/** Of a cell's size, so that cells to begin with are full, but are not cut again. */
const FULL = 0.6

const { values } = parseArgs({
  options: {
    mode: { type: 'string', default: 'load' },
    megabytes: { type: 'string' },
    'cell-size': { type: 'string' },
    stores: { type: 'string' },
    'stores-later': { type: 'string' },
    executors: { type: 'string' },
    'value-bytes': { type: 'string', default: '1000' },
    connections: { type: 'string', default: '8' },
    depth: { type: 'string', default: '16' },
    cells: { type: 'string', default: '300' },
    rate: { type: 'string', default: '1000' },
    'even-within': { type: 'string' },
  },
})

interface Defaults {
  readonly megabytes: number
  readonly cellSize: string
  readonly stores: number
  readonly storesLater: number
  readonly executors: number
  readonly evenWithin: number
}

const usual: Defaults = { megabytes: 200, cellSize: '8mb', stores: 3, storesLater: 6, executors: 3, evenWithin: 60 }
const move = { ...usual, megabytes: Math.round(Number(values.cells) * FULL), cellSize: '1mb' }
/** One cell that is far from being cut for its size. */
const hot = { ...usual, megabytes: 5, cellSize: '64mb', evenWithin: 240 }
/** Of each disk as many stores as a cell has copies: one disk alone can hold all. */
const disks = { ...usual, megabytes: 20, cellSize: '1mb', stores: 6, storesLater: 12, executors: 2, evenWithin: 120 }
const defaults: Readonly<Record<Mode, Defaults>> = { load: usual, grow: usual, move, hot, disks }

function optionsOf(): TrialOptions {
  const mode = MODES.find((word) => word === values.mode)
  if (mode === undefined) throw new Error(`--mode is one of ${MODES.join(', ')}, not '${values.mode}'`)
  const byDefault = defaults[mode]
  const cellSize = values['cell-size'] ?? byDefault.cellSize
  const bytes = parseBytes(cellSize)
  if (bytes === null) throw new Error(`--cell-size is a size such as 8mb, not '${cellSize}'`)
  const cellMegabytes = bytes / 2 ** 20
  const cells = Number(values.cells)
  const stores = Number(values.stores ?? byDefault.stores)
  const storesLater = Number(values['stores-later'] ?? byDefault.storesLater)
  const executors = Number(values.executors ?? byDefault.executors)
  for (const count of [stores, storesLater]) {
    // The leaders of a thread are shared among its stores: with unequal numbers of those, stores are not to be equal.
    if (count % executors !== 0) throw new Error(`${count} stores are not a multiple of ${executors} executors`)
  }
  return {
    mode,
    megabytes: Number(values.megabytes ?? byDefault.megabytes),
    cellMegabytes,
    stores,
    storesLater,
    executors,
    valueBytes: Number(values['value-bytes']),
    connections: Number(values.connections),
    depth: Number(values.depth),
    cells,
    rate: Number(values.rate),
    evenWithinMs: Number(values['even-within'] ?? byDefault.evenWithin) * 1000,
    progress,
  }
}

let shownMs = 0

/** On a terminal one line that changes; elsewhere one line in a while. */
function progress(line: string): void {
  const nowMs = performance.now()
  if (nowMs - shownMs < (process.stderr.isTTY ? 100 : 5000)) return
  shownMs = nowMs
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}` : `${line}\n`)
}

console.log(['npm run test:spread --', ...process.argv.slice(2)].join(' '))
for (const line of machineLines(lookAtMachine('.'))) console.log(line)
const findings = await trial(optionsOf())
if (process.stderr.isTTY) process.stderr.write('\r\x1b[K')
const marks = new Map([
  [true, 'right'],
  [false, 'WRONG'],
  [null, ''],
])
const lines = findings.map(({ what, wished, found, isRight }) => [what, wished, found, marks.get(isRight) as string])
console.log(alignedTable([['', 'wished', 'found', ''], ...lines]))
if (findings.some(({ isRight }) => isRight === false)) process.exitCode = 1
