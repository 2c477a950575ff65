/** Figures as text: a table for people, numbers with the digits that mean something. */
import type { Latencies, Measurement } from './measure.ts'
import type { BarChart } from './svg.ts'
import { commandNames, type Mix, type Workload } from './workload.ts'

/** All rounds of one thing. */
export interface Row {
  readonly name: string
  readonly rounds: readonly Measurement[]
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1
    ? (sorted[middle] as number)
    : ((sorted[middle - 1] as number) + (sorted[middle] as number)) / 2
}

/** Of what was told; null: it never was. */
export function medianOf<T>(all: readonly T[], of: (each: T) => number | null): number | null {
  const values = all.map(of).filter((value) => value !== null)
  return values.length === 0 ? null : median(values)
}

/** Three digits, and thousands with a space: 12 300, 4.56, 0.012. */
export function shortNumber(value: number | null): string {
  if (value === null) return '–'
  if (value === 0) return '0'
  if (Math.abs(value) >= 1000) {
    const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.abs(value))) - 3)
    return String(Math.round(value / unit) * unit).replace(/\B(?=(\d{3})+$)/g, ' ')
  }
  return String(Number(value.toPrecision(3)))
}

function mixText(mix: Mix): string {
  const parts = commandNames.filter((name) => (mix[name] ?? 0) > 0)
  const all = parts.reduce((sum, name) => sum + (mix[name] ?? 0), 0)
  if (parts.length === 1) return (parts[0] as string).toUpperCase()
  return parts.map((name) => `${name.toUpperCase()} ${shortNumber(((mix[name] ?? 0) * 100) / all)} %`).join(', ')
}

export function workloadText(workload: Workload): string {
  const { mix, connections, pipeline, keys, distribution, valueBytes, ratePerSecond, zipfTheta } = workload
  const drawn = distribution === 'zipfian' ? `zipfian (${zipfTheta})` : 'uniform'
  const paced = ratePerSecond > 0 ? `, ${shortNumber(ratePerSecond)} commands/s asked for` : ''
  return `${mixText(mix)}; ${connections} connections, pipeline ${pipeline}; ${shortNumber(keys)} keys, ${drawn}; values of ${shortNumber(valueBytes)} bytes${paced}`
}

const columns: readonly (readonly [title: string, of: (round: Measurement) => number | null])[] = [
  ['commands/s', (round) => round.perSecond],
  ['p50 ms', (round) => round.latency.p50Ms],
  ['p99 ms', (round) => round.latency.p99Ms],
  ['p99.9 ms', (round) => round.latency.p999Ms],
  ['max ms', (round) => round.latency.maxMs],
  ['syncs/s', (round) => round.cost.syncsPerSecond],
  ['writes/sync', (round) => round.cost.commandsPerSync],
  ['CPU s/million', (round) => round.cost.cpuSecondsPerMillion],
  ['RSS MiB', (round) => (round.cost.residentBytes === null ? null : round.cost.residentBytes / 2 ** 20)],
  ['log B/cmd', (round) => round.cost.logBytesPerCommand],
  ['other B/cmd', (round) => round.cost.otherBytesPerCommand],
  ['client cores', (round) => round.clientCores],
]

/** Medians of the rounds; of the rate also where the rounds lay. */
export function table(rows: readonly Row[]): string {
  const head = ['', ...columns.map(([title]) => title)]
  const cells = rows.map(({ name, rounds }) => [name, ...columns.map(([, of]) => shortNumber(medianOf(rounds, of)))])
  return alignedTable([head, ...cells])
}

/** The first column to the left, the others to the right. */
export function alignedTable(cells: readonly (readonly string[])[]): string {
  const widths = (cells[0] as readonly string[]).map((_, i) =>
    Math.max(...cells.map((row) => (row[i] as string).length)),
  )
  return cells
    .map((row) =>
      row
        .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** What must be known before any of the figures is believed. */
export function warnings(rows: readonly Row[]): string[] {
  const found: string[] = []
  for (const { name, rounds } of rows) {
    const errors = rounds.reduce((sum, round) => sum + round.errors, 0)
    if (errors > 0) {
      const first = rounds.find((round) => round.firstError !== '')?.firstError
      found.push(`${name}: ${errors} commands were answered with an error; the first: ${first}`)
    }
    const nils = rounds.reduce((sum, round) => sum + round.nils, 0)
    if (nils > 0) found.push(`${name}: ${nils} GETs found no key, which is less work`)
    for (const round of rounds) {
      const wished = round.workload.ratePerSecond
      if (wished > 0 && round.perSecond < 0.98 * wished) {
        found.push(`${name}: ${shortNumber(round.perSecond)} commands/s of the ${shortNumber(wished)} asked for`)
      }
    }
  }
  return found
}

export function latencyLine({ meanMs, p50Ms, p99Ms, p999Ms, p9999Ms, maxMs }: Latencies): string {
  const figures = { mean: meanMs, p50: p50Ms, p99: p99Ms, 'p99.9': p999Ms, 'p99.99': p9999Ms, max: maxMs }
  return Object.entries(figures)
    .map(([name, ms]) => `${name} ${shortNumber(ms)}`)
    .join(', ')
}

/** One bar for each row: how much it did. */
export function chartOf(title: string, subtitle: string, rows: readonly Row[], footer: readonly string[]): BarChart {
  const bars = rows.map(({ name, rounds }) => {
    const rates = rounds.map((round) => round.perSecond)
    const p99 = medianOf(rounds, (round) => round.latency.p99Ms)
    return {
      label: name,
      value: median(rates),
      low: rounds.length > 1 ? Math.min(...rates) : null,
      high: rounds.length > 1 ? Math.max(...rates) : null,
      note: `${shortNumber(median(rates))}/s, p99 ${shortNumber(p99)} ms`,
      series: 0,
    }
  })
  return { title, subtitle, groups: [{ title: 'commands per second', bars }], series: [], mark: null, footer }
}
