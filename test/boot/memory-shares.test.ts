import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { engineMemory, heapGrowthPercent, heapLimits } from '../../src/boot/memory-shares.ts'
import { resolveOptions } from '../../src/model/index.ts'

const MIB = 1024 * 1024

function options(memory: string) {
  return resolveOptions({ executors: '2', stores: '4', memory }, { cores: 2, memoryBytes: 16 * 1024 * MIB })
}

test('where memory is plenty, engines and heaps have the sizes at which they do most', () => {
  expect(engineMemory(options('4gb'))).toEqual({ writeBufferBytes: 16 * MIB })
  expect(heapLimits(options('4gb'))).toEqual({})
  expect(heapGrowthPercent(options('4gb'))).toBe(100)
})

test('where memory is short, they shrink with it, and have a least size', () => {
  expect(engineMemory(options('64mb'))).toEqual({ cacheBytes: 0, writeBufferBytes: 2 * MIB })
  expect(heapLimits(options('64mb'))).toEqual({ maxYoungGenerationSizeMb: 4 })
  expect(engineMemory(options('128mb'))).toEqual({ cacheBytes: 0, writeBufferBytes: 4 * MIB })
  expect(engineMemory(options('16mb'))).toEqual({ cacheBytes: 0, writeBufferBytes: 2 * MIB })
  expect(heapLimits(options('16mb'))).toEqual({ maxYoungGenerationSizeMb: 3 })
  expect(heapGrowthPercent(options('64mb'))).toBe(30)
})

test('V8 knows the flag by which heaps are made to grow by so much', () => {
  const run = spawnSync(process.execPath, ['--heap-growing-percent=30', '-e', '0'], { encoding: 'utf8' })
  expect([run.status, run.stderr]).toEqual([0, ''])
})
