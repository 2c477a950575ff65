import { type Directive, parseDirectives } from './format.ts'
import { interaction } from './interaction.ts'
import { quorums } from './quorums.ts'
import { reconfiguration } from './reconfiguration.ts'

/** What a file is about decides which commands it may use. */
export type Kind = 'interaction' | 'confchange' | 'quorum'

export interface Mismatch {
  readonly line: number
  readonly directive: string
  readonly expected: string
  readonly actual: string
}

/** Plays a recorded file from its beginning to its end, or to the first difference. */
export function replay(kind: Kind, text: string): Mismatch | null {
  const run = runner(kind)
  for (const directive of parseDirectives(text)) {
    const actual = ended(run(directive))
    if (actual !== directive.expected) {
      return { line: directive.line, directive: describe(directive), expected: directive.expected, actual }
    }
  }
  return null
}

/** The file as it would have to be for this implementation to pass: for scenarios of our own. */
export function rewrite(kind: Kind, text: string): string {
  const run = runner(kind)
  const lines = text.split('\n')
  let rewritten = ''
  let copied = 0
  for (const directive of parseDirectives(text)) {
    let separator = directive.line - 1
    while (lines[separator] !== '----') separator++
    rewritten += `${lines.slice(copied, separator + 1).join('\n')}\n${ended(run(directive))}`
    copied = separator + 1 + directive.expected.split('\n').length - 1
  }
  return rewritten + lines.slice(copied).join('\n')
}

function runner(kind: Kind): (directive: Directive) => string {
  switch (kind) {
    case 'interaction':
      return interaction()
    case 'confchange':
      return reconfiguration()
    case 'quorum':
      return quorums()
  }
}

function ended(text: string): string {
  return text === '' || text.endsWith('\n') ? text : `${text}\n`
}

function describe(directive: Directive): string {
  const words = directive.arguments.map(({ key, values }) =>
    values.length === 0 ? key : `${key}=(${values.join(',')})`,
  )
  return [directive.command, ...words].join(' ')
}

/** Line by line, `-` what was expected and `+` what came. */
export function difference(mismatch: Mismatch): string {
  const expected = mismatch.expected.split('\n').slice(0, -1)
  const actual = mismatch.actual.split('\n').slice(0, -1)
  const common = commonLengths(expected, actual)
  const lines: string[] = []
  let i = 0
  let j = 0
  while (i < expected.length || j < actual.length) {
    if (i < expected.length && j < actual.length && expected[i] === actual[j]) {
      lines.push(`    ${expected[i]}`)
      i++
      j++
    } else if (i < expected.length && (j >= actual.length || common[i + 1]![j]! >= common[i]![j + 1]!)) {
      lines.push(`  - ${expected[i++]}`)
    } else {
      lines.push(`  + ${actual[j++]}`)
    }
  }
  return lines.join('\n')
}

/** How many lines the rest of the one and the rest of the other have in common, in order. */
function commonLengths(a: readonly string[], b: readonly string[]): number[][] {
  const lengths = Array.from({ length: a.length + 1 }, () => new Array<number>(b.length + 1).fill(0))
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i]![j] = a[i] === b[j] ? lengths[i + 1]![j + 1]! + 1 : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!)
    }
  }
  return lengths
}
