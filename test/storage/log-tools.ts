import { latin1, utf8 } from '../../src/base/index.ts'
import { Entry, type EntryType } from '../../src/raft/index.ts'
import type { GroupLog, RaftLog } from '../../src/storage/index.ts'

export const START = { index: 0, term: 0 }
export const NO_STATE = { term: 0, vote: 0, commit: 0 }

export function entry(term: number, index: number, data = `${term}/${index}`, type: EntryType = 0): Entry {
  return new Entry(term, index, type, utf8(data))
}

/** Entries of one term with consecutive indexes. */
export function entries(term: number, from: number, to: number, bytes = 0): Entry[] {
  const list: Entry[] = []
  for (let index = from; index <= to; index++) list.push(entry(term, index, `${term}/${index}`.padEnd(bytes, '.')))
  return list
}

export function all(group: GroupLog): readonly Entry[] {
  return group.entries(group.firstIndex(), group.lastIndex() + 1, Number.MAX_SAFE_INTEGER) ?? []
}

export function flushed(log: RaftLog): Promise<void> {
  return new Promise((resolve, reject) => log.flush((error) => (error === null ? resolve() : reject(error))))
}

export function closed(log: RaftLog): Promise<void> {
  return new Promise((resolve, reject) => log.close((error) => (error === null ? resolve() : reject(error))))
}

export function describeEntry(entry: Entry): string {
  return `${entry.index}:${entry.term}:${entry.type}:${latin1(entry.data)}`
}

/** Everything that a log holds, in a shape that can be compared. */
export function dump(log: RaftLog): object {
  const groups = [...log.groups()].map((group) => ({
    store: group.store,
    cell: group.cell,
    peer: group.peer,
    hardState: { ...group.hardState },
    installing: group.installingIndex,
    start: { index: group.firstIndex() - 1, term: group.term(group.firstIndex() - 1) },
    bytes: group.bytes,
    entries: all(group).map(describeEntry),
  }))
  const tombstones = [...log.tombstones()].map(({ store, cell, peer, confVer }) => ({ store, cell, peer, confVer }))
  const byId = (a: { store: number; cell: number }, b: { store: number; cell: number }): number =>
    a.store - b.store || a.cell - b.cell
  return { groups: groups.sort(byId), tombstones: tombstones.sort(byId) }
}
