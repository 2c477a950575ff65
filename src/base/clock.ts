/** Time is an input. Only this file asks the machine for it. */
export interface Clock {
  /** Milliseconds, with a fraction, from an arbitrary start. Never goes back, and is the same on all threads of the process. */
  monotonicMs(): number
  /** Milliseconds since 1970. May jump. */
  wallMs(): number
}

export const systemClock: Clock = {
  monotonicMs() {
    // hrtime and not performance.now(): the latter starts anew in each thread, and leases are compared over threads.
    const [seconds, nanoseconds] = process.hrtime()
    return seconds * 1000 + nanoseconds / 1e6
  },
  wallMs() {
    return Date.now()
  },
}
