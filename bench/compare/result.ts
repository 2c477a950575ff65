/** From samples, taken in turn, to ratios with their spread; as a table, a picture and a file. */
import {
  alignedTable,
  type BarGroup,
  drawBars,
  type Machine,
  machineLines,
  median,
  medianOf,
  shortNumber,
} from '../../src/bench/index.ts'
import type { Verdict } from './history.ts'
import type { Criterion, Row } from './rows.ts'
import type { Sample } from './sample.ts'

/** Of one row, all rounds: `ours[i]` and `theirs[i]` were taken one after the other. */
export interface Compared {
  readonly row: Row
  readonly versions: { readonly ours: string; readonly theirs: string }
  readonly ours: readonly Sample[]
  readonly theirs: readonly Sample[]
  /** Of ours, under this load; null: it was not asked for. */
  readonly history: Verdict | null
}

export interface Ratio {
  readonly median: number
  readonly low: number
  readonly high: number
}

/** Of one figure; null: it is not known for both. CPU is of a command and copy. */
export function ratioOf({ row, ours, theirs }: Compared, of: Criterion['of']): Ratio | null {
  const copies = { ours: row.ours.copies, theirs: row.theirs.copies }
  const figure = (sample: Sample, copyCount: number): number | null => {
    if (of === 'rate') return sample.perSecond
    return of === 'p99'
      ? sample.p99Ms
      : sample.cpuSecondsPerMillion === null
        ? null
        : sample.cpuSecondsPerMillion / copyCount
  }
  const ratios: number[] = []
  ours.forEach((sample, i) => {
    const a = figure(sample, copies.ours)
    const b = figure(theirs[i] as Sample, copies.theirs)
    if (a !== null && b !== null && b > 0) ratios.push(a / b)
  })
  if (ratios.length === 0) return null
  return { median: median(ratios), low: Math.min(...ratios), high: Math.max(...ratios) }
}

/** In words: what was reached of what was wished for. */
function judged(compared: Compared, criterion: Criterion): string {
  const ratio = ratioOf(compared, criterion.of)
  if (ratio === null) return `${criterion.of}: not known`
  const isMore = criterion.of === 'rate'
  const reaches = (wished: number) => (isMore ? ratio.median >= wished : ratio.median <= wished)
  const sign = isMore ? '≥' : '≤'
  const word = reaches(criterion.goal) ? 'goal reached' : reaches(criterion.floor) ? 'floor reached' : 'below the floor'
  const what = { rate: 'commands/s', p99: 'p99', cpu: 'CPU of a command and copy' }[criterion.of]
  return `${what} ${shortNumber(ratio.median)} (floor ${sign} ${criterion.floor}, goal ${sign} ${criterion.goal}): ${word}`
}

const columns: readonly (readonly [title: string, of: (sample: Sample) => number | null])[] = [
  ['commands/s', (sample) => sample.perSecond],
  ['slowest s', (sample) => sample.slowest],
  ['p50 ms', (sample) => sample.p50Ms],
  ['p99 ms', (sample) => sample.p99Ms],
  ['p99.9 ms', (sample) => sample.p999Ms],
  ['syncs/s', (sample) => sample.syncsPerSecond],
  ['writes/sync', (sample) => sample.commandsPerSync],
  ['CPU s/million', (sample) => sample.cpuSecondsPerMillion],
  ['RSS MiB', (sample) => (sample.residentBytes === null ? null : sample.residentBytes / 2 ** 20)],
  ['log B/cmd', (sample) => sample.logBytesPerCommand],
  ['other B/cmd', (sample) => sample.otherBytesPerCommand],
  ['keys', (sample) => sample.keys],
]

export function tableOf({ row, ours, theirs }: Compared): string {
  const cells = (samples: readonly Sample[]) => columns.map(([, of]) => shortNumber(medianOf(samples, of)))
  const head = ['', ...columns.map(([title]) => title)]
  return alignedTable([head, [`  ${row.ours.name}`, ...cells(ours)], [`  ${row.theirs.name}`, ...cells(theirs)]])
}

export function ratiosOf(all: readonly Compared[]): string {
  const head = ['commands/s, ours to theirs', 'median', 'least', 'most']
  const lines = all.map((compared) => {
    const ratio = ratioOf(compared, 'rate') as Ratio
    return [`  ${compared.row.name}`, ...[ratio.median, ratio.low, ratio.high].map(shortNumber)]
  })
  return alignedTable([head, ...lines])
}

/** What was wished for, what was checked, and what must be known before any of it is believed. */
export function notesOf(all: readonly Compared[]): string[] {
  const notes: string[] = []
  for (const compared of all) {
    const { row, history } = compared
    for (const criterion of row.criteria) notes.push(`${row.name}: ${judged(compared, criterion)}`)
    if (history !== null) notes.push(`${row.name}: ${historyText(history)}`)
    for (const [peer, samples] of [[row.ours, compared.ours] as const, [row.theirs, compared.theirs] as const]) {
      const failed = samples.find((sample) => sample.errors > 0)
      if (failed)
        notes.push(`${row.name}: ${peer.name} answered ${failed.errors} commands with an error: ${failed.firstError}`)
    }
  }
  return notes
}

function historyText({ operations, keys, unknown, violations, undecided }: Verdict): string {
  const what = `${operations} operations on ${keys} keys, recorded under this load`
  if (violations.length > 0) return `NOT LINEARIZABLE: ${what}; ${violations.join('; ')}`
  if (undecided.length > 0)
    return `${what}: no order was found to be wrong, and ${undecided.length} groups of keys were given up`
  return `${what}, are linearizable${unknown > 0 ? ` (${unknown} of unknown fate)` : ''}`
}

export function pictureOf(all: readonly Compared[], machine: Machine, command: string): string {
  const groups = new Map<string, BarGroup & { bars: BarGroup['bars'][number][] }>()
  for (const compared of all) {
    const { row } = compared
    const ratio = ratioOf(compared, 'rate') as Ratio
    const title = `to ${row.theirs.name} (${row.theirs.synced})`
    const group = groups.get(title) ?? { title, bars: [] }
    groups.set(title, group)
    const rate = (samples: readonly Sample[]) => shortNumber(medianOf(samples, (sample) => sample.perSecond))
    group.bars.push({
      label: row.name,
      value: ratio.median,
      low: ratio.low,
      high: ratio.high,
      note: `${shortNumber(ratio.median)} ×   ${rate(compared.ours)} and ${rate(compared.theirs)}/s`,
      series: 0,
    })
  }
  return drawBars({
    title: 'Cellarium beside what else one would use',
    subtitle: 'commands per second, Cellarium to the other: medians of measurements taken in turn, with their spread',
    groups: [...groups.values()],
    series: [],
    mark: { value: 1, label: 'equal' },
    footer: [
      'Cellarium: a write is answered when a majority of its copies has synced it; server and client on the same cores',
      ...machineLines(machine),
      command,
    ],
  })
}
