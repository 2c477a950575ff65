/** Bars, drawn as SVG text: dark on light, nothing that moves, and readable where it is shown smaller. */

export interface Bar {
  readonly label: string
  readonly value: number
  /** Where single measurements lay; null: there was one. */
  readonly low: number | null
  readonly high: number | null
  /** At the bar's end. */
  readonly note: string
  /** Which colour: bars of one series are of one. */
  readonly series: number
}

export interface BarGroup {
  readonly title: string
  readonly bars: readonly Bar[]
}

export interface BarChart {
  readonly title: string
  readonly subtitle: string
  readonly groups: readonly BarGroup[]
  /** Of the colours, in order; empty: no legend. */
  readonly series: readonly string[]
  /** A line across all bars, at what is equal, or wished for. */
  readonly mark: { readonly value: number; readonly label: string } | null
  /** Below the picture: machine, what was synced, command. */
  readonly footer: readonly string[]
}

const WIDTH = 960
const MARGIN = 24
const LABEL_WIDTH = 250
const NOTE_WIDTH = 200
const BAR_HEIGHT = 20
const ROW_HEIGHT = 28
const GROUP_GAP = 34
const LINE_HEIGHT = 17
const COLOURS = ['#2f6690', '#d98324', '#3a7d44', '#8c4a6b', '#6b705c', '#b23a48']
const INK = '#1d232b'
const FADED = '#5c6670'

export function drawBars(chart: BarChart): string {
  const parts: string[] = []
  const { groups, mark, series, footer } = chart
  const values = groups.flatMap(({ bars }) => bars.flatMap((bar) => [bar.value, bar.high ?? 0]))
  const most = Math.max(mark?.value ?? 0, ...values, Number.MIN_VALUE) * 1.04
  const left = MARGIN + LABEL_WIDTH
  const room = WIDTH - left - NOTE_WIDTH - MARGIN
  const x = (value: number) => left + (value / most) * room

  let y = MARGIN + 18
  parts.push(line(MARGIN, y, 20, INK, chart.title, '600'))
  y += 22
  parts.push(line(MARGIN, y, 13, FADED, chart.subtitle))
  if (series.length > 0) {
    y += 26
    parts.push(legend(series, y))
  }
  y += 16
  const top = y
  for (const { title, bars } of groups) {
    y += GROUP_GAP - 10
    parts.push(line(MARGIN, y, 13, INK, title, '600'))
    y += 10
    for (const bar of bars) {
      parts.push(...drawBar(bar, x, y))
      y += ROW_HEIGHT
    }
  }
  if (mark !== null) {
    const at = x(mark.value).toFixed(1)
    parts.push(
      `<line x1="${at}" y1="${top + 4}" x2="${at}" y2="${y}" stroke="${INK}" stroke-width="1.2" stroke-dasharray="4 3"/>`,
      line(x(mark.value) + 5, top + 12, 11, INK, mark.label),
    )
  }
  y += 10
  for (const text of footer) {
    y += LINE_HEIGHT
    parts.push(line(MARGIN, y, 11, FADED, text))
  }
  const height = y + MARGIN
  const open = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif" role="img" aria-label="${escaped(chart.title)}">`
  return `${[open, `<rect width="${WIDTH}" height="${height}" fill="#fbfbf9"/>`, ...parts, '</svg>'].join('\n')}\n`
}

function drawBar(bar: Bar, x: (value: number) => number, y: number): string[] {
  const begin = x(0)
  const end = x(bar.value)
  const middle = y + BAR_HEIGHT / 2
  const colour = COLOURS[bar.series % COLOURS.length]
  const parts = [
    line(begin - 10, middle + 4, 12, INK, bar.label, '400', 'end'),
    `<rect x="${begin.toFixed(1)}" y="${y}" width="${(end - begin).toFixed(1)}" height="${BAR_HEIGHT}" rx="2" fill="${colour}"/>`,
  ]
  let behind = end
  if (bar.low !== null && bar.high !== null && bar.high > bar.low) {
    behind = Math.max(end, x(bar.high))
    parts.push(
      `<path d="M${x(bar.low).toFixed(1)} ${middle}H${x(bar.high).toFixed(1)}M${x(bar.low).toFixed(1)} ${middle - 5}v10M${x(bar.high).toFixed(1)} ${middle - 5}v10" stroke="${INK}" stroke-width="1.2" fill="none"/>`,
    )
  }
  parts.push(line(behind + 8, middle + 4, 12, INK, bar.note))
  return parts
}

function legend(series: readonly string[], y: number): string {
  let x = MARGIN
  return series
    .map((name, i) => {
      const begin = x
      x += 34 + name.length * 7
      const square = `<rect x="${begin}" y="${y - 11}" width="13" height="13" rx="2" fill="${COLOURS[i % COLOURS.length]}"/>`
      return `${square}\n${line(begin + 19, y, 12, INK, name)}`
    })
    .join('\n')
}

function line(
  x: number,
  y: number,
  size: number,
  colour: string,
  text: string,
  weight = '400',
  anchor = 'start',
): string {
  return `<text x="${x.toFixed(1)}" y="${y}" font-size="${size}" fill="${colour}" font-weight="${weight}" text-anchor="${anchor}">${escaped(text)}</text>`
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
