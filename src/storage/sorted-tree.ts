import { compareBytes } from '../base/index.ts'
import type { Pair } from './engine.ts'

/** Few enough that moving half of them is cheap, many enough that the tree is flat: 10^6 keys in four levels. */
const NODE_MAX = 64

/**
 * A node belongs to the tree that made it while that tree's `#owner` is the one in the node; a node of another owner
 * may be seen by a frozen tree and is copied before it is changed.
 *
 * In a leaf `values[i]` belongs to `keys[i]`. In a branch `children[i]` holds the keys from `keys[i]` on, up to
 * `keys[i + 1]`; what is less than `keys[0]` belongs to the first child too.
 */
class Node {
  owner: object
  keys: Uint8Array[]
  values: Uint8Array[]
  children: Node[] | null
  /** Keys and values below, in bytes. */
  bytes: number
  /** Pairs below. */
  count: number

  constructor(owner: object, keys: Uint8Array[], values: Uint8Array[], children: Node[] | null) {
    this.owner = owner
    this.keys = keys
    this.values = values
    this.children = children
    this.bytes = 0
    this.count = 0
  }
}

/**
 * An ordered map from bytes to bytes, of which a copy is made in no time: a B+-tree that copies on write.
 *
 * Nodes are not joined when they run low, only dropped when they are empty: what is deleted here is mostly deleted
 * by the range.
 */
export class SortedTree {
  #owner: object
  #root: Node

  constructor() {
    this.#owner = {}
    this.#root = new Node(this.#owner, [], [], null)
  }

  get count(): number {
    return this.#root.count
  }

  get bytes(): number {
    return this.#root.bytes
  }

  /** A tree with the same pairs; neither sees what is changed in the other from now on. */
  clone(): SortedTree {
    const other = new SortedTree()
    other.#root = this.#root
    // Both get new owners, so both copy what they share before they change it.
    this.#owner = {}
    return other
  }

  get(key: Uint8Array): Uint8Array | null {
    let node = this.#root
    while (node.children !== null) node = node.children[childFor(node, key)] as Node
    const at = lowerBound(node.keys, key)
    const found = node.keys[at]
    return found !== undefined && compareBytes(found, key) === 0 ? (node.values[at] as Uint8Array) : null
  }

  set(key: Uint8Array, value: Uint8Array): void {
    this.#root = this.#own(this.#root)
    const right = this.#set(this.#root, key, value)
    if (right === null) return
    const left = this.#root
    this.#root = new Node(this.#owner, [left.keys[0] as Uint8Array, right.keys[0] as Uint8Array], [], [left, right])
    recount(this.#root)
  }

  delete(key: Uint8Array): void {
    if (this.get(key) === null) return
    this.#root = this.#own(this.#root)
    this.#deleteRange(this.#root, key, null, true)
    this.#lower()
  }

  /** Everything from `start` up to, and without, `end`. */
  deleteRange(start: Uint8Array, end: Uint8Array): void {
    if (compareBytes(start, end) >= 0) return
    this.#root = this.#own(this.#root)
    this.#deleteRange(this.#root, start, end, false)
    this.#lower()
  }

  /** Calls `visit` for each pair of [start, end) in order, until it returns false. */
  scan(start: Uint8Array, end: Uint8Array, visit: (key: Uint8Array, value: Uint8Array) => boolean): void {
    scanNode(this.#root, start, end, visit)
  }

  /** Keys and values within [start, end), exactly. */
  bytesWithin(start: Uint8Array, end: Uint8Array): number {
    return compareBytes(start, end) >= 0 ? 0 : bytesBefore(this.#root, end) - bytesBefore(this.#root, start)
  }

  /** Returns the right half when the node had to be split. */
  #set(node: Node, key: Uint8Array, value: Uint8Array): Node | null {
    if (node.children === null) {
      const at = lowerBound(node.keys, key)
      const found = node.keys[at]
      if (found !== undefined && compareBytes(found, key) === 0) {
        node.bytes += value.length - (node.values[at] as Uint8Array).length
        node.values[at] = value
        return null
      }
      node.keys.splice(at, 0, key)
      node.values.splice(at, 0, value)
      node.bytes += key.length + value.length
      node.count++
    } else {
      const at = childFor(node, key)
      const child = this.#ownChild(node.children, at)
      node.bytes -= child.bytes
      node.count -= child.count
      const right = this.#set(child, key, value)
      node.bytes += child.bytes
      node.count += child.count
      if (right !== null) {
        node.keys.splice(at + 1, 0, right.keys[0] as Uint8Array)
        node.children.splice(at + 1, 0, right)
        node.bytes += right.bytes
        node.count += right.count
      }
    }
    return node.keys.length > NODE_MAX ? this.#split(node) : null
  }

  #split(node: Node): Node {
    const middle = node.keys.length >>> 1
    const right = new Node(
      this.#owner,
      node.keys.splice(middle),
      node.values.splice(middle),
      node.children === null ? null : node.children.splice(middle),
    )
    recount(right)
    node.bytes -= right.bytes
    node.count -= right.count
    return right
  }

  /** One key (`end` is null then) or all of a range. */
  #deleteRange(node: Node, start: Uint8Array, end: Uint8Array | null, one: boolean): void {
    if (node.children === null) {
      const from = lowerBound(node.keys, start)
      const to = one ? from + 1 : lowerBound(node.keys, end as Uint8Array)
      node.keys.splice(from, to - from)
      node.values.splice(from, to - from)
    } else {
      const first = childFor(node, start)
      const last = one ? first : childFor(node, end as Uint8Array)
      // Children strictly between lie within the range whole.
      for (const at of first === last ? [first] : [last, first]) {
        this.#deleteRange(this.#ownChild(node.children, at), start, end, one)
      }
      const keep = (at: number) => (at <= first || at >= last) && (node.children as Node[])[at]?.count !== 0
      const children = node.children.filter((_, at) => keep(at))
      node.keys = node.keys.filter((_, at) => keep(at))
      node.children = children
    }
    recount(node)
  }

  /** Takes away what levels are no longer needed. */
  #lower(): void {
    while (this.#root.children !== null && this.#root.children.length <= 1) {
      this.#root = this.#root.children[0] ?? new Node(this.#owner, [], [], null)
    }
  }

  #own(node: Node): Node {
    if (node.owner === this.#owner) return node
    const copy = new Node(this.#owner, node.keys.slice(), node.values.slice(), node.children?.slice() ?? null)
    copy.bytes = node.bytes
    copy.count = node.count
    return copy
  }

  #ownChild(children: Node[], at: number): Node {
    const child = this.#own(children[at] as Node)
    children[at] = child
    return child
  }
}

/** Puts pairs into `pairs` within the limits; true when there was one more than they permit. */
export function scanTree(
  tree: SortedTree,
  start: Uint8Array,
  end: Uint8Array,
  limits: { pairsMax: number; bytesMax: number },
  pairs: Pair[],
): boolean {
  let bytes = 0
  let more = false
  tree.scan(start, end, (key, value) => {
    bytes += key.length + value.length
    more = pairs.length > 0 && (pairs.length >= limits.pairsMax || bytes > limits.bytesMax)
    if (!more) pairs.push({ key, value })
    return !more
  })
  return more
}

/** Where the first key lies that is not less than `key`. */
function lowerBound(keys: Uint8Array[], key: Uint8Array): number {
  let low = 0
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareBytes(keys[middle] as Uint8Array, key) < 0) low = middle + 1
    else high = middle
  }
  return low
}

/** The last child whose keys may be `key` or less. */
function childFor(node: Node, key: Uint8Array): number {
  const { keys } = node
  let low = 1
  let high = keys.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareBytes(keys[middle] as Uint8Array, key) <= 0) low = middle + 1
    else high = middle
  }
  return low - 1
}

function recount(node: Node): void {
  let bytes = 0
  let count = 0
  if (node.children === null) {
    count = node.keys.length
    for (let i = 0; i < count; i++) {
      bytes += (node.keys[i] as Uint8Array).length + (node.values[i] as Uint8Array).length
    }
  } else {
    for (const child of node.children) {
      bytes += child.bytes
      count += child.count
    }
  }
  node.bytes = bytes
  node.count = count
}

function scanNode(
  node: Node,
  start: Uint8Array,
  end: Uint8Array,
  visit: (key: Uint8Array, value: Uint8Array) => boolean,
): boolean {
  if (node.children === null) {
    for (let at = lowerBound(node.keys, start); at < node.keys.length; at++) {
      const key = node.keys[at] as Uint8Array
      if (compareBytes(key, end) >= 0 || !visit(key, node.values[at] as Uint8Array)) return false
    }
    return true
  }
  for (let at = childFor(node, start); at < node.children.length; at++) {
    if (!scanNode(node.children[at] as Node, start, end, visit)) return false
  }
  return true
}

function bytesBefore(node: Node, key: Uint8Array): number {
  if (node.children !== null) {
    const at = childFor(node, key)
    let bytes = 0
    for (let i = 0; i < at; i++) bytes += (node.children[i] as Node).bytes
    return bytes + bytesBefore(node.children[at] as Node, key)
  }
  const at = lowerBound(node.keys, key)
  let bytes = 0
  for (let i = 0; i < at; i++) bytes += (node.keys[i] as Uint8Array).length + (node.values[i] as Uint8Array).length
  return bytes
}
