/**
 * What one Raft group costs: a whole round at its leader, against encoding the same entry by hand, in one run; what the
 * heap has grown by after a million rounds; and what a node at rest weighs.
 *
 * `node dist/bench/raft.js [--rounds 1000000] [--nodes 10000] [--bytes 64] [--repeats 45] [--json]`
 *
 * A round: propose one entry; take the Ready and write it to a log in memory; acknowledge the own append; step the
 * acknowledgements of two followers, the first of which commits; take the Ready that says so, acknowledge its entries as
 * applied. No disk, no network: nothing is synced, and the two other copies are played by the bench.
 */
import { cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { Random } from '../src/base/index.ts'
import { Entry, MemoryStorage, RawNode } from '../src/raft/index.ts'
import { configOf, Leader } from './raft-leader.ts'

/** The protobuf of an entry, written straight into bytes that are there: what must be done in any case. */
class HandEncoder {
  readonly #bytes: Uint8Array
  #at = 0

  constructor(payloadBytes: number) {
    this.#bytes = new Uint8Array(payloadBytes + 64)
  }

  encode(entry: Entry): number {
    this.#at = 0
    this.#field(1 << 3, entry.type)
    this.#field(2 << 3, entry.term)
    this.#field(3 << 3, entry.index)
    this.#field((4 << 3) | 2, entry.data.length)
    this.#bytes.set(entry.data, this.#at)
    return this.#at + entry.data.length
  }

  #field(tag: number, value: number): void {
    this.#bytes[this.#at++] = tag
    while (value >= 128) {
      this.#bytes[this.#at++] = (value & 127) | 128
      value = Math.floor(value / 128)
    }
    this.#bytes[this.#at++] = value
  }
}

/** CPU time, of all threads of the process: a machine that does other things as well does not count. */
function nsPerCall(calls: number, run: () => void): number {
  const begin = process.cpuUsage()
  run()
  const { user, system } = process.cpuUsage(begin)
  return ((user + system) * 1000) / calls
}

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[values.length >> 1]!
}

function collectGarbage(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}

/** The heap after a collection, and what lies outside of it. */
function heldBytes(collect: () => void): number {
  collect()
  collect()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function main(): void {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '1000000' },
      nodes: { type: 'string', default: '10000' },
      bytes: { type: 'string', default: '64' },
      repeats: { type: 'string', default: '45' },
      json: { type: 'boolean', default: false },
    },
  })
  const rounds = Number(values.rounds)
  const nodeCount = Number(values.nodes)
  const bytes = Number(values.bytes)
  const repeats = Number(values.repeats)
  const collect = collectGarbage()

  // The two take turns, so that what else the machine does meets both. The first turn warms up.
  const payload = new Uint8Array(bytes)
  const leader = new Leader(payload)
  const encoder = new HandEncoder(bytes)
  const each = Math.ceil(rounds / repeats)
  const roundNs: number[] = []
  const encodeNs: number[] = []
  const ratios: number[] = []
  let encodedBytes = 0
  leader.run(each)
  const heldBefore = heldBytes(collect)
  for (let repeat = 0; repeat <= repeats; repeat++) {
    const round = nsPerCall(each, () => leader.run(each))
    const encode = nsPerCall(each * 10, () => {
      // As in the round, the entry is made, too.
      for (let i = 0; i < each * 10; i++) encodedBytes += encoder.encode(new Entry(3, 1_000_000 + i, 0, payload))
    })
    if (repeat === 0) continue
    roundNs.push(round)
    encodeNs.push(encode)
    ratios.push(round / encode)
  }
  const growthPerRound = (heldBytes(collect) - heldBefore) / (each * (repeats + 1))
  if (leader.committed < each * repeats || encodedBytes === 0) throw new Error('the rounds did not commit')

  const nodes: RawNode[] = []
  const storage = new MemoryStorage()
  const restBefore = heldBytes(collect)
  for (let i = 0; i < nodeCount; i++) nodes.push(new RawNode(configOf(1 + (i % 3)), storage, new Random(i)))
  const atRest = (heldBytes(collect) - restBefore) / nodes.length

  const result = {
    rounds: each * repeats,
    bytes,
    roundNs: median(roundNs),
    encodeNs: median(encodeNs),
    ratio: median(ratios),
    growthBytesPerRound: growthPerRound,
    nodes: nodeCount,
    bytesPerNodeAtRest: atRest,
    machine: `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${process.platform}`,
    command: ['node', ...process.argv.slice(1)].join(' '),
  }
  if (values.json) {
    process.stdout.write(`${JSON.stringify(result)}\n`)
    return
  }
  const lines = [
    `a round at the leader of three: ${bytes}-byte entry proposed, written to memory, acknowledged by itself and two followers, committed, applied`,
    `  round                 ${result.roundNs.toFixed(0).padStart(8)} ns   (of ${repeats} repeats; least ${Math.min(...roundNs).toFixed(0)})`,
    `  encoding by hand      ${result.encodeNs.toFixed(1).padStart(8)} ns   (of ${repeats} repeats; least ${Math.min(...encodeNs).toFixed(1)})`,
    `  round / encoding      ${result.ratio.toFixed(1).padStart(8)} ×    (median of the repeats; of the two least: ${(Math.min(...roundNs) / Math.min(...encodeNs)).toFixed(1)} ×)`,
    `  the heap has grown by ${result.growthBytesPerRound.toFixed(3).padStart(8)} bytes a round over ${each * (repeats + 1)} rounds`,
    `  a node at rest holds  ${result.bytesPerNodeAtRest.toFixed(0).padStart(8)} bytes, of ${nodeCount} nodes, logs not counted`,
    'nothing is synced; one copy, the acknowledgements of the two others are made by the bench',
    `machine: ${result.machine}`,
    `command: ${result.command}`,
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

main()
