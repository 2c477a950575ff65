/** Data of a known size in a running server, written and read back a batch at a time. */
import { readFileSync } from 'node:fs'
import { Client } from '../boot/process.ts'

const MIB = 1024 * 1024
const BATCH_BYTES = 256 * 1024
const CONNECTIONS = 4

/** Keys `fill:0` and so on, each with a value that tells which key it is of and is otherwise no pattern of anything. */
export class Filled {
  readonly keys: number
  readonly valueBytes: number
  readonly #port: number
  readonly #noise: string

  constructor(port: number, dataBytes: number, valueBytes: number) {
    this.#port = port
    this.valueBytes = valueBytes
    this.keys = Math.ceil(dataBytes / valueBytes)
    let state = 12_345
    // Not to be made small by an engine that compresses.
    this.#noise = Array.from({ length: valueBytes * 2 }, () => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
      return String.fromCharCode(33 + ((state >>> 16) % 94))
    }).join('')
  }

  async write(): Promise<void> {
    await this.#each(async (client, numbers) => {
      const replies = await Promise.all(numbers.map((n) => client.send('SET', `fill:${n}`, this.#value(n))))
      if (replies.some((reply) => reply !== 'OK')) throw new Error(`a SET was answered ${String(replies)}`)
    })
  }

  /** A line for each value that is not as it was written. */
  async wrongs(): Promise<string[]> {
    const wrongs: string[] = []
    await this.#each(async (client, numbers) => {
      const replies = await Promise.all(numbers.map((n) => client.send('GET', `fill:${n}`)))
      for (const [i, n] of numbers.entries()) {
        if (String(replies[i]) !== this.#value(n)) wrongs.push(`fill:${n} is ${String(replies[i]).slice(0, 40)}`)
      }
    })
    return wrongs
  }

  #value(n: number): string {
    const from = (n * 7919) % this.valueBytes
    return `${n}:${this.#noise.slice(from, from + this.valueBytes)}`.slice(0, this.valueBytes)
  }

  async #each(work: (client: Client, numbers: number[]) => Promise<void>): Promise<void> {
    const batch = Math.max(1, Math.floor(BATCH_BYTES / this.valueBytes))
    let next = 0
    const run = async (): Promise<void> => {
      const client = new Client(this.#port)
      while (next < this.keys) {
        const from = next
        next = Math.min(this.keys, from + batch)
        await work(
          client,
          Array.from({ length: next - from }, (_, i) => from + i),
        )
      }
      client.close()
    }
    await Promise.all(Array.from({ length: CONNECTIONS }, run))
  }
}

/** What a process has in memory now, and had at most, of the kinds that the kernel tells apart. */
export interface Resident {
  readonly nowMib: number
  readonly anonymousMib: number
  readonly peakMib: number
}

export function residentOf(pid: number): Resident {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const mib = (name: string) => (Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) * 1024) / MIB
  return { nowMib: mib('VmRSS'), anonymousMib: mib('RssAnon'), peakMib: mib('VmHWM') }
}

export const mib = (bytes: number) => bytes / MIB
