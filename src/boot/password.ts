import { text } from '../base/index.ts'
import type { InProcessClient, InProcessListener } from './in-process.ts'

/**
 * The password as it is now: CONFIG SET may have changed it at the gateway, and HTTP asks for the same one. A connection
 * that was let in stays so, also when the password changes.
 */
export class Password {
  readonly #listener: InProcessListener
  #known: string
  #client: InProcessClient | null = null

  constructor(listener: InProcessListener, first: string) {
    this.#listener = listener
    this.#known = first
  }

  /** While the gateway is away: what was known last. */
  async current(): Promise<string> {
    try {
      this.#client ??= await this.#connect()
      const reply = await this.#client.send(['CONFIG', 'GET', 'requirepass'])
      if (Array.isArray(reply) && reply[1] instanceof Uint8Array) this.#known = text(reply[1])
    } catch {
      this.#client = null
    }
    return this.#known
  }

  async #connect(): Promise<InProcessClient> {
    const client = this.#listener.connect()
    if (this.#known !== '') await client.send(['AUTH', this.#known])
    return client
  }
}
