/** Small ascending arrays of ids used as sets. Groups have a handful of members: an array is smaller and faster than a Set. */

export function withId(ids: readonly number[], id: number): number[] {
  if (ids.includes(id)) return ids.slice()
  const all = [...ids, id]
  all.sort(ascending)
  return all
}

export function withoutId(ids: readonly number[], id: number): number[] {
  return ids.filter((other) => other !== id)
}

/** Every id of either, once, ascending. */
export function union(a: readonly number[], b: readonly number[]): number[] {
  let all = a.slice()
  for (const id of b) all = withId(all, id)
  return all
}

/** How many ids stand in one of the two only. */
export function differenceCount(a: readonly number[], b: readonly number[]): number {
  let count = 0
  for (const id of a) if (!b.includes(id)) count++
  for (const id of b) if (!a.includes(id)) count++
  return count
}

export function sortedIds(ids: Iterable<number>): number[] {
  return [...new Set(ids)].sort(ascending)
}

function ascending(a: number, b: number): number {
  return a - b
}
