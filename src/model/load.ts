/** What cells cost, and how stores fare: parts of what is reported to PD. */

/** What a cell has cost its leader in the last `forMs`. */
export interface CellLoad {
  readonly forMs: number
  readonly commands: number
  /** Of commands and of their answers. */
  readonly bytes: number
  readonly cpuMicros: number
  /** The key in the middle of the keys that were asked for; null: none divides them. Absent while they were few. */
  readonly middle?: Uint8Array | null
}

/** What a cell usually costs its leader: commands and bytes a second, and a share of its thread. */
export interface UsualLoad {
  readonly cpu: number
  readonly commands: number
  readonly bytes: number
}

/** How a store and its thread have fared since its report before this one. */
export interface StoreHealth {
  /** Of the file system that it lies on. */
  readonly capacityBytes: number
  readonly freeBytes: number
  /** The longest wait for a sync of its log. */
  readonly syncMs: number
  /** The longest that its thread was late for a timer. */
  readonly lagMs: number
  /** Snapshots that are going out, and that are coming in. */
  readonly snapshotsOut: number
  readonly snapshotsIn: number
}
