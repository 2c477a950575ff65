/**
 * A start that waits for room which nobody makes.
 *
 * How much a cluster needs that was there before cannot be told from outside: its logs may have files to use again. But a
 * start that has no room for another file, and has not ended in ten seconds, waits for that and for nothing else.
 */
import { SEGMENT_BYTES } from '../storage/index.ts'
import { hasRoomFor, refuseScarceRoom, roomToBegin } from './space.ts'

const LOOK_MS = 500
const PATIENCE_MS = 10_000

export class StartPatience {
  /** What is waited for will not come. */
  isOver = false
  readonly #directories: readonly string[]
  readonly #timer: NodeJS.Timeout
  #waitedMs = 0
  #giveUp: (error: Error) => void = () => {}

  constructor(directories: readonly string[]) {
    this.#directories = directories
    this.#timer = setInterval(() => this.#look(), LOOK_MS)
  }

  /** What comes of the step; or rejects, with what is lacking. */
  async until<T>(step: Promise<T>): Promise<T> {
    const inVain = new Promise<never>((_, reject) => {
      this.#giveUp = reject
    })
    return Promise.race([step, inVain])
  }

  end(): void {
    clearInterval(this.#timer)
  }

  #look(): void {
    const waits = this.#directories.some((directory) => !hasRoomFor(directory, SEGMENT_BYTES))
    this.#waitedMs = waits ? this.#waitedMs + LOOK_MS : 0
    if (this.#waitedMs >= PATIENCE_MS) this.#over()
  }

  #over(): void {
    try {
      for (const directory of this.#directories) refuseScarceRoom(directory, roomToBegin(1, 0))
    } catch (error) {
      this.isOver = true
      this.end()
      this.#giveUp(error as Error)
    }
  }
}
