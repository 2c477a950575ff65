/** What has been begun is done before something else is measured. */

export interface Rest {
  /** CPU of all that is to be at rest, in seconds since it began. */
  cpuSeconds(): number
  readonly everyMs: number
  /** Less than this part of one core… */
  readonly share: number
  /** …so many times in a row. */
  readonly times: number
  readonly looksMax: number
}

/** Until next to nothing is used for a while, or it has been looked at often enough. */
export async function untilAtRest({ cpuSeconds, everyMs, share, times, looksMax }: Rest): Promise<void> {
  let before = cpuSeconds()
  for (let quiet = 0, looks = 0; quiet < times && looks < looksMax; looks++) {
    await new Promise((resolve) => setTimeout(resolve, everyMs))
    const now = cpuSeconds()
    quiet = (now - before) * 1000 < everyMs * share ? quiet + 1 : 0
    before = now
  }
}
