/** Bars, drawn as SVG text: dark on light, nothing that moves, and readable where it is shown smaller. */

export interface Bar {
  readonly label: string
  readonly value: number
  /** Where single measurements lay; null: there was one. */
  readonly low: number | null
  readonly high: number | null
  /** In a column beside the bars. */
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
  /** A line through the bars, at what is equal, or wished for. */
  readonly mark: { readonly value: number; readonly label: string } | null
  /** Below the picture: machine, what was synced, command. */
  readonly footer: readonly string[]
}

const WIDTH = 960
const MARGIN = 24
const LABEL_WIDTH = 250
const NOTE_WIDTH = 200
const BARS_LEFT = MARGIN + LABEL_WIDTH
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
  let y = MARGIN + 18
  parts.push(line(MARGIN, y, 20, INK, chart.title, '600'))
  y += 22
  parts.push(line(MARGIN, y, 13, FADED, chart.subtitle))
  if (series.length > 0) {
    y += 26
    parts.push(legend(series, y))
  }
  y += 16
  for (const { title, bars } of groups) {
    const x = scaleOf(bars, mark?.value ?? 0)
    y += GROUP_GAP - 10
    parts.push(line(MARGIN, y, 13, INK, title, '600'))
    y += mark === null ? 10 : 22
    if (mark !== null) parts.push(drawMark(mark.label, x(mark.value), y, y + bars.length * ROW_HEIGHT))
    for (const bar of bars) {
      parts.push(...drawBar(bar, x, y))
      y += ROW_HEIGHT
    }
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

/** Each group has a scale of its own: what is compared with one is not compared with another. */
function scaleOf(bars: readonly Bar[], atLeast: number): (value: number) => number {
  const most = Math.max(atLeast, Number.MIN_VALUE, ...bars.flatMap((bar) => [bar.value, bar.high ?? 0])) * 1.04
  const room = WIDTH - BARS_LEFT - NOTE_WIDTH - MARGIN
  return (value) => BARS_LEFT + (value / most) * room
}

/** Its word stands above the bars, its line goes through them. */
function drawMark(label: string, x: number, top: number, bottom: number): string {
  const at = x.toFixed(1)
  const stroke = `stroke="${INK}" stroke-width="1.2" stroke-dasharray="4 3"`
  return `<line x1="${at}" y1="${top - 4}" x2="${at}" y2="${bottom}" ${stroke}/>\n${line(x + 4, top - 6, 11, FADED, label)}`
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
  if (bar.low !== null && bar.high !== null && bar.high > bar.low) {
    parts.push(
      `<path d="M${x(bar.low).toFixed(1)} ${middle}H${x(bar.high).toFixed(1)}M${x(bar.low).toFixed(1)} ${middle - 5}v10M${x(bar.high).toFixed(1)} ${middle - 5}v10" stroke="${INK}" stroke-width="1.2" fill="none"/>`,
    )
  }
  parts.push(line(WIDTH - MARGIN - NOTE_WIDTH + 12, middle + 4, 12, INK, bar.note))
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
