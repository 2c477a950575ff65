import type { Edges } from './types.ts'

/** A typed name for something an executor's maker passes in. */
export interface EdgeToken<T> {
  readonly name: string
  /** Never there: it only carries the type. */
  readonly type?: T
}

/** `const disk = edge<Disk>('disk')`, and then `ctx.edge(disk)`. */
export function edge<T>(name: string): EdgeToken<T> {
  return { name }
}

/** Without a default: an edge that is not there is an error. */
export function findEdge(edges: Edges, name: string, otherwise?: null): unknown {
  const found = edges instanceof Map ? edges.get(name) : (edges as Readonly<Record<string, unknown>>)[name]
  if (found !== undefined) return found
  if (otherwise === undefined) throw new Error(`this executor has no edge named ${name}`)
  return otherwise
}
