import { expect, test } from 'vitest'
import { AssertionError, EMPTY, Random, text, utf8 } from '../../src/base/index.ts'
import {
  addLearnerNode,
  addNode,
  type ConfChangeSingle,
  ConfChangeTransition,
  type ConfState,
  confChangeV2,
  EntryType,
  type HardState,
  type Message,
  ProgressState,
  type RaftConfig,
  type Ready,
  removeNode,
} from '../../src/raft/index.ts'
import { configOf, Host, votersOf } from './group.ts'
import { seed } from './seed.ts'

/**
 * Groups under a hostile network, with disks that take their time and nodes that fall, from a seed. What must hold all
 * the while is what the thesis proves (§3.6.3): one leader a term, logs that match, leaders that hold all that was
 * committed before them, the same entries applied by all. CELLARIUM_STORMS says how many of each kind.
 */

const STORMS = Number(process.env.CELLARIUM_STORMS ?? 6)

/** Like `expect`, for what is asked a million times. */
function holds<T>(actual: T, expected: T, what: string): void {
  if (actual !== expected) throw new AssertionError(`${what}: ${actual}, and not ${expected}`)
}

function idsOf({ voters, votersOutgoing, learners }: ConfState): number[] {
  return [...voters, ...votersOutgoing, ...learners]
}

/** Who takes part, and whether they change that. */
interface Cast {
  readonly ids: readonly number[]
  readonly voters: readonly number[]
  readonly reconfigures: boolean
}

function fixedCast(size: number): Cast {
  const ids = Array.from({ length: size }, (_, at) => at + 1)
  return { ids, voters: ids, reconfigures: false }
}

const CHANGING: Cast = { ids: [1, 2, 3, 4, 5], voters: [1, 2, 3], reconfigures: true }

class Storm {
  readonly #random: Random
  readonly #ids: readonly number[]
  readonly #reconfigures: boolean
  readonly #hosts = new Map<number, Host>()
  /** Readys whose writes are on their way to the disk of a node. A crash loses them, or all from one of them on. */
  readonly #writing = new Map<number, Ready[]>()
  /** What is on the disk of each for certain: a write that needed no sync may be gone after a crash. */
  readonly #synced = new Map<number, HardState>()
  #network: Message[] = []
  readonly #leaders = new Map<number, number>()
  /** By index: what the first to apply it has applied. */
  readonly agreed: string[] = []
  #proposed = 0
  /** What has happened, so that a storm that was none is noticed. */
  readonly events = { entries: 0, leaders: 0, snapshots: 0, changes: 0, restarts: 0 }

  constructor(random: Random, changes: Partial<RaftConfig>, { ids, voters, reconfigures }: Cast) {
    this.#random = random
    this.#ids = ids
    this.#reconfigures = reconfigures
    for (const id of ids) {
      const confState = votersOf(...voters)
      this.#hosts.set(id, new Host(configOf(id, confState, { ...changes, asyncStorageWrites: true })))
      this.#writing.set(id, [])
    }
  }

  step(): void {
    const host = this.#hosts.get(this.#random.pick(this.#ids))!
    const { node } = host
    const dice = this.#random.below(1000)
    if (dice < 120) node.tick()
    else if (dice < 180) node.propose(utf8(`value ${++this.#proposed}`))
    else if (dice < 182) this.#restart(host)
    else if (dice < 200) host.compact(this.#random.between(host.storage.firstIndex() - 1, this.#compactable(host)))
    else if (dice < 210) {
      if (this.#reconfigures) node.proposeConfChange(this.#change())
    } else if (dice < 212) node.transferLeadership(this.#random.pick(this.#ids))
    else if (dice < 214) node.forgetLeader()
    else if (dice < 218) node.reportUnreachable(this.#random.pick(this.#ids))
    else if (dice < 222) node.reportSnapshot(this.#random.pick(this.#ids), this.#random.chance(0.5))
    else if (dice < 560) this.#deliver()
    else if (dice < 780) this.#sync(host)
    else this.#takeReady(host)
    this.#checkLeader(host)
  }

  /** The network is whole again, disks are quick, and who was removed is gone, as it would be from its store. */
  calm(): void {
    for (let round = 0; round < 400; round++) {
      const hosts = this.#members()
      for (const host of hosts) {
        if (round % 3 === 0) host.node.tick()
        if (round % 40 === 0) this.#helpStragglers(host)
        this.#takeReady(host)
        while (this.#writing.get(host.node.id)!.length > 0) this.#sync(host)
        this.#checkLeader(host)
      }
      const messages = this.#network
      this.#network = []
      for (const message of messages)
        if (hosts.includes(this.#hosts.get(message.to)!)) this.#hosts.get(message.to)!.node.step(message)
    }
  }

  /**
   * Members of the newest configuration, and whom they still take for members: one that was removed is needed until those
   * who stay know of it. Else they may wait for its vote for ever.
   */
  #members(): Host[] {
    const hosts = [...this.#hosts.values()]
    const newest = hosts.reduce((a, b) => (b.appliedIndex > a.appliedIndex ? b : a))
    const members = hosts.filter(({ node }) => idsOf(newest.confState).includes(node.id))
    const known = members.flatMap(({ confState }) => idsOf(confState))
    return hosts.filter(({ node }) => known.includes(node.id))
  }

  /**
   * What is a host's to do: to notice that a snapshot was lost with its message or its receiver, and to have one at hand
   * that is new enough to name who needs it as a member; to hand over what a leader leads that was removed.
   */
  #helpStragglers(host: Host): void {
    host.compact(host.storage.firstIndex() - 1)
    for (const { id, state } of host.node.members) {
      if (state === ProgressState.snapshot) host.node.reportSnapshot(id, false)
    }
    const { node } = host
    if (node.isLeader && !node.isVoter(node.id)) node.transferLeadership(this.#random.pick(node.configuration.voters))
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
    this.#write(host, ready)
    if (ready.snapshot !== null) {
      this.events.snapshots++
      host.apply({ snapshot: ready.snapshot, committedEntries: [], readStates: [] })
    }
    this.#network.push(...host.node.appended(ready))
  }

  #write(host: Host, ready: Ready): void {
    host.write(ready)
    if (ready.mustSync || ready.snapshot !== null) this.#synced.set(host.node.id, host.storage.hardState)
  }

  #deliver(): void {
    if (this.#network.length === 0) return
    // From near the front: old messages are late, not lost for ever behind new ones.
    const at = Math.min(this.#random.below(this.#network.length), this.#random.below(8))
    const [message] = this.#network.splice(at, 1)
    const dice = this.#random.below(100)
    if (dice < 10) return
    if (dice < 15) this.#network.push(message!)
    this.#hosts.get(message!.to)!.node.step(message!)
  }

  #restart(host: Host): void {
    // The writes that were under way: the first few were done, though nobody heard of it.
    const writing = this.#writing.get(host.node.id)!
    for (const ready of writing.slice(0, this.#random.below(writing.length + 1))) {
      this.#write(host, ready)
      if (ready.snapshot !== null) host.apply({ snapshot: ready.snapshot, committedEntries: [], readStates: [] })
    }
    writing.length = 0
    this.events.restarts++
    host.storage.setHardState(this.#synced.get(host.node.id) ?? { term: 0, vote: 0, commit: 0 })
    host.restart()
  }

  #compactable(host: Host): number {
    return Math.max(host.storage.firstIndex() - 1, host.appliedIndex)
  }

  #change() {
    const kinds: ((id: number) => ConfChangeSingle)[] = [addNode, addNode, addLearnerNode, removeNode]
    const changes = Array.from({ length: this.#random.between(0, 3) }, () =>
      this.#random.pick(kinds)(this.#random.pick(this.#ids)),
    )
    return confChangeV2(changes, this.#random.pick(Object.values(ConfChangeTransition)), EMPTY)
  }

  #checkLeader(host: Host): void {
    const { node } = host
    if (!node.isLeader) return
    const known = this.#leaders.get(node.term)
    if (known === undefined) this.#checkCompleteness(host)
    else holds(node.id, known, `the leader of term ${node.term}`)
    this.#leaders.set(node.term, node.id)
    this.events.leaders = this.#leaders.size
  }

  /** A new leader holds all that anybody has applied. */
  #checkCompleteness({ node }: Host): void {
    for (let index = node.firstIndex; index < this.agreed.length; index++) {
      const agreed = this.agreed[index]
      if (agreed === undefined) continue
      holds(node.termAt(index), Number.parseInt(agreed, 10), `the term at ${index} of new leader ${node.id}`)
    }
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

  /** Who leads the newest term, among those who are members still. */
  get leader(): Host | undefined {
    const leaders = this.#members().filter(({ node }) => node.isLeader)
    return leaders.sort((a, b) => b.node.term - a.node.term)[0]
  }

  /** Whether a proposal that is made when all is calm is applied, in a few attempts at most. */
  goesOn(): boolean {
    for (let attempt = 0; attempt < 4; attempt++) {
      this.calm()
      this.leader?.node.propose(utf8('last'))
      this.calm()
      if (this.agreed.some((entry) => entry.endsWith('last'))) return true
    }
    return false
  }
}

type Kind = readonly [name: string, cast: Cast, changes: Partial<RaftConfig>]

const KINDS: readonly Kind[] = [
  ['three nodes', fixedCast(3), {}],
  ['five nodes with pre-votes and check-quorum', fixedCast(5), { preVote: true, checkQuorum: true }],
  ['seven nodes', fixedCast(7), { preVote: true }],
  ['a changing group', CHANGING, {}],
  ['a changing group with pre-votes and check-quorum', CHANGING, { preVote: true, checkQuorum: true }],
  [
    'a changing group with tight limits',
    CHANGING,
    {
      preVote: true,
      inflightMessagesMax: 2,
      entryBytesMax: 40,
      committedBytesPerReadyMax: 60,
      uncommittedBytesMax: 200,
    },
  ],
]

for (const [name, cast, changes] of KINDS) {
  test(`under loss, delay, duplication and crashes ${name} agree, and go on when it is calm`, () => {
    const events = { entries: 0, leaders: 0, snapshots: 0, changes: 0, restarts: 0 }
    for (let run = 0; run < STORMS; run++) {
      const storm = new Storm(new Random(`${seed} ${name} ${run}`), changes, cast)
      for (let i = 0; i < 6000; i++) {
        storm.step()
        if (i % 1000 === 999) storm.checkLogs()
      }
      expect(storm.goesOn(), `the group goes on after run ${run}`).toBe(true)
      storm.checkLogs()
      for (const event of Object.keys(events) as (keyof typeof events)[]) events[event] += storm.events[event]
    }
    const { changes: changed, ...others } = events
    if (cast.reconfigures) expect(changed, 'changes').toBeGreaterThan(STORMS)
    for (const [event, count] of Object.entries(others)) expect(count, event).toBeGreaterThan(STORMS / 6)
  })
}
