#!/usr/bin/env node
/**
 * The program's first lines. libuv reads UV_THREADPOOL_SIZE when its pool is first used, which an ES module is too late
 * for: so a CommonJS file sets it, and only then imports the rest. Syncs of the raft log and RocksDB's blocking flushes
 * share that pool; four threads for each store and four for everything else keep one from waiting for the other.
 */
const { readFileSync } = require('node:fs') as typeof import('node:fs')
const { availableParallelism } = require('node:os') as typeof import('node:os')
const { join } = require('node:path') as typeof import('node:path')

const argv = process.argv.slice(2)

/** A flag's value, `--name value` or `--name=value`, or its variable's; a glance, not a check: that comes later. */
function glance(flag: string): string | undefined {
  for (let i = 0; i < argv.length; i++) {
    const argument = argv[i] as string
    if (argument === `--${flag}`) return argv[i + 1]
    if (argument.startsWith(`--${flag}=`)) return argument.slice(flag.length + 3)
  }
  return process.env[`CELLARIUM_${flag.replaceAll('-', '_').toUpperCase()}`]
}

/** Stores of a cluster that exists already. */
function recordedStores(): number {
  try {
    const file = join(glance('dir') ?? './data', 'cluster.json')
    const cluster = JSON.parse(readFileSync(file, 'utf8')) as { stores: { slot: number }[] }
    return new Set(cluster.stores.map((store) => store.slot)).size
  } catch {
    return 0
  }
}

const executors = Number(glance('executors')) || availableParallelism()
const stores = Number(glance('stores')) || recordedStores() || executors * Math.ceil(3 / executors)
process.env.UV_THREADPOOL_SIZE ??= String(Math.min(1024, 4 + 4 * stores))

void import('./main.ts').then(({ main }) => main(process.argv))
