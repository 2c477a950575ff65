/** The parts of src/ARCHITECTURE.md that are compared with the sources. */

/** `file: function` as the map writes it; the file from src on. */
export interface Hop {
  readonly path: string
  readonly name: string
  readonly line: number
}

const HOP = /`([a-z][\w/-]*\.c?ts): (#?\w+)`/g
const PATH = /`((?:[\w-]+\/)*[\w-]+\.(?:ts|cts|json|proto|md)|(?:[\w-]+\/)+)(?:: #?\w+)?`/g

export function hopsIn(page: string): Hop[] {
  return matchesIn(page, HOP).map(({ match, line }) => ({ path: match[1] as string, name: match[2] as string, line }))
}

/** Files and folders that the page names in code spans. */
export function pathsIn(page: string): { path: string; line: number }[] {
  return matchesIn(page, PATH).map(({ match, line }) => ({ path: match[1] as string, line }))
}

function matchesIn(page: string, pattern: RegExp): { match: RegExpMatchArray; line: number }[] {
  return page.split('\n').flatMap((text, i) => [...text.matchAll(pattern)].map((match) => ({ match, line: i + 1 })))
}

/** What stands below a heading, up to the next of its rank. */
export function section(page: string, heading: string): string {
  const parts = page.split(/^## /m)
  const found = parts.find((part) => part.startsWith(`${heading}\n`))
  if (found === undefined) throw new Error(`the map has no section '${heading}'`)
  return found.slice(heading.length + 1)
}

/** The rows of the first table: code spans of the first cell, and the text of the second. */
export function tableRows(text: string): { names: string[]; text: string }[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => {
      const [, first, second] = line.split('|') as [string, string, string]
      return { names: [...first.matchAll(/`([^`]+)`/g)].map((match) => match[1] as string), text: second.trim() }
    })
}

/** The floors as drawn, from the ground up. */
export function drawnFloors(text: string): string[][] {
  return text
    .split('\n')
    .map((line) => /^ (?:ground|floor \d) +(.*)$/.exec(line)?.[1])
    .filter((rooms) => rooms !== undefined)
    .map((rooms) => (rooms.split(/ {2,}never/)[0] as string).trim().split(/\s+/))
    .reverse()
}
