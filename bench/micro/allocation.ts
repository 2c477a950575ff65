/** How much memory a function asks for: what the heap has grown by, and what collections took away meanwhile. */
import { GCProfiler } from 'node:v8'

const MEASURED_MS = 200
const CALLS_MAX = 2000

/** Bytes per call, of the heap and of array buffers. `callMs`: about how long one takes. */
export async function allocatedBytes(run: () => void | Promise<void>, callMs: number): Promise<number> {
  const calls = Math.max(5, Math.min(CALLS_MAX, Math.floor(MEASURED_MS / Math.max(callMs, 0.001))))
  const profiler = new GCProfiler()
  profiler.start()
  const before = held()
  for (let i = 0; i < calls; i++) {
    // A promise that is not waited for needs no memory either.
    const promise = run()
    if (promise !== undefined) await promise
  }
  const after = held()
  let collected = 0
  for (const { beforeGC, afterGC } of profiler.stop().statistics) {
    collected += inUse(beforeGC.heapStatistics) - inUse(afterGC.heapStatistics)
  }
  return Math.max(0, (after - before + collected) / calls)
}

function held(): number {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

function inUse(heap: { usedHeapSize: number; externalMemory: number }): number {
  return heap.usedHeapSize + heap.externalMemory
}
