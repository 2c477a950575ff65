import type { Logger } from '../../src/raft/index.ts'

export const LEVELS = ['DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL', 'NONE'] as const
export type Level = (typeof LEVELS)[number]

/** What a command prints: the harness's words and Raft's log lines, in the order in which they come. */
export class Output implements Logger {
  level: Level = 'DEBUG'
  #buffer = ''

  /** At NONE nothing at all is printed, by nobody. */
  get isQuiet(): boolean {
    return this.level === 'NONE'
  }

  get text(): string {
    return this.#buffer
  }

  clear(): void {
    this.#buffer = ''
  }

  write(text: string): void {
    if (!this.isQuiet) this.#buffer += text
  }

  /** Each line that `block` prints is set in by two blanks, and ended. */
  indented(block: () => void): void {
    const before = this.#buffer
    this.#buffer = ''
    block()
    const lines = this.#buffer.split('\n')
    if (lines[lines.length - 1] === '') lines.pop()
    this.#buffer = before + lines.map((line) => `  ${line}\n`).join('')
  }

  debug(line: string): void {
    this.#log('DEBUG', line)
  }

  info(line: string): void {
    this.#log('INFO', line)
  }

  warn(line: string): void {
    this.#log('WARN', line)
  }

  error(line: string): void {
    this.#log('ERROR', line)
  }

  #log(level: Level, line: string): void {
    if (LEVELS.indexOf(this.level) <= LEVELS.indexOf(level)) this.write(`${level} ${line}\n`)
  }
}

export function parseLevel(text: string): Level {
  const level = LEVELS.find((each) => each === text.toUpperCase())
  if (level === undefined) throw new Error(`log levels must be one of ${LEVELS.join(', ')}`)
  return level
}
