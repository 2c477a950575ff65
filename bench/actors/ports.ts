/** What Node has: worker threads and postMessage. */
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { MessageChannel, type MessagePort, Worker } from 'node:worker_threads'
import type { Contender } from './contender.ts'
import type { PortOrder } from './port-worker.ts'

const file = fileURLToPath(new URL('./port-worker.js', import.meta.url))

export const ports: Contender = {
  name: 'postMessage',
  async open() {
    const workers = [new Worker(file), new Worker(file)] as const
    const spawned: Worker[] = []
    await Promise.all(workers.map((worker) => once(worker, 'online')))
    const between = new MessageChannel()
    const give = (worker: Worker, port: MessagePort) =>
      worker.postMessage({ kind: 'peer', port } satisfies PortOrder, [port])
    give(workers[0], between.port1)
    give(workers[1], between.port2)
    const answers = new Map<number, (sequence: number) => void>()
    let over: (() => void) | null = null
    for (const worker of workers) {
      worker.on('message', (said: number | 'over') => {
        if (said === 'over') over?.()
        else {
          answers.get(said)?.(said)
          answers.delete(said)
        }
      })
    }
    const finished = (order: PortOrder) =>
      new Promise<void>((resolve) => {
        over = resolve
        workers[0].postMessage(order)
      })
    return {
      flood: (messages, payload) => finished({ kind: 'flood', messages, bytes: payload.length }),
      ask: (sequence, bytes) =>
        new Promise((resolve) => {
          answers.set(sequence, resolve)
          workers[0].postMessage({ kind: 'ask', sequence, bytes } satisfies PortOrder)
        }),
      pingPong: (hops) => finished({ kind: 'ping', hops }),
      async spawn() {
        const worker = new Worker(file)
        spawned.push(worker)
        await once(worker, 'online')
      },
      close: () => Promise.all([...workers, ...spawned].map((worker) => worker.terminate())),
    }
  },
}
