/**
 * When those who have nothing to do but to look at the time do so. Of a wake-up of a thread most of the price is the
 * waking, so they have moments in common: an executor is woken once for all of its actors, and what executors tell one
 * another then finds the other one awake.
 */

export const BEAT_MS = 250

/** From now until a moment that is a multiple of so many beats; not less than half of that, for timers are not exact. */
export function untilBeatMs(nowMs: number, beats: number): number {
  const everyMs = beats * BEAT_MS
  const untilMs = everyMs - (nowMs % everyMs)
  return untilMs < everyMs / 2 ? untilMs + everyMs : untilMs
}
