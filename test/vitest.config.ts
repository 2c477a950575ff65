import { defineConfig } from 'vitest/config'

// The tests run as they are shipped: compiled, from dist/, so that a test may start real worker threads.
const built = process.env.CELLARIUM_BUILT ?? 'dist'
const at = (...rooms: string[]) => rooms.map((room) => `${built}/test/${room}/**/*.test.js`)

/** Rooms whose tests start threads and processes, and watch a clock: one file at a time, with nothing beside it. */
const threaded = at('actor', 'boot', 'examples', 'real')

export default defineConfig({
  test: {
    root: process.cwd(),
    pool: 'forks',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: { name: 'pure', include: at('*'), exclude: threaded, maxWorkers: 2, sequence: { groupOrder: 0 } },
      },
      {
        extends: true,
        test: { name: 'threads', include: threaded, maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
})
