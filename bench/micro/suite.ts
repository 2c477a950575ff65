/** What a file of this folder gives: a few things to be done again and again, and how many of them one call does. */

export interface MicroTask {
  readonly name: string
  /** In one call of `run`: a call should take some tens of microseconds, or the clock is what is measured. */
  readonly operations: number
  run(): void | Promise<void>
}

export interface MicroSuite {
  readonly name: string
  /** What one operation is. */
  readonly about: string
  /** `directory` is empty and goes away afterwards. */
  open(directory: string): Promise<{ readonly tasks: readonly MicroTask[]; close(): void | Promise<void> }>
}
