import type { Cluster } from './cluster.ts'
import { Replicas, type WrongState } from './replicas.ts'

const LOOK_EVERY_MS = 10
const COMPARE_EVERY_MS = 2000

/** Looks at the replicas from time to time, whatever else goes on. */
export class Watch {
  readonly replicas: Replicas
  readonly #cluster: Cluster
  readonly #found: WrongState[] = []
  #comparedMs = 0

  constructor(cluster: Cluster, trace: (text: string) => void) {
    this.#cluster = cluster
    this.replicas = new Replicas(cluster.firstIndex, trace)
    const again = () => {
      this.look()
      this.throwFound()
      if (cluster.nowMs - this.#comparedMs >= COMPARE_EVERY_MS) this.compareAll()
      cluster.schedule(LOOK_EVERY_MS, again)
    }
    again()
  }

  look(): void {
    this.replicas.look(this.#cluster.hosts.values())
  }

  /** How many comparisons there will have been when these are done. */
  compareAll(): number {
    this.#comparedMs = this.#cluster.nowMs
    const before = this.replicas.comparisons
    const begun = this.replicas.compare(this.#cluster.hosts.values(), (found) => {
      if (found !== null) this.#found.push(found)
    })
    return before + begun
  }

  throwFound(): void {
    if (this.#found.length > 0) throw this.#found[0]
  }

  trace(): void {
    const { entriesSeen, comparisons } = this.replicas
    this.#cluster.trace(
      `${entriesSeen} entries, ${comparisons} comparisons of contents, ${this.#cluster.simulation.steps} steps`,
    )
  }
}
