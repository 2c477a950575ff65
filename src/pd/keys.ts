/**
 * What of PD must survive it, as ordinary keys of the system range. Permanent: a name here never changes its meaning.
 */
export const pdKeys = {
  /** Decimal. Raised by one at each start of a PD: who holds an older one gives no ids and no orders any more (rule 31). */
  generation: 'pd/generation',
  /** Decimal. Every id below it may have been given. */
  idWatermark: 'pd/id-watermark',
  /** Decimal while the first user cell is being cut into as many; `done` afterwards. Absent: it was never begun. */
  initialCells: 'pd/initial-cells',
  /** Stores by order of a person: `ID offline` or `ID tombstone`, separated by commas. */
  stores: 'pd/stores',
  /** JSON: by store, what a person has set for it (`store-settings.ts`). */
  storeSettings: 'pd/store-settings',
  /** JSON: settings that a person has changed, by name. */
  settings: 'pd/settings',
  /** Schedulers that a person has paused: names, separated by commas. */
  paused: 'pd/paused',
} as const
