/** libuv's pool runs the syncs of the raft logs and RocksDB's blocking flushes: these must not wait for each other. */
export function threadPoolAdvice(stores: number): string | null {
  const size = Number(process.env.UV_THREADPOOL_SIZE ?? 4)
  const wanted = Math.min(1024, 4 + 4 * stores)
  if (size >= wanted) return null
  return `UV_THREADPOOL_SIZE is ${size} and should be ${wanted} for ${stores} stores: set it before the program starts, or syncs wait for flushes`
}
