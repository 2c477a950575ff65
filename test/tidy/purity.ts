/** Time, chance and the outside world are inputs of a pure room: these words must not stand in one. */
import { pureRooms } from './floors.ts'
import type { Project, SourceFile } from './project.ts'

const FORBIDDEN = new Set([
  ...['Date', 'performance', 'process', 'crypto', 'fetch', 'globalThis', 'async', 'await', 'Promise'],
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'console'],
])

export function impurities(project: Project): string[] {
  const found: string[] = []
  for (const [room, exceptions] of Object.entries(pureRooms)) {
    for (const file of project.in(`src/${room}`)) {
      if (!exceptions.includes(file.path)) found.push(...impuritiesOf(file))
    }
  }
  return found
}

function impuritiesOf(file: SourceFile): string[] {
  const found: string[] = []
  for (const { specifier, line } of file.module.references) {
    if (specifier.startsWith('node:')) found.push(`${file.path}:${line} imports ${specifier}`)
  }
  const { tokens } = file.scan
  for (let i = 0; i < tokens.length; i++) {
    const { kind, text, line } = tokens[i]!
    if (kind !== 'word') continue
    const before = tokens[i - 1]?.text
    const isMember = before === '.' || before === '?.'
    if (FORBIDDEN.has(text) && !isMember) found.push(`${file.path}:${line} says ${text}`)
    if (text === 'random' && isMember && tokens[i - 2]?.text === 'Math') {
      found.push(`${file.path}:${line} says Math.random`)
    }
  }
  return found
}
