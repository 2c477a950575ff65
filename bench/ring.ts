/**
 * One message from one worker thread to another: through the runtime (a typed reference, the ring, the receiver's
 * `receive`) and through postMessage, in one run, the same message, the same batches, one way.
 *
 * `node dist/bench/ring.js [--messages 300000] [--bytes 64] [--batch 256] [--rounds 9] [--json]`
 */
import { once } from 'node:events'
import { cpus, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { isMainThread, MessageChannel, type MessagePort, parentPort, Worker, workerData } from 'node:worker_threads'
import { actor, createSystem, type Protocol, type Ref } from '../src/actor/index.ts'

/** About what a command on its way to a leader is: a few numbers and some bytes. */
interface Parcel {
  readonly session: number
  readonly sequence: number
  readonly bytes: Uint8Array
}

const protocol: Protocol<Parcel> = {
  encode(message, out) {
    out.u32(message.session)
    out.u32(message.sequence)
    out.bytes(message.bytes)
    return true
  },
  decode(frame) {
    return { session: frame.u32(), sequence: frame.u32(), bytes: frame.bytes(frame.remaining) }
  },
}

/** What the receiver does with each message: enough that none of it can be left out. */
class Tally {
  count = 0
  sum = 0

  add(message: Parcel): void {
    this.count++
    this.sum = (this.sum + message.session + message.sequence + (message.bytes[message.bytes.length - 1] as number)) | 0
  }
}

function parcel(sequence: number, bytes: Uint8Array): Parcel {
  bytes[bytes.length - 1] = sequence
  return { session: 7, sequence, bytes }
}

// ────────────────────────────────────────────────────────────────────────────────────────────────────── the runtime

interface Done {
  readonly sum: number
}

/** Answers when it has received the last message. */
export const sink = actor<Parcel, { messages: number; replyTo: Ref<Done> }>({
  module: import.meta.url,
  name: 'sink',
  protocol,
  start(_ctx, args) {
    let tally = new Tally()
    return {
      receive(message) {
        tally.add(message)
        if (tally.count < args.messages) return
        args.replyTo.tell({ sum: tally.sum })
        tally = new Tally()
      },
    }
  },
})

interface Go {
  readonly messages: number
  readonly bytes: number
  readonly batch: number
}

export const source = actor<Go, { to: string }>({
  module: import.meta.url,
  name: 'source',
  start(ctx, args) {
    const to = ctx.named<Parcel>(args.to)
    let work: Go = { messages: 0, bytes: 1, batch: 1 }
    let payload = new Uint8Array(1)
    let sequence = 0
    return {
      receive(message) {
        work = message
        payload = new Uint8Array(message.bytes)
        sequence = 0
        ctx.requestTurn()
      },
      turn() {
        const until = Math.min(sequence + work.batch, work.messages)
        while (sequence < until && to.tell(parcel(sequence, payload))) sequence++
        if (sequence < work.messages) ctx.requestTurn()
      },
    }
  },
})

/** Takes the sink's word and hands it to whoever asked for this round. */
export const referee = actor<Done | { waitFor: Ref<Done> }>({
  module: import.meta.url,
  name: 'referee',
  start() {
    let waiting: Ref<Done> | null = null
    return {
      receive(message) {
        if ('waitFor' in message) waiting = message.waitFor
        else waiting?.tell(message)
      },
    }
  },
})

async function makeRing(go: Go): Promise<{ round(): Promise<number>; stop(): Promise<unknown> }> {
  const system = await createSystem({ executors: 2 })
  const judge = await system.spawn(referee, undefined, { executor: 2 })
  await system.spawn(sink, { messages: go.messages, replyTo: judge }, { executor: 1, name: 'sink' })
  const from = await system.spawn(source, { to: 'sink' }, { executor: 0 })
  return {
    async round() {
      const done = judge.ask<Done>((waitFor) => ({ waitFor }), { timeoutMs: 60_000 })
      from.tell(go)
      return (await done).sum
    },
    stop: () => system.stop(),
  }
}

// ────────────────────────────────────────────────────────────────────────────────────────────────────── postMessage

interface PortWork {
  readonly role: 'send' | 'receive'
  readonly port: MessagePort
  readonly go: Go
  /** Each message a call, or each batch as one array. */
  readonly together: boolean
}

function sendOverPort({ port, go, together }: PortWork): void {
  const payload = new Uint8Array(go.bytes)
  let sequence = go.messages
  const turn = (): void => {
    const until = Math.min(sequence + go.batch, go.messages)
    if (together) {
      const batch: Parcel[] = []
      for (; sequence < until; sequence++) batch.push(parcel(sequence, new Uint8Array(payload)))
      port.postMessage(batch)
    } else {
      for (; sequence < until; sequence++) port.postMessage(parcel(sequence, payload))
    }
    if (sequence < go.messages) setImmediate(turn)
  }
  parentPort?.on('message', () => {
    sequence = 0
    turn()
  })
}

function receiveOverPort({ port, go, together }: PortWork): void {
  let tally = new Tally()
  port.on('message', (message: Parcel | Parcel[]) => {
    if (together) for (const each of message as Parcel[]) tally.add(each)
    else tally.add(message as Parcel)
    if (tally.count < go.messages) return
    parentPort?.postMessage(tally.sum)
    tally = new Tally()
  })
}

/** Between the two workers a channel of their own; the main thread only starts each round and hears its end. */
async function makePorts(go: Go, together: boolean): Promise<{ round(): Promise<number>; stop(): Promise<unknown> }> {
  const wire = new MessageChannel()
  const file = new URL(import.meta.url)
  const start = { role: 'send', port: wire.port1, go, together } satisfies PortWork
  const end = { role: 'receive', port: wire.port2, go, together } satisfies PortWork
  const sender = new Worker(file, { workerData: { ringBench: start }, transferList: [wire.port1] })
  const receiver = new Worker(file, { workerData: { ringBench: end }, transferList: [wire.port2] })
  await Promise.all([once(sender, 'online'), once(receiver, 'online')])
  return {
    async round() {
      const answer = once(receiver, 'message')
      sender.postMessage('go')
      return (await answer)[0] as number
    },
    stop: () => Promise.all([sender.terminate(), receiver.terminate()]),
  }
}

// ─────────────────────────────────────────────────────────────────────────────────────────────────────────────── main

function checkSum(go: Go): number {
  const tally = new Tally()
  const payload = new Uint8Array(go.bytes)
  for (let sequence = 0; sequence < go.messages; sequence++) tally.add(parcel(sequence, payload))
  return tally.sum
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      messages: { type: 'string', default: '300000' },
      bytes: { type: 'string', default: '64' },
      batch: { type: 'string', default: '256' },
      rounds: { type: 'string', default: '9' },
      json: { type: 'boolean', default: false },
    },
  })
  const go: Go = { messages: Number(values.messages), bytes: Number(values.bytes), batch: Number(values.batch) }
  // Ten times as many, so that its rounds last about as long as the others'.
  const goRing: Go = { ...go, messages: go.messages * 10 }
  const ways = [
    { name: 'ring', go: goRing, make: () => makeRing(goRing) },
    { name: 'postMessage', go, make: () => makePorts(go, false) },
    { name: 'postMessage, a batch as one array', go, make: () => makePorts(go, true) },
  ]
  const rates = new Map<string, number[]>(ways.map((way) => [way.name, []]))
  const rounds = Number(values.rounds)
  const runners = await Promise.all(
    ways.map(async (way) => ({ ...way, expected: checkSum(way.go), ...(await way.make()) })),
  )
  // The ways take turns, so that what else the machine does meets all of them. The first round warms up.
  for (let round = 0; round <= rounds; round++) {
    for (const runner of runners) {
      const begin = process.hrtime.bigint()
      const sum = await runner.round()
      const seconds = Number(process.hrtime.bigint() - begin) / 1e9
      if (sum !== runner.expected)
        throw new Error(`${runner.name}: the receiver's sum is ${sum}, not ${runner.expected}`)
      if (round > 0) rates.get(runner.name)?.push(runner.go.messages / seconds)
    }
  }
  for (const runner of runners) await runner.stop()
  const median = (name: string): number => {
    const sorted = (rates.get(name) ?? []).sort((a, b) => a - b)
    return sorted[sorted.length >> 1] as number
  }
  const ratio = median('ring') / median('postMessage')
  const machine = `${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.version}, ${process.platform}`
  const command = ['node', ...process.argv.slice(1)].join(' ')
  if (values.json) {
    const medians = Object.fromEntries(ways.map((way) => [way.name, Math.round(median(way.name))]))
    process.stdout.write(`${JSON.stringify({ ...go, rounds, medians, ratio, machine, command })}\n`)
    return
  }
  const lines = [
    `${go.messages} messages (${goRing.messages} by ring) a round, of ${go.bytes} bytes and two numbers, one way between two worker threads, batches of ${go.batch}`,
    ...ways.map((way) => {
      const all = (rates.get(way.name) ?? []).map((rate) => Math.round(rate / 1000)).join(' ')
      return `  ${way.name.padEnd(36)} ${Math.round(median(way.name)).toString().padStart(9)} messages/s   (rounds, thousands: ${all})`
    }),
    `  ring / postMessage                   ${ratio.toFixed(1).padStart(9)} ×`,
    `machine: ${machine}`,
    `command: ${command}`,
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

const portWork = (workerData as { ringBench?: PortWork } | null)?.ringBench
if (portWork !== undefined) (portWork.role === 'send' ? sendOverPort : receiveOverPort)(portWork)
else if (isMainThread && process.argv[1] === fileURLToPath(import.meta.url)) await main()
