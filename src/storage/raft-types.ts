export class Entry {
  readonly term: number
  readonly index: number
  readonly type: 0 | 1 | 2
  readonly data: Uint8Array
  constructor(term: number, index: number, type: 0 | 1 | 2, data: Uint8Array) {
    this.term = term
    this.index = index
    this.type = type
    this.data = data
  }
}
export interface HardState {
  term: number
  vote: number
  commit: number
}
export const COMPACTED = -1
export const UNAVAILABLE = -2
export function encodedBytes(entry: Entry): number {
  return entry.data.length + 16
}
