/**
 * The ground floor: what every room may use and what uses no room. Pure, but for the system clock.
 */
export { AssertionError, assert, unreachable } from './assert.ts'
export * from './bytes.ts'
export { type Clock, systemClock } from './clock.ts'
export { CellariumError, type ErrorCode, errorCodes, SetUpError } from './errors.ts'
export { Random } from './random.ts'
