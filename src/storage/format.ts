/**
 * Everything that is permanent on disk, in one table.
 *
 * These numbers and names NEVER change their meaning and are never used for something else: a directory written
 * today is read by every later version. What is no longer written keeps its line, marked as such. What is new gets a
 * new number, and `FORMAT_VERSION` grows when an older program could not read it.
 */

/** A directory with a greater number was written by a newer program, and is refused. */
export const FORMAT_VERSION = 1

/** Names of files within the directory of a raft log. */
export const LOG_FILES = {
  /** JSON: `{format, identity, incarnation}`; replaced whole at every start, before anything else is written. */
  head: 'log.json',
  /** Present once a sync has failed: what the page cache held then is not to be trusted, so nothing is read again. */
  lost: 'lost',
  /** Segments: sixteen decimal digits and this. */
  segmentEnding: '.segment',
} as const

/** The first four bytes of every batch: "CELL" when read as text. */
export const BATCH_MAGIC = 0x4c4c4543

/**
 * Header of a batch, little-endian. Batches begin at multiples of eight bytes, so that a scan finds them.
 *
 * ```
 *  0 magic u32      4 crc u32 (of everything from byte 8 to the end)
 *  8 length u32 (records after the header)    12 count u32 (of records)
 * 16 identity u32 (of the log)                20 incarnation u32 (grows with each opening)
 * 24 segment u64                              32 batch number u64 (one more than the batch before, over all segments)
 * 40 durableTo u64 (last batch known to be synced when this one was written)
 * 48 oldest u64 (the first segment that is still needed when this batch is here)
 * ```
 */
export const BATCH_HEADER_BYTES = 56
export const BATCH_ALIGNMENT = 8

/** What a record says. Each opens with the whole small state of its group, so the newest record tells all but the entries. */
export const RECORD = {
  /** The state of a group, and entries (perhaps none) that follow on or take the place of what is at their indexes. */
  append: 1,
  /** The log of the group begins anew after `start`: what was before is gone (birth, snapshot, take-over). */
  restart: 2,
  /** The peer was removed: the group is gone; `extra` is the confVer of the removal. */
  tombstone: 3,
} as const

/**
 * Header of a record, little-endian.
 *
 * ```
 *  0 length u32 (with this header)   4 kind u8   5 zero u24
 *  8 store u32                      12 count u32 (of entries)
 * 16 cell u64     24 peer u64
 * 32 term u64     40 vote u64       48 commit u64
 * 56 start.index u64                64 start.term u64
 * 72 extra u64 (index of the snapshot being installed, 0 if none; confVer in a tombstone)
 * 80 index u64 of the first entry
 * ```
 */
export const RECORD_HEADER_BYTES = 88

/** Before the bytes of each entry: length u32, type u32, term u64. */
export const ENTRY_HEADER_BYTES = 16

/** The first byte of every raw key in the engine. They sort in this order, and the user's keys come last. */
export const SPACE = {
  /** What a store knows of itself: its name, as text, follows. */
  store: 0x01,
  /** A cell's meta: its id follows, eight bytes, big-endian. */
  cell: 0x02,
  /** A piece of a snapshot that has arrived and is not installed yet: cell and piece follow, eight bytes each. */
  staging: 0x03,
} as const

/** The scope byte of a raw data key. The system range sorts outside the user keyspace, before it. */
export const SCOPE = {
  system: 0x10,
  user: 0x20,
} as const

export type Scope = (typeof SCOPE)[keyof typeof SCOPE]

/** A zero within a user key is written as these two bytes, so that nothing in a key looks like its end. */
export const KEY_ESCAPE = 0xff
/** A zero and this end a user key. Less than the escape: a key sorts before what it begins. */
export const KEY_END = 0x01

/** The byte that follows the end of a user key. The main record of a key has none. */
export const SUFFIX = {
  /** A piece of a long value. */
  chunk: 0x10,
  /** An element of a collection. */
  element: 0x20,
} as const

/** The first byte of the data of a normal entry of a cell. An empty entry (a new leader's) has none. */
export const ENTRY_KIND = {
  effects: 1,
  split: 2,
  /**
   * Effects that one entry has no room for: laid out as those of the kind `effects`, which follow in the last entry of
   * the group. They count when that one is committed, and never if another entry stands behind them.
   */
  part: 3,
  /** Of a merge: the first and the last in the log of the cell that is to go, the other two in that of its neighbour. */
  prepareMerge: 4,
  commitMerge: 5,
  refuseMerge: 6,
  rollbackMerge: 7,
} as const

/**
 * What opens the data of an entry of effects, little-endian. Counts are absolute, so that to apply twice is to apply
 * once.
 *
 * ```
 *  0 kind u8   1 zero u8   2 parts u16 (entries of the kind `part` right before this one that belong to it)
 *  4 version u32 (of the cell, at evaluation)
 *  8 stamp f64 (the cell's clock, ms since 1970)
 * 16 keys f64 (in the cell, after this entry)   24 size f64 (bytes, roughly, after this entry)
 * ```
 */
export const ENTRY_PREFIX_BYTES = 32

/** One effect on the raw key space: op u8, key bytes u32, value bytes u32, raw key, raw value. */
export const EFFECT = {
  put: 1,
  delete: 2,
  /** Key and value are the two ends of the range. */
  deleteRange: 3,
} as const
export const EFFECT_HEADER_BYTES = 9

/** The first byte of a raw value in a main record: what the key holds. A second byte holds flags. */
export const VALUE_TYPE = {
  string: 1,
} as const
export const VALUE_FLAG = {
  /** Eight bytes follow, f64: when the key dies, ms since 1970. */
  expires: 1,
  /**
   * A long value: u32 bytes of a chunk and u32 bytes of the value follow, and no bytes of its own. Chunk n, from zero,
   * is the part of the key of the kind SUFFIX.chunk and the suffix n (u32, big-endian); all but the last are full.
   */
  long: 2,
} as const
