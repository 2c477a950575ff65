/**
 * A disk on memory and virtual time, as bad as a real one may be.
 *
 * `crash` forgets what was not synced: of each write that no finished sync had carried, some sectors survive and some
 * do not, and one may be torn in its middle; of the changes of names, only the first few. Callbacks of the process
 * that crashed never come, and its open files are dead. A sync may fail, after which what it should have carried is
 * seen until the crash but is never durable, whatever later syncs say. The disk may fill, be slow, and rot.
 */
import { assert, type Random } from '../../src/base/index.ts'
import type { Disk, DiskDone, DiskFile } from '../../src/storage/index.ts'

const SECTOR_BYTES = 512

export type Schedule = (delayMs: number, run: () => void) => void

interface PendingWrite {
  readonly offset: number
  readonly before: Uint8Array
  readonly after: Uint8Array
  /** A sync that should have carried it has failed. */
  phantom: boolean
}

interface Inode {
  bytes: Uint8Array
  pending: PendingWrite[]
  /** Where what was synced lies, in the order written, since the file was begun anew. */
  synced: { readonly offset: number; readonly end: number }[]
}

/** So many of the last writes of a file are left alone by `rotSynced`: only what is behind them proves that they were whole. */
const FRESH_WRITES = 3

interface NameChange {
  readonly directory: string
  apply(names: Map<string, Inode>): void
}

export class SimulatedDisk implements Disk {
  /** How long a sync takes, from and to. */
  syncMs: [number, number] = [0.1, 2]
  /** How long it takes to fill a new file, from and to. */
  createMs: [number, number] = [1, 20]
  /** What all files together may hold. */
  capacityBytes = Number.POSITIVE_INFINITY
  /** So many of the next syncs fail. */
  failingSyncs = 0
  /** Asked when one is about to: may it still? If not, none does. */
  mayFail: () => boolean = () => true
  /** So many of the next writes throw. */
  failingWrites = 0
  /** Of all crashes: writes that were lost, in whole or in part, and sectors that were torn. */
  lostWrites = 0
  tornSectors = 0
  readonly #random: Random
  readonly #schedule: Schedule
  /** Grows with each crash: what belongs to an older life is dead. */
  #life = 0
  #directories = new Set<string>()
  #names = new Map<string, Inode>()
  readonly #durableNames = new Map<string, Inode>()
  #nameChanges: NameChange[] = []

  constructor(schedule: Schedule, random: Random) {
    this.#schedule = schedule
    this.#random = random
  }

  /** The process dies, and the power with it. What survives is found by whoever opens files next. */
  crash(): void {
    this.#life++
    const survivors = this.#random.between(0, this.#nameChanges.length)
    for (const change of this.#nameChanges.slice(0, survivors)) change.apply(this.#durableNames)
    this.#nameChanges = []
    this.#names = new Map(this.#durableNames)
    for (const inode of new Set(this.#names.values())) this.#settle(inode)
  }

  /** The process dies, and the power stays: what it wrote is seen by whoever comes next, and is not durable by that. */
  kill(): void {
    this.#life++
  }

  /** Flips one bit of what lies at `offset`. */
  rot(path: string, offset: number): void {
    const { bytes } = this.#inode(path)
    assert(offset < bytes.length, 'there is nothing that could rot')
    bytes[offset] = (bytes[offset] as number) ^ (1 << this.#random.below(8))
  }

  /** Flips one bit of something that was synced in a file of that directory, and was followed by more. False: there is none. */
  rotSynced(directory: string): boolean {
    const places: { readonly path: string; readonly offset: number; readonly end: number }[] = []
    for (const [path, inode] of this.#names) {
      if (!path.startsWith(`${directory}/`)) continue
      for (const { offset, end } of inode.synced.slice(0, -FRESH_WRITES)) places.push({ path, offset, end })
    }
    if (places.length === 0) return false
    const { path, offset, end } = this.#random.pick(places)
    this.rot(path, this.#random.between(offset, end - 1))
    return true
  }

  get usedBytes(): number {
    let bytes = 0
    for (const inode of new Set(this.#names.values())) bytes += inode.bytes.length
    return bytes
  }

  makeDirectory(directory: string): void {
    this.#directories.add(directory)
  }

  list(directory: string): string[] {
    const within = `${directory}/`
    const names: string[] = []
    for (const path of this.#names.keys()) if (path.startsWith(within)) names.push(path.slice(within.length))
    return names.sort()
  }

  size(path: string): number {
    return this.#inode(path).bytes.length
  }

  read(path: string): Uint8Array {
    return this.#inode(path).bytes.slice()
  }

  replace(path: string, bytes: Uint8Array): void {
    this.#requireDirectory(path)
    this.#requireRoom(bytes.length - (this.#names.get(path)?.bytes.length ?? 0))
    const inode: Inode = { bytes: new Uint8Array(bytes), pending: [], synced: [] }
    // Synced with its directory: no change of a name before it is lost either.
    this.#names.set(path, inode)
    this.#nameChanges.push({ directory: parentOf(path), apply: (names) => names.set(path, inode) })
    this.#makeDurable(this.#changesIn(parentOf(path)))
  }

  create(path: string, bytes: number, done: (error: Error | null, file: DiskFile | null) => void): void {
    this.#requireDirectory(path)
    this.#later(this.createMs, () => {
      try {
        this.#requireRoom(bytes)
      } catch (error) {
        done(error as Error, null)
        return
      }
      const inode: Inode = { bytes: new Uint8Array(bytes), pending: [], synced: [] }
      this.#names.set(path, inode)
      this.#nameChanges.push({ directory: parentOf(path), apply: (names) => names.set(path, inode) })
      this.#makeDurable(this.#changesIn(parentOf(path)))
      done(null, this.#file(inode))
    })
  }

  open(path: string): DiskFile {
    return this.#file(this.#inode(path))
  }

  syncFile(path: string): void {
    const inode = this.#inode(path)
    if (this.#syncFails()) {
      for (const write of inode.pending) write.phantom = true
      throw new Error('EIO: simulated sync error')
    }
    this.#carry(inode, inode.pending)
  }

  rename(from: string, to: string): void {
    assert(parentOf(from) === parentOf(to), 'a file is renamed within its directory')
    const inode = this.#inode(from)
    this.#names.delete(from)
    this.#names.set(to, inode)
    const apply = (names: Map<string, Inode>): void => {
      names.delete(from)
      names.set(to, inode)
    }
    this.#nameChanges.push({ directory: parentOf(from), apply })
  }

  remove(path: string): void {
    this.#inode(path)
    this.#names.delete(path)
    this.#nameChanges.push({ directory: parentOf(path), apply: (names) => names.delete(path) })
  }

  syncDirectory(directory: string, done: DiskDone): void {
    const carried = this.#changesIn(directory)
    this.#later(this.syncMs, () => {
      this.#makeDurable(carried)
      done(null)
    })
  }

  #file(inode: Inode): DiskFile {
    const life = this.#life
    const alive = (): void => assert(life === this.#life, 'a file of a process that crashed')
    return {
      bytes: inode.bytes.length,
      write: (bytes, offset) => {
        alive()
        if (this.failingWrites > 0) {
          this.failingWrites--
          throw new Error('EIO: simulated write error')
        }
        assert(offset + bytes.length <= inode.bytes.length, 'a preallocated file is written behind its end')
        // Copies from the pool: a piece of memory of its own costs more than what is put into it.
        const before = Buffer.from(inode.bytes.subarray(offset, offset + bytes.length))
        inode.bytes.set(bytes, offset)
        inode.pending.push({ offset, before, after: Buffer.from(bytes), phantom: false })
      },
      sync: (done) => {
        alive()
        const carried = inode.pending.slice()
        this.#later(this.syncMs, () => {
          if (this.#syncFails()) {
            for (const write of carried) write.phantom = true
            done(new Error('EIO: simulated sync error'))
            return
          }
          this.#carry(inode, carried)
          done(null)
        })
      },
      close: () => {},
    }
  }

  #syncFails(): boolean {
    if (this.failingSyncs > 0 && !this.mayFail()) this.failingSyncs = 0
    if (this.failingSyncs === 0) return false
    this.failingSyncs--
    return true
  }

  /** A sync is done, and these writes are durable, but for those that an earlier one should have carried. */
  #carry(inode: Inode, carried: readonly PendingWrite[]): void {
    inode.pending = inode.pending.filter((write) => write.phantom || !carried.includes(write))
    for (const { offset, after } of carried) {
      // A segment that is used again begins at its beginning.
      if (offset < (inode.synced.at(-1)?.end ?? 0)) inode.synced = []
      inode.synced.push({ offset, end: offset + after.length })
    }
  }

  /** What a crash leaves of the writes that were not synced. */
  #settle(inode: Inode): void {
    for (const { offset, before } of inode.pending.slice().reverse()) inode.bytes.set(before, offset)
    const all = this.#random.chance(0.2)
    const none = !all && this.#random.chance(0.3)
    for (const { offset, after } of inode.pending) {
      let at = 0
      let whole = true
      while (at < after.length) {
        const end = Math.min(after.length, at + SECTOR_BYTES - ((offset + at) % SECTOR_BYTES))
        const survives = all || (!none && this.#random.chance(0.7))
        const torn = !all && this.#random.chance(0.05) ? this.#random.between(at, end) : end
        if (survives) inode.bytes.set(after.subarray(at, torn), offset + at)
        if (survives && torn < end) this.tornSectors++
        if (!survives || torn < end) whole = false
        at = end
      }
      if (!whole) this.lostWrites++
    }
    inode.pending = []
  }

  #changesIn(directory: string): NameChange[] {
    return this.#nameChanges.filter((change) => change.directory === directory)
  }

  #makeDurable(changes: NameChange[]): void {
    // Another sync may have carried some of them in the meantime.
    for (const change of changes) if (this.#nameChanges.includes(change)) change.apply(this.#durableNames)
    this.#nameChanges = this.#nameChanges.filter((change) => !changes.includes(change))
  }

  #later([fromMs, toMs]: [number, number], run: () => void): void {
    const life = this.#life
    this.#schedule(fromMs + (toMs - fromMs) * this.#random.float(), () => {
      if (life === this.#life) run()
    })
  }

  #inode(path: string): Inode {
    const inode = this.#names.get(path)
    if (inode === undefined) throw new Error(`ENOENT: no such simulated file: ${path}`)
    return inode
  }

  #requireDirectory(path: string): void {
    if (!this.#directories.has(parentOf(path))) throw new Error(`ENOENT: no such simulated directory: ${path}`)
  }

  #requireRoom(bytes: number): void {
    if (this.usedBytes + bytes > this.capacityBytes) throw new Error('ENOSPC: simulated disk is full')
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'))
}
