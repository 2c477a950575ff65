/** Which functions of the sources run, as the engine that runs them counts. */
import { type Profiler, Session } from 'node:inspector'

export class FunctionCounter {
  readonly #session = new Session()

  start(): void {
    this.#session.connect()
    this.#post('Profiler.enable')
    this.#post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
  }

  /** Those that have run since the last call, as `file: function`, the file from src on. */
  take(): ReadonlySet<string> {
    const ran = new Set<string>()
    const { result } = this.#post('Profiler.takePreciseCoverage') as Profiler.TakePreciseCoverageReturnType
    for (const { url, functions } of result) {
      const path = /\/src\/(.+)\.c?js$/.exec(url)?.[1]
      if (path === undefined || url.includes('/node_modules/')) continue
      for (const { functionName, ranges } of functions) {
        if ((ranges[0]?.count ?? 0) > 0) ran.add(`${path}.ts: ${functionName}`)
      }
    }
    return ran
  }

  stop(): void {
    this.#post('Profiler.stopPreciseCoverage')
    this.#session.disconnect()
  }

  /** Of this thread's own engine: the answer is there when the call returns. */
  #post(method: string, parameters: object = {}): unknown {
    let answer: unknown
    this.#session.post(method, parameters, (error, result) => {
      if (error !== null) throw error
      answer = result
    })
    return answer
  }
}

/**
 * The first of the wanted functions that did not run in its turn; null when all did. `events` are the functions that
 * ran in each event, one after the other: two may run in one event, but none in an earlier one than those before it.
 */
export function outOfTurn(wanted: readonly string[], events: readonly ReadonlySet<string>[]): string | null {
  let at = 0
  for (const name of wanted) {
    while (at < events.length && !(events[at] as ReadonlySet<string>).has(name)) at++
    if (at === events.length) return name
  }
  return null
}
