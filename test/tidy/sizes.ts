/**
 * Long files and functions are not forbidden, but they may only shrink: what is above the limit today stands in
 * `limits.json` with its size.
 */
import { functionsOf } from './functions.ts'
import type { Project, SourceFile } from './project.ts'

export const FILE_LINES_MAX = 400
export const FUNCTION_LINES_MAX = 80

/** By path, or by path and name of the function. */
export interface Limits {
  readonly files: Readonly<Record<string, number>>
  readonly functions: Readonly<Record<string, number>>
}

/** Everything above the limits, as it is now. */
export function oversized(project: Project): Limits {
  const files: Record<string, number> = {}
  const functions: Record<string, number> = {}
  for (const file of project.in('src', 'workers')) {
    const lines = file.text.split('\n').length - 1
    if (lines > FILE_LINES_MAX) files[file.path] = lines
    for (const [name, size] of longFunctions(file)) functions[`${file.path}: ${name}`] = size
  }
  return { files, functions }
}

function longFunctions(file: SourceFile): Map<string, number> {
  const long = new Map<string, number>()
  for (const { name, firstLine, lastLine } of functionsOf(file.scan)) {
    const lines = lastLine - firstLine + 1
    if (lines > Math.max(FUNCTION_LINES_MAX, long.get(name) ?? 0)) long.set(name, lines)
  }
  return long
}

/** What has grown, and what the table speaks of although it is long no more. */
export function grown(now: Limits, permitted: Limits): string[] {
  return [
    ...grownOf('file', now.files, permitted.files, FILE_LINES_MAX),
    ...grownOf('function', now.functions, permitted.functions, FUNCTION_LINES_MAX),
  ]
}

function grownOf(
  what: string,
  now: Readonly<Record<string, number>>,
  permitted: Readonly<Record<string, number>>,
  limit: number,
): string[] {
  const found: string[] = []
  for (const [name, lines] of Object.entries(now)) {
    const most = permitted[name] ?? limit
    if (lines > most) found.push(`${what} ${name} has ${lines} lines, and may have ${most}`)
  }
  for (const name of Object.keys(permitted)) {
    if (!(name in now)) found.push(`${what} ${name} is long no more: take it out of limits.json`)
  }
  return found
}
