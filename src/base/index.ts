/**
 * The ground floor: what every room may use and what uses no room. Pure, but for the system clock.
 *
 * Promises: the same input, the same output, everywhere; bytes are compared as unsigned, and a view never becomes a copy
 * unless the name says so (`copyBytes`). `assert` stays on in production: a broken invariant ends the actor or the
 * thread, and is no error that anyone handles. Errors that a user can see have a code from the table in `errors.ts`.
 */
export { AssertionError, assert, unreachable } from './assert.ts'
export * from './bytes.ts'
export { checkFunction, checkMs, checkOptions, checkSeed, isWhole, shown } from './checks.ts'
export { type Clock, systemClock } from './clock.ts'
export { CellariumError, type ErrorCode, errorCodes, SetUpError } from './errors.ts'
export * from './lazy.ts'
export { Random } from './random.ts'
