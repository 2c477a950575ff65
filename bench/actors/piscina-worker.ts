/** The task of `piscina.ts`. */
import type { Parcel } from './contender.ts'

export default function take({ sequence }: Parcel): number {
  return sequence
}
