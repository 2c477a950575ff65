/** How much room a disk has. */
import { statfsSync } from 'node:fs'
import type { Space } from '../store/index.ts'

/** Of a file system that cannot be asked nothing is known. */
export function spaceOf(directory: string): Space {
  try {
    const { bsize, blocks, bavail } = statfsSync(directory)
    return { capacityBytes: bsize * blocks, freeBytes: bsize * bavail }
  } catch {
    return { capacityBytes: 0, freeBytes: 0 }
  }
}
