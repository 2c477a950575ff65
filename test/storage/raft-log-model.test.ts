/**
 * Random lives of a raft log on the simulated disk, against a dumb model.
 *
 * The model keeps what the log should hold after every single operation. After a crash the log must be as it was
 * after one of them: not earlier than the last whose flush was done, not later than the last that a flush had taken
 * along. So nothing that was answered for is missing, nothing comes from elsewhere, and the order is kept.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Random } from '../../src/base/index.ts'
import type { Entry } from '../../src/raft/index.ts'
import { type GroupLog, LogDamage, openRaftLog, type RaftLog } from '../../src/storage/index.ts'
import { SimulatedDisk } from '../sim/disk.ts'
import { all, describeEntry, entry } from './log-tools.ts'
import { VirtualTime } from './virtual-time.ts'

interface ModelGroup {
  peer: number
  hardState: string
  installing: number
  /** Where the log began when it last began anew; what was trimmed since may or may not come back. */
  beganAt: number
  trimmedTo: number
  /** Of all entries since it began, trimmed ones too: index → entry. */
  entries: ReadonlyMap<number, string>
  last: number
}

interface ModelState {
  /** Never changed once it stands here: each operation makes a new one of what it touches. */
  groups: ReadonlyMap<string, ModelGroup>
  tombstones: ReadonlyMap<string, string>
}

/** Lives that once showed a bug. */
const FOUND: [number][] = [[1510026125], [95444133]]

const EMPTY_STATE: ModelState = { groups: new Map(), tombstones: new Map() }

class Life {
  readonly time = new VirtualTime()
  readonly random: Random
  readonly disk: SimulatedDisk
  log: RaftLog
  /** After each operation since the last opening; the first is as it was opened. */
  states: ModelState[] = [EMPTY_STATE]
  /** The last state that a finished flush has carried, and the last that a flush under way will. */
  durable = 0
  taken = 0
  crashes = 0
  readonly #diesAlone: boolean
  #serial = 0

  /** @param diesAlone the process dies twice as often as the power goes */
  constructor(seed: number, diesAlone = false) {
    this.#diesAlone = diesAlone
    this.random = new Random(seed)
    this.disk = new SimulatedDisk(this.time.schedule, this.random.fork())
    this.log = this.open()
  }

  open(): RaftLog {
    return openRaftLog(this.disk, {
      directory: '/log',
      segmentBytes: 8 * 1024,
      identity: 7,
      checkpointSegments: 3,
      sparesMax: 2,
    })
  }

  get state(): ModelState {
    return this.states[this.states.length - 1]!
  }

  step(): void {
    const { random } = this
    const groups = [...this.log.groups()]
    const group = groups.length === 0 ? undefined : random.pick(groups)
    const choice = random.below(100)
    if (group === undefined || choice < 4) this.create()
    else if (choice < 45) this.append(group)
    else if (choice < 50) this.trim(group)
    else if (choice < 52) this.installing(group)
    else if (choice < 55) this.restart(group)
    else if (choice < 57) this.bury(group)
    else if (choice < 75) this.flush()
    else if (choice < 95) this.time.advance(random.float() * 3)
    else if (choice < 98) this.crash()
    else this.close()
  }

  create(): void {
    const store = this.random.between(1, 2)
    const cell = this.random.between(1, 4)
    if (this.log.group(store, cell) !== undefined) return
    const start = this.random.chance(0.5) ? { index: 0, term: 0 } : { index: 5, term: 5 }
    const peer = ++this.#serial
    const group = this.log.create(store, cell, peer, start, this.hardState())
    this.changed(group, new Map(), start.index)
  }

  append(group: GroupLog): void {
    const { random } = this
    const first =
      random.chance(0.2) && group.lastIndex() >= group.firstIndex()
        ? random.between(group.firstIndex(), group.lastIndex())
        : group.lastIndex() + 1
    const count = random.chance(0.2) ? 0 : random.between(1, 4)
    const list: Entry[] = []
    for (let i = 0; i < count; i++) {
      const size = random.chance(0.05) ? random.below(1500) : random.below(60)
      list.push(entry(++this.#serial, first + i, `${this.#serial}`.padEnd(size, '.'), random.pick([0, 1, 2])))
    }
    const known = this.model(group)
    this.log.append(group, random.chance(0.7) ? this.hardState() : null, list)
    const entries = new Map(known.entries)
    if (count > 0) {
      for (let index = first; index <= known.last; index++) entries.delete(index)
      for (const each of list) entries.set(each.index, describeEntry(each))
    }
    this.changed(group, entries, known.beganAt)
  }

  trim(group: GroupLog): void {
    this.log.trim(group, this.random.between(group.firstIndex() - 1, group.lastIndex()))
    const known = this.model(group)
    this.changed(group, known.entries, known.beganAt)
  }

  installing(group: GroupLog): void {
    this.log.installing(group, ++this.#serial)
    const known = this.model(group)
    this.changed(group, known.entries, known.beganAt)
  }

  restart(group: GroupLog): void {
    const index = this.random.below(group.lastIndex() + 20)
    this.log.restart(group, { index, term: ++this.#serial }, this.hardState())
    this.changed(group, new Map(), index)
  }

  bury(group: GroupLog): void {
    const confVer = ++this.#serial
    this.log.bury(group, confVer)
    const groups = new Map(this.state.groups)
    groups.delete(keyOf(group))
    const tombstones = new Map(this.state.tombstones)
    tombstones.set(keyOf(group), `${group.peer} ${confVer}`)
    this.states.push({ groups, tombstones })
  }

  flush(): void {
    if (this.log.flushing) return
    const taken = this.states.length - 1
    this.taken = taken
    this.log.flush((error) => {
      expect(error).toBeNull()
      this.durable = taken
    })
  }

  crash(): void {
    this.crashes++
    // No draw of chance: lives that were found stay as they were.
    if (this.#diesAlone && this.crashes % 3 !== 0) this.disk.kill()
    else this.disk.crash()
    this.reopen()
  }

  close(): void {
    if (this.log.flushing) return
    this.log.close(() => {})
    // The close ends in a microtask, or with what was being prepared: either way nothing more is written.
    this.time.drain()
    this.reopen()
  }

  reopen(): void {
    this.log = this.open()
    const found = this.states.findIndex(
      (state, i) => i >= this.durable && i <= this.taken && matches(this.log, state) === null,
    )
    if (found === -1) {
      const nearest = matches(this.log, this.states[this.durable]!)
      expect.fail(`the log is like none of the states ${this.durable} to ${this.taken}: ${nearest}`)
    }
    this.states = [this.adopted(this.states[found]!)]
    this.durable = 0
    this.taken = 0
  }

  /** The state found, with what was trimmed as the log shows it now. */
  adopted(state: ModelState): ModelState {
    const groups = new Map<string, ModelGroup>()
    for (const group of this.log.groups()) {
      const known = state.groups.get(keyOf(group))!
      groups.set(keyOf(group), { ...known, trimmedTo: group.firstIndex() - 1 })
    }
    return { groups, tombstones: state.tombstones }
  }

  hardState(): { term: number; vote: number; commit: number } {
    return { term: ++this.#serial, vote: this.random.below(5), commit: this.random.below(100) }
  }

  model(group: GroupLog): ModelGroup {
    return this.state.groups.get(keyOf(group))!
  }

  changed(group: GroupLog, entries: ReadonlyMap<number, string>, beganAt: number): void {
    const groups = new Map(this.state.groups)
    groups.set(keyOf(group), {
      peer: group.peer,
      hardState: JSON.stringify(group.hardState),
      installing: group.installingIndex,
      beganAt,
      trimmedTo: group.firstIndex() - 1,
      entries,
      last: group.lastIndex(),
    })
    this.states.push({ groups, tombstones: this.state.tombstones })
  }
}

function keyOf({ store, cell }: { store: number; cell: number }): string {
  return `${store}/${cell}`
}

/** Null when the log holds what the state says; else the first difference. */
function matches(log: RaftLog, state: ModelState): string | null {
  const groups = [...log.groups()]
  if (groups.length !== state.groups.size) return `${groups.length} groups and not ${state.groups.size}`
  for (const group of groups) {
    const difference = matchesGroup(group, state.groups.get(keyOf(group)))
    if (difference !== null) return `group ${keyOf(group)}: ${difference}`
  }
  const tombstones = [...log.tombstones()]
  if (tombstones.length !== state.tombstones.size) return 'other tombstones'
  for (const each of tombstones) {
    if (state.tombstones.get(keyOf(each)) !== `${each.peer} ${each.confVer}`) return `tombstone ${keyOf(each)}`
  }
  return null
}

function matchesGroup(group: GroupLog, known: ModelGroup | undefined): string | null {
  if (known === undefined) return 'should not be'
  if (group.peer !== known.peer) return 'another peer'
  if (JSON.stringify(group.hardState) !== known.hardState) return 'another hard state'
  if (group.installingIndex !== known.installing) return 'another mark of installation'
  const start = group.firstIndex() - 1
  if (start < known.beganAt || start > known.trimmedTo) return `begins at ${start}, not ${known.trimmedTo}`
  if (group.lastIndex() !== known.last) return `ends at ${group.lastIndex()}, not ${known.last}`
  for (const each of all(group)) {
    if (known.entries.get(each.index) !== describeEntry(each)) return `entry ${each.index} is another`
  }
  if (start > known.beganAt) {
    const before = known.entries.get(start)
    if (before !== undefined && Number(before.split(':')[1]) !== group.term(start)) return 'another term at its start'
  }
  return null
}

test('after any life with crashes a log holds all that was answered for, and nothing that never was', () => {
  let crashes = 0
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const life = new Life(seed)
      for (let i = 0; i < 400; i++) life.step()
      life.crash()
      crashes += life.crashes
    }),
    { numRuns: 120, seed: 1, endOnFailure: true, examples: FOUND },
  )
  expect(crashes).toBeGreaterThan(300)
})

test('what a log held when it was opened again after its process had died is there after a power cut, too', () => {
  let crashes = 0
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const life = new Life(seed, true)
      for (let i = 0; i < 400; i++) life.step()
      for (let i = 0; i < 3; i++) life.crash()
      crashes += life.crashes
    }),
    { numRuns: 80, seed: 1, endOnFailure: true },
  )
  expect(crashes).toBeGreaterThan(300)
})

test('one rotten bit is refused, or lies where nothing is read, or costs the last batch: it never changes an answer', () => {
  let refused = 0
  fc.assert(
    fc.property(fc.nat(), (seed) => {
      const life = new Life(seed)
      for (let i = 0; i < 150; i++) life.step()
      life.time.drain()
      const group = [...life.log.groups()][0]
      if (group === undefined) return
      life.flush()
      life.time.drain()
      const beforeLast = life.durable
      life.append(group)
      life.flush()
      life.time.drain()
      life.log.close(() => {})
      life.time.drain()
      const segments = life.disk.list('/log').filter((name) => name.endsWith('.segment'))
      const path = `/log/${life.random.pick(segments)}`
      life.disk.rot(path, life.random.below(life.disk.size(path)))
      // The last batch may be lost: its damage cannot be told from a torn write.
      life.durable = beforeLast
      try {
        life.reopen()
      } catch (error) {
        if (!(error instanceof LogDamage)) throw error
        refused++
      }
    }),
    { numRuns: 120, seed: 2, endOnFailure: true, examples: FOUND },
  )
  expect(refused).toBeGreaterThan(5)
})
