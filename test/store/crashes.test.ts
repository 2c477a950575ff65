/**
 * Power cuts at any moment, while peers come and go: logs and engines lie on disks that forget what was not synced.
 * One client writes; what it was told *done* is there in the end, and what it was told *not executed* never was.
 */
import { expect, test } from 'vitest'
import { Random } from '../../src/base/index.ts'
import { FIRST_USER_CELL } from '../../src/model/index.ts'
import { Entry, EntryType } from '../../src/raft/index.ts'
import { openRaftLog } from '../../src/storage/index.ts'
import { SimulatedDisk } from '../sim/disk.ts'
import { SimulatedEngineDisk } from '../sim/engine.ts'
import { Fate, StoreHarness } from './harness.ts'

const STORES = [1, 2, 3]
const ROUNDS = 40

class Chaos {
  readonly harness = new StoreHarness(3)
  readonly random: Random
  readonly disks: SimulatedDisk[] = []
  readonly engines: SimulatedEngineDisk[] = []
  readonly incarnations = [1, 1, 1]
  readonly downUntilMs = [0, 0, 0]
  #nextPeer = 1001
  /** By key: the values that it may have. */
  readonly possible = new Map<string, Set<string | null>>()
  readonly #sent: { sequence: number; key: string; value: string | null }[] = []

  constructor(seed: string) {
    this.random = new Random(`store crashes ${seed}`)
    for (const store of STORES) {
      const { schedule } = this.harness
      this.disks.push(new SimulatedDisk(schedule, this.random.fork()))
      this.engines.push(new SimulatedEngineDisk(schedule, this.random.fork()))
      this.#mount(store - 1)
    }
  }

  #mount(executor: number): void {
    this.harness.logs[executor] = openRaftLog(this.disks[executor] as SimulatedDisk, {
      directory: 'log',
      segmentBytes: 512 * 1024,
      checkpointSegments: 3,
      identity: executor + 1,
    })
    this.harness.engines.set(executor + 1, (this.engines[executor] as SimulatedEngineDisk).open())
  }

  crash(executor: number, downMs: number): void {
    if (this.downUntilMs[executor] !== 0) return
    this.harness.kill(executor)
    this.disks[executor]?.crash()
    this.engines[executor]?.crash()
    this.downUntilMs[executor] = this.harness.nowMs + downMs
  }

  revive(all = false): void {
    for (let executor = 0; executor < 3; executor++) {
      const until = this.downUntilMs[executor] as number
      if (until === 0 || (until > this.harness.nowMs && !all)) continue
      this.downUntilMs[executor] = 0
      this.#mount(executor)
      this.incarnations[executor] = (this.incarnations[executor] as number) + 1
      this.harness.open(executor, this.incarnations[executor] as number)
    }
  }

  members() {
    return this.harness.leadingPeer()?.cell.peers ?? []
  }

  /** As PD would: a voter on each store. */
  mend(): void {
    const members = this.members()
    if (members.length === 0) return
    for (const member of members) {
      if (member.role === 'voter') continue
      this.harness.order(FIRST_USER_CELL, { kind: 'promoteLearner', peer: member })
      return
    }
    for (const store of STORES) {
      if (members.some((member) => member.store === store)) continue
      const peer = { id: this.#nextPeer++, store, role: 'learner' as const }
      this.harness.order(FIRST_USER_CELL, { kind: 'addLearner', peer })
      return
    }
  }

  removeOne(): void {
    const members = this.members()
    const leader = this.harness.leader(FIRST_USER_CELL)
    const others = members.filter((member) => member.store !== leader?.store)
    if (members.length < 3 || others.length === 0) return
    this.harness.order(FIRST_USER_CELL, { kind: 'removePeer', peer: others[this.random.below(others.length)] as never })
  }

  write(): void {
    if (this.harness.leader(FIRST_USER_CELL) === null) return
    const key = `k${this.random.below(60)}`
    // One at a time of a key, so that what came of it can be told.
    if (this.#sent.some((sent) => sent.key === key)) return
    const value = this.random.below(8) === 0 ? null : `${this.harness.nowMs} `.padEnd(this.random.below(3000), 'x')
    const sequence = this.harness.send(value === null ? ['DEL', key] : ['SET', key, value], {
      session: 10 + this.#sent.length + this.random.below(1_000_000),
    })
    this.#sent.push({ sequence, key, value })
  }

  hear(): void {
    for (const answer of this.harness.answers.splice(0)) {
      const at = this.#sent.findIndex((sent) => sent.sequence === answer.sequence)
      if (at < 0) continue
      const [sent] = this.#sent.splice(at, 1)
      const { key, value } = sent as { key: string; value: string | null }
      if (answer.fate === Fate.done) this.possible.set(key, new Set([value]))
      else if (answer.fate === Fate.unknown) this.#maybe(key, value)
    }
  }

  /** Who has died tells nothing of what it had taken: its fate is unknown. */
  forget(): void {
    this.hear()
    for (const { key, value } of this.#sent.splice(0)) this.#maybe(key, value)
  }

  #maybe(key: string, value: string | null): void {
    const possible = this.possible.get(key) ?? new Set<string | null>([null])
    this.possible.set(key, possible.add(value))
  }
}

async function play(seed: string): Promise<void> {
  const chaos = new Chaos(seed)
  const { harness, random } = chaos
  await harness.startWith(1)
  for (let round = 0; round < ROUNDS; round++) {
    const dice = random.below(10)
    if (dice === 0) {
      for (let executor = 0; executor < 3; executor++) chaos.crash(executor, 1 + random.below(300))
    } else if (dice < 4) chaos.crash(random.below(3), 1 + random.below(1500))
    else if (dice < 6) chaos.removeOne()
    else if (dice === 6) {
      const deaf = random.below(3)
      const until = harness.nowMs + random.below(1500)
      harness.drop = (from, to) => (from === deaf || to === deaf) && harness.nowMs < until
    } else if (dice === 7) harness.order(FIRST_USER_CELL, { kind: 'transferLeader', toStore: 1 + random.below(3) })
    for (let i = random.below(600); i >= 0; i--) {
      chaos.revive()
      if (random.below(4) === 0) chaos.write()
      if (i % 50 === 0) chaos.mend()
      await harness.step()
      chaos.hear()
    }
    if (chaos.downUntilMs.some((until) => until !== 0)) chaos.forget()
  }
  chaos.revive(true)
  harness.drop = () => false
  await harness.until(
    () => {
      if (harness.nowMs % 50 === 0) chaos.mend()
      chaos.hear()
      const peers = STORES.map((store) => harness.nodes[store - 1]?.host?.peer(store, FIRST_USER_CELL))
      const voters = chaos.members().filter((member) => member.role === 'voter')
      return voters.length === 3 && peers.every((peer) => peer !== undefined && peer.applied === peers[0]?.applied)
    },
    'three copies that are equal',
    120_000,
  )
  await harness.run(11_000)
  chaos.forget()
  for (const store of STORES) {
    await harness.until(() => {
      if (harness.leader(FIRST_USER_CELL)?.store === store) return true
      if (harness.nowMs % 50 === 0) harness.order(FIRST_USER_CELL, { kind: 'transferLeader', toStore: store })
      return false
    }, `store ${store} leads`)
    let keys = 0
    for (const [key, possible] of chaos.possible) {
      const { text } = await harness.ask(['GET', key], { session: 1 })
      const found = text === '$-1\r\n' ? null : text.slice(text.indexOf('\n') + 1, -2)
      if (found !== null) keys++
      expect(
        [...possible].map((value) => value?.slice(0, 20)),
        `${key} at store ${store}`,
      ).toContain(found?.slice(0, 20))
      // Whoever reads it first decides what it was.
      chaos.possible.set(key, new Set([found]))
    }
    expect((await harness.ask(['DBSIZE'], { session: 1 })).text).toBe(`:${keys}\r\n`)
  }
}

for (const seed of (process.env.CELLARIUM_CRASH_SEEDS ?? '1,2,3').split(',')) {
  test(`what was acknowledged outlives power cuts while peers come and go (seed ${seed})`, () => play(seed))
}

test('of three, the two that were told of the third go on without the first when all went down and it never comes back', async () => {
  const chaos = new Chaos('members')
  const { harness } = chaos
  await harness.startWith(3)
  const knows = (store: number) =>
    harness.nodes[store - 1]?.host?.peer(store, FIRST_USER_CELL)?.confState.voters.length === 3
  await harness.until(() => harness.leader(FIRST_USER_CELL)?.store === 1 && knows(2) && knows(3), 'all know all')
  // The time of a sync, and nothing else is written.
  await harness.run(50)
  for (const executor of [0, 1, 2]) chaos.crash(executor, executor === 0 ? Number.POSITIVE_INFINITY : 1)
  chaos.revive()
  await harness.step()
  chaos.revive()
  await harness.until(() => harness.leader(FIRST_USER_CELL) !== null, 'one of the two leads')
})

test('what a power cut leaves of many entries, written at once, is never less than what is said to be committed', async () => {
  for (let seed = 0; seed < 40; seed++) {
    const random = new Random(`store crashes, cut ${seed}`)
    const due: { atMs: number; run: () => void }[] = []
    const disk = new SimulatedDisk((delayMs, run) => due.push({ atMs: delayMs, run }), random.fork())
    const pass = () => {
      for (const { run } of due.splice(0)) run()
    }
    const options = { directory: 'log', segmentBytes: 64 * 1024, identity: 1 }
    const log = openRaftLog(disk, options)
    const group = log.create(1, 2, 3, { index: 5, term: 5 }, { term: 5, vote: 0, commit: 5 })
    const entries = Array.from({ length: 60 }, (_, i) => new Entry(6, 6 + i, EntryType.normal, Buffer.alloc(8192, i)))
    log.append(group, { term: 6, vote: 0, commit: 65 }, entries)
    log.flush(() => {})
    for (let i = random.below(30); i >= 0; i--) pass()
    disk.crash()
    due.length = 0
    const left = openRaftLog(disk, options).group(1, 2)
    expect(left?.hardState.commit ?? 0).toBeLessThanOrEqual(left?.lastIndex() ?? 0)
  }
})
