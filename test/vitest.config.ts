import { defineConfig } from 'vitest/config'

// The tests run as they are shipped: compiled, from dist/, so that a test may start real worker threads.
const built = process.env.CELLARIUM_BUILT ?? 'dist'

export default defineConfig({
  test: {
    root: process.cwd(),
    include: [`${built}/test/**/*.test.js`],
    exclude: ['**/node_modules/**'],
    pool: 'forks',
    testTimeout: 30_000,
  },
})
