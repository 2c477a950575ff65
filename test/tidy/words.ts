/** What the project does not say: notes to oneself, numbers of some tracker, and how it was written. */
import type { Project } from './project.ts'

const FORBIDDEN: readonly RegExp[] = [
  /\b(?:TODO|FIXME|XXX|HACK)\b/,
  /(?<![\w&])#\d+\b(?!\.\d)/,
  /\bAIs?\b|\bLLMs?\b|\b[Gg]enerative\b|\b[Ll]anguage models?\b/,
  /(?<!user[- ])\b[Aa]gents?\b|\b[Cc]opilot\b/,
  /\/work\/|\/tmp\/bash/,
]

/** In comments everywhere; in the tests also in strings, for the names of tests are read as comments are. */
export function forbiddenWords(project: Project): string[] {
  const found: string[] = []
  for (const file of project.files) {
    for (const { text, line } of file.scan.comments) found.push(...findIn(text, file.path, line))
    if (!file.path.startsWith('test/')) continue
    for (const { kind, text, line } of file.scan.tokens) {
      if (kind === 'string' || kind === 'template') found.push(...findIn(text, file.path, line))
    }
  }
  return found
}

export function findIn(text: string, path: string, firstLine: number): string[] {
  const found: string[] = []
  text.split('\n').forEach((line, i) => {
    for (const pattern of FORBIDDEN) {
      const match = pattern.exec(line)
      if (match !== null) found.push(`${path}:${firstLine + i} says ${match[0]}`)
    }
  })
  return found
}
