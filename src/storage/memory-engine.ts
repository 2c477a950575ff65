import { assert } from '../base/index.ts'
import type { Engine, EngineBatch, EngineSnapshot, Pair, ScanDone, ScanLimits } from './engine.ts'
import { SortedTree, scanTree } from './sorted-tree.ts'

type Later = (run: () => void) => void

/** What a batch does, to a tree. */
function applyBatch(tree: SortedTree, batch: EngineBatch): void {
  for (const { start, end } of batch.deleteRanges) tree.deleteRange(start, end)
  for (let i = 0; i < batch.keys.length; i++) {
    const value = batch.values[i]
    assert(value !== undefined, 'a batch with fewer values than keys')
    if (value === null) tree.delete(batch.keys[i] as Uint8Array)
    // Copies, because the caller may use the bytes again after `done`.
    else tree.set(Buffer.from(batch.keys[i] as Uint8Array), Buffer.from(value))
  }
}

class MemoryEngine implements Engine {
  readonly full = false
  readonly #tree = new SortedTree()
  readonly #later: Later

  constructor(later: Later) {
    this.#later = later
  }

  getMany(keys: readonly Uint8Array[], done: (error: Error | null, values: (Uint8Array | null)[]) => void): void {
    const values = keys.map((key) => this.#tree.get(key))
    this.#later(() => done(null, values))
  }

  write(batch: EngineBatch, done: (error: Error | null) => void): void {
    applyBatch(this.#tree, batch)
    this.#later(() => done(null))
  }

  flush(done: (error: Error | null) => void): void {
    this.#later(() => done(null))
  }

  snapshot(): EngineSnapshot {
    return new TreeSnapshot(this.#tree.clone(), this.#later)
  }

  scan(start: Uint8Array, end: Uint8Array, limits: ScanLimits, done: ScanDone): void {
    laterScan(this.#tree, this.#later, start, end, limits, done)
  }

  approximateBytes(start: Uint8Array, end: Uint8Array, done: (error: Error | null, bytes: number) => void): void {
    const bytes = this.#tree.bytesWithin(start, end)
    this.#later(() => done(null, bytes))
  }

  close(done: (error: Error | null) => void): void {
    this.#later(() => done(null))
  }
}

class TreeSnapshot implements EngineSnapshot {
  #tree: SortedTree | null
  readonly #later: Later

  constructor(tree: SortedTree, later: Later) {
    this.#tree = tree
    this.#later = later
  }

  scan(start: Uint8Array, end: Uint8Array, limits: ScanLimits, done: ScanDone): void {
    assert(this.#tree !== null, 'a snapshot is read after its release')
    laterScan(this.#tree, this.#later, start, end, limits, done)
  }

  release(): void {
    this.#tree = null
  }
}

function laterScan(
  tree: SortedTree,
  later: Later,
  start: Uint8Array,
  end: Uint8Array,
  limits: ScanLimits,
  done: ScanDone,
): void {
  const pairs: Pair[] = []
  const more = scanTree(tree, start, end, limits, pairs)
  later(() => done(null, pairs, more))
}

/** An engine without a disk: nothing outlives it. For `--dir memory`, tests and measurements. */
export function memoryEngine(later: Later = setImmediate): Engine {
  return new MemoryEngine(later)
}
