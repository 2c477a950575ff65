import { expect, test } from 'vitest'
import { EMPTY, Random, text, utf8 } from '../../src/base/index.ts'
import {
  addLearnerNode,
  addNode,
  type ConfChangeSingle,
  ConfChangeTransition,
  confChangeV2,
  EntryType,
  type Message,
  MessageType,
  ProgressState,
  type RaftConfig,
  type Ready,
  removeNode,
} from '../../src/raft/index.ts'
import { configOf, Host, votersOf } from './group.ts'
import { seed } from './seed.ts'

/**
 * Groups under a hostile network, with disks that take their time and nodes that fall, from a seed. What must hold all
 * the while is what the thesis proves (§3.6.3): one leader a term, logs that match, the same entries applied by all.
 */

const IDS = [1, 2, 3, 4, 5]

/** Like `expect`, for what is asked a million times. */
function holds<T>(actual: T, expected: T, what: string): void {
  if (actual !== expected) throw new Error(`${what}: ${actual}, and not ${expected}`)
}

class Storm {
  readonly #random: Random
  readonly #hosts = new Map<number, Host>()
  /** Readys whose writes are on their way to the disk of a node. A crash loses them, or all from one of them on. */
  readonly #writing = new Map<number, Ready[]>()
  #network: Message[] = []
  readonly #leaders = new Map<number, number>()
  /** By index: what the first to apply it has applied. */
  readonly agreed: string[] = []
  #proposed = 0
  /** What has happened, so that a storm that was none is noticed. */
  readonly events = { entries: 0, leaders: 0, snapshots: 0, changes: 0, restarts: 0 }

  constructor(random: Random, changes: Partial<RaftConfig>) {
    this.#random = random
    for (const id of IDS) {
      const confState = votersOf(1, 2, 3)
      this.#hosts.set(id, new Host(configOf(id, confState, { ...changes, asyncStorageWrites: true })))
      this.#writing.set(id, [])
    }
  }

  step(): void {
    const host = this.#hosts.get(this.#random.pick(IDS))!
    const { node } = host
    const dice = this.#random.below(1000)
    if (dice < 120) node.tick()
    else if (dice < 180) node.propose(utf8(`value ${++this.#proposed}`))
    else if (dice < 182) this.#restart(host)
    else if (dice < 200) host.compact(this.#random.between(host.storage.firstIndex() - 1, this.#compactable(host)))
    else if (dice < 210) node.proposeConfChange(this.#change())
    else if (dice < 212) node.transferLeadership(this.#random.pick(IDS))
    else if (dice < 214) node.forgetLeader()
    else if (dice < 218) node.reportUnreachable(this.#random.pick(IDS))
    else if (dice < 222) node.reportSnapshot(this.#random.pick(IDS), this.#random.chance(0.5))
    else if (dice < 560) this.#deliver()
    else if (dice < 780) this.#sync(host)
    else this.#takeReady(host)
    this.#checkLeader(host)
  }

  /** The network is whole again, disks are quick, and somebody campaigns when nobody leads. */
  calm(): void {
    for (let round = 0; round < 400; round++) {
      for (const host of this.#hosts.values()) {
        if (round % 3 === 0) host.node.tick()
        this.#takeReady(host)
        while (this.#writing.get(host.node.id)!.length > 0) this.#sync(host)
        this.#checkLeader(host)
      }
      if (round % 40 === 0) this.#reportSnapshots()
      const messages = this.#network
      this.#network = []
      for (const message of messages) this.#arrive(message)
    }
  }

  /** A snapshot that was lost with its message or its receiver: it is the host's to notice. */
  #reportSnapshots(): void {
    for (const { node } of this.#hosts.values()) {
      for (const { id, state } of node.members) if (state === ProgressState.snapshot) node.reportSnapshot(id, false)
    }
  }

  #takeReady(host: Host): void {
    if (!host.node.hasReady()) return
    const ready = host.node.ready()
    this.#network.push(...ready.messages)
    this.#apply(host, ready)
    this.#writing.get(host.node.id)!.push(ready)
  }

  /** Committed entries are on disk when they are handed out, so the state machine may take them at once. */
  #apply(host: Host, ready: Ready): void {
    const { node } = host
    for (const { index, term, type, data } of ready.committedEntries) {
      this.events.entries++
      if (type !== EntryType.normal) this.events.changes++
      holds(index, host.appliedIndex + 1, 'the next index to apply')
      const entry = `${term}: ${text(data)}`
      this.agreed[index] ??= entry
      holds(entry, this.agreed[index], `entry ${index} as node ${node.id} applies it`)
      holds(host.storage.term(index), term, 'the term on disk of what is applied')
      host.apply({
        ...ready,
        snapshot: null,
        readStates: [],
        committedEntries: ready.committedEntries.filter((e) => e.index === index),
      })
    }
    node.appliedTo(ready)
  }

  #sync(host: Host): void {
    const ready = this.#writing.get(host.node.id)!.shift()
    if (ready === undefined) return
    host.write(ready)
    if (ready.snapshot !== null) {
      this.events.snapshots++
      host.apply({ ...ready, committedEntries: [], readStates: [] })
    }
    this.#network.push(...host.node.appended(ready))
  }

  #deliver(): void {
    if (this.#network.length === 0) return
    // From near the front: old messages are late, not lost for ever behind new ones.
    const at = Math.min(this.#random.below(this.#network.length), this.#random.below(8))
    const [message] = this.#network.splice(at, 1)
    const dice = this.#random.below(100)
    if (dice < 10) return
    if (dice < 15) this.#network.push(message!)
    this.#arrive(message!)
  }

  #arrive(message: Message): void {
    const host = this.#hosts.get(message.to)!
    // The host decides whether a snapshot may be taken: here, only a node that is in it, and has nothing newer.
    if (message.type === MessageType.snap && message.snapshot!.index <= host.appliedIndex) return
    host.node.step(message)
  }

  #restart(host: Host): void {
    // The writes that were under way: the first few were done, though nobody heard of it.
    const writing = this.#writing.get(host.node.id)!
    for (const ready of writing.slice(0, this.#random.below(writing.length + 1))) {
      host.write(ready)
      if (ready.snapshot !== null) host.apply({ ...ready, committedEntries: [], readStates: [] })
    }
    writing.length = 0
    this.events.restarts++
    host.restart()
  }

  #compactable(host: Host): number {
    return Math.max(host.storage.firstIndex() - 1, host.appliedIndex)
  }

  #change() {
    const kinds: ((id: number) => ConfChangeSingle)[] = [addNode, addNode, addLearnerNode, removeNode]
    const changes = Array.from({ length: this.#random.between(0, 3) }, () =>
      this.#random.pick(kinds)(this.#random.pick(IDS)),
    )
    return confChangeV2(changes, this.#random.pick(Object.values(ConfChangeTransition)), EMPTY)
  }

  #checkLeader(host: Host): void {
    const { node } = host
    if (!node.isLeader) return
    const known = this.#leaders.get(node.term) ?? node.id
    holds(node.id, known, `the leader of term ${node.term}`)
    this.#leaders.set(node.term, known)
    this.events.leaders = this.#leaders.size
  }

  /** Logs that agree on the term of an index agree on all before it (thesis §3.5). */
  checkLogs(): void {
    const hosts = [...this.#hosts.values()]
    for (const a of hosts) {
      for (const b of hosts) {
        let mustMatch = false
        const first = Math.max(a.storage.firstIndex(), b.storage.firstIndex())
        for (let index = Math.min(a.storage.lastIndex(), b.storage.lastIndex()); index >= first; index--) {
          const matches = a.storage.term(index) === b.storage.term(index)
          if (mustMatch) holds(matches, true, `the logs agree at ${index}`)
          mustMatch ||= matches
        }
      }
    }
  }

  get leader(): Host | undefined {
    return [...this.#hosts.values()].find(({ node }) => node.isLeader)
  }
}

const KINDS: Partial<RaftConfig>[] = [
  { stepDownOnRemoval: true },
  { preVote: true, checkQuorum: true, stepDownOnRemoval: true },
  {
    preVote: true,
    stepDownOnRemoval: true,
    inflightMessagesMax: 2,
    entryBytesMax: 40,
    committedBytesPerReadyMax: 60,
    uncommittedBytesMax: 200,
  },
]

KINDS.forEach((changes, kind) => {
  test(`under loss, delay, duplication and crashes the group agrees, and goes on when it is calm (${kind + 1})`, () => {
    const events = { entries: 0, leaders: 0, snapshots: 0, changes: 0, restarts: 0 }
    for (let run = 0; run < 12; run++) {
      const storm = new Storm(new Random(`${seed} ${kind} ${run}`), changes)
      for (let i = 0; i < 6000; i++) {
        storm.step()
        if (i % 1000 === 999) storm.checkLogs()
      }
      storm.calm()
      const { leader } = storm
      expect(leader, 'somebody leads').toBeDefined()
      expect(leader!.node.propose(utf8('last'))).toBe(true)
      storm.calm()
      expect(storm.agreed.at(-1)).toContain('last')
      expect(leader!.appliedIndex).toBe(storm.agreed.length - 1)
      for (const event of Object.keys(events) as (keyof typeof events)[]) events[event] += storm.events[event]
    }
    for (const [event, count] of Object.entries(events)) expect(count, event).toBeGreaterThan(12)
  })
})
