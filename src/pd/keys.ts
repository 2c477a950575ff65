/**
 * What of PD must survive it, as ordinary keys of the system range. Permanent: a name here never changes its meaning.
 */
export const pdKeys = {
  /** Decimal. Raised by one at each start of a PD: who holds an older one gives no ids and no orders any more (rule 31). */
  generation: 'pd/generation',
  /** Decimal. Every id below it may have been given. */
  idWatermark: 'pd/id-watermark',
} as const
