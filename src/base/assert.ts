/** A broken invariant: a bug of ours. Whoever owns the code falls, and its supervisor starts it again. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

/** Stays on in production: a wrong answer costs more than a check. Pass a plain string, so that nothing is built when it holds. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionError(message)
}

/** The end of an exhaustive `switch`: the compiler refuses it when a case is missing. */
export function unreachable(value: never): never {
  throw new AssertionError(`unreachable: ${JSON.stringify(value)}`)
}
