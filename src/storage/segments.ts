/**
 * The files of a log: which are live, which comes next, which are spare.
 *
 * The next segment is made ready ahead of need and off the executor's thread: a spare one is renamed (a sync of a
 * file whose blocks exist is twice as fast as of one that grows), else a new one is filled with zeros. Either way its
 * name is durable before a byte is written to it. A number is never used twice, so stale batches in a spare file,
 * whose checksums are good, name another segment and are not read.
 */
import { assert } from '../base/index.ts'
import type { Disk, DiskFile } from './disk.ts'
import { LOG_FILES } from './format.ts'
import type { Pinned } from './pins.ts'

export class Segment {
  readonly number: number
  readonly path: string
  /** Open while it may be written. */
  file: DiskFile | null
  /** Where the next batch goes. */
  used: number
  readonly pins: Set<Pinned>

  constructor(number: number, path: string, file: DiskFile | null) {
    this.number = number
    this.path = path
    this.file = file
    this.used = 0
    this.pins = new Set()
  }
}

export function segmentPath(directory: string, number: number): string {
  return `${directory}/${String(number).padStart(16, '0')}${LOG_FILES.segmentEnding}`
}

/** The number in the name of a segment; null for any other file. */
export function segmentNumber(name: string): number | null {
  const match = /^(\d{16})\.segment$/.exec(name)
  return match === null ? null : Number(match[1])
}

export interface SegmentsOptions {
  directory: string
  segmentBytes: number
  sparesMax: number
}

export class Segments {
  /** Oldest first; the last is the active one, once there is one. */
  readonly live: Segment[]
  active: Segment | null
  full: boolean
  readonly #disk: Disk
  readonly #options: SegmentsOptions
  /** Called when a next segment is ready, or when it is known that none can be had. */
  readonly #changed: () => void
  readonly #spares: string[]
  #highest: number
  #next: Segment | null
  #preparing: boolean
  #closed: (() => void) | null

  constructor(
    disk: Disk,
    options: SegmentsOptions,
    recovered: { live: Segment[]; leftovers: string[]; highest: number },
    changed: () => void,
  ) {
    this.live = recovered.live
    this.active = null
    this.full = false
    this.#disk = disk
    this.#options = options
    this.#changed = changed
    this.#spares = []
    this.#highest = recovered.highest
    this.#next = null
    this.#preparing = false
    this.#closed = null
    for (const path of recovered.leftovers) this.#spare(path)
  }

  get ready(): boolean {
    return this.#next !== null
  }

  /** The next segment becomes the active one. Only when it is ready. */
  rotate(): Segment {
    const next = this.#next as Segment
    this.active?.file?.close()
    if (this.active !== null) this.active.file = null
    this.active = next
    this.live.push(next)
    this.#next = null
    this.prepare()
    return next
  }

  prepare(): void {
    if (this.#preparing || this.#next !== null || this.#closed !== null) return
    this.#preparing = true
    const number = this.#highest + 1
    const path = segmentPath(this.#options.directory, number)
    const spare = this.#spares.pop()
    if (spare === undefined) {
      this.#disk.create(path, this.#options.segmentBytes, (error, file) => this.#prepared(error, number, path, file))
      return
    }
    // The number is spent whatever comes of it: half a rename must not meet a second one.
    this.#highest = number
    try {
      this.#disk.rename(spare, path)
    } catch (error) {
      this.#prepared(error as Error, number, path, null)
      return
    }
    this.#disk.syncDirectory(this.#options.directory, (error) => this.#renamed(error, number, path))
  }

  #renamed(error: Error | null, number: number, path: string): void {
    let file: DiskFile | null = null
    try {
      if (error === null) file = this.#disk.open(path)
    } catch (openError) {
      error = openError as Error
    }
    this.#prepared(error, number, path, file)
  }

  #prepared(error: Error | null, number: number, path: string, file: DiskFile | null): void {
    this.#preparing = false
    if (error === null) {
      this.#highest = number
      this.#next = new Segment(number, path, file)
    }
    this.full = error !== null
    if (this.#closed !== null) this.#close()
    else this.#changed()
  }

  /** Nothing before the segment `oldest` is needed any more, and the disk knows it. */
  free(oldest: number): void {
    let freed = false
    while (this.live.length > 0 && (this.live[0] as Segment).number < oldest) {
      const segment = this.live.shift() as Segment
      assert(segment.pins.size === 0 && segment !== this.active, 'a segment is freed that is needed')
      this.#spare(segment.path)
      freed = true
    }
    if (freed && this.full) this.prepare()
  }

  #spare(path: string): void {
    const fits = this.#spares.length < this.#options.sparesMax && this.#disk.size(path) === this.#options.segmentBytes
    if (fits) this.#spares.push(path)
    else this.#disk.remove(path)
  }

  /** Waits until nothing is being prepared, then gives back the files. */
  close(done: () => void): void {
    this.#closed = done
    if (!this.#preparing) queueMicrotask(() => this.#close())
  }

  #close(): void {
    this.#next?.file?.close()
    this.active?.file?.close()
    this.#next = null
    this.active = null
    const done = this.#closed as () => void
    this.#closed = () => {}
    done()
  }
}
