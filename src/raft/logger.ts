/**
 * Where a node tells what it does, one line a call. Optional everywhere, and called as `logger?.info(…)`: without a
 * logger no line is even put together.
 */
export interface Logger {
  debug(line: string): void
  info(line: string): void
  warn(line: string): void
  error(line: string): void
}
