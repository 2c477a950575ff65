/** Pools, topics, stashes, promises, silence and observers mean the same on threads and in the twin. */
import { afterEach, describe, expect, test } from 'vitest'
import { actor, type Ref, stash } from '../../src/actor/index.ts'
import { observedEdges, type PuppetMessage, puppet, type RecorderMessage, recorder } from './actors.ts'
import {
  caller,
  type DoorMessage,
  dealer,
  door,
  guest,
  news,
  notebook,
  piper,
  press,
  reader,
  stumbler,
  visitor,
  workers,
} from './pattern-actors.ts'
import { type World, type WorldOptions, worlds } from './worlds.ts'

interface SilentAt {
  readonly silentAtMs: number
}

for (const { kind, make } of worlds) {
  describe(`${kind}:`, () => {
    let open: World | null = null

    async function begin(options: Partial<WorldOptions> = {}): Promise<World> {
      const world = await make({ executors: 2, ...options })
      open = world
      if (options.populate === undefined) await spawnReport(world)
      return world
    }

    afterEach(async () => {
      await open?.end()
      open = null
    })

    const spawnReport = (world: World): Promise<Ref<RecorderMessage>> =>
      world.spawn(recorder, undefined, { executor: world.main, name: 'report' })

    /** What was reported, without who reported it. */
    async function seen(world: World): Promise<unknown[]> {
      const items = await world.ask<RecorderMessage, unknown[]>(world.named('report'), (replyTo) => ({
        kind: 'read',
        replyTo,
      }))
      return items.map((item) => (typeof item === 'object' && item !== null && 'value' in item ? item.value : item))
    }

    async function by(world: World): Promise<{ from: string; value: unknown }[]> {
      return (await world.ask<RecorderMessage, unknown[]>(world.named('report'), (replyTo) => ({
        kind: 'read',
        replyTo,
      }))) as { from: string; value: unknown }[]
    }

    const until = (world: World, count: number): Promise<void> =>
      world.until(async () => (await seen(world)).length >= count)

    // ────────────────────────────────────────────────────────────────────────────────────────────────────────── pools

    /** The pool on both workers, as `populate` makes it. */
    const withPool: Partial<WorldOptions> = {
      populate: async (world, executor) => {
        const where = { executors: 2, spawn: world.spawn.bind(world) }
        if (executor === world.main) await spawnReport(world)
        await workers.populate(executor, where)
      },
    }

    test('a pool lives on all workers, and a router deals to its members in turn, from inside and outside actors', async () => {
      const world = await begin(withPool)
      const router = workers.router(world)
      expect(router.members.map((member) => member.executor)).toEqual([0, 1, 0, 1, 0])
      for (let value = 0; value < 10; value++) expect(router.tell({ kind: 'work', value })).toBe(true)
      await until(world, 10)
      const workOf = async (i: number) =>
        (await by(world)).filter(({ from }) => from === `workers/${i}`).map(({ value }) => value)
      for (let i = 0; i < 5; i++) expect(await workOf(i)).toEqual([i, i + 5])
      const there = await world.spawn(dealer, undefined, { executor: 1 })
      there.tell({ kind: 'deal', values: [100, 101, 102, 103, 104] })
      await until(world, 15)
      for (let i = 0; i < 5; i++) expect(await workOf(i)).toEqual([i, i + 5, 100 + i])
      expect(router.tellAll({ kind: 'work', value: 'all' })).toBe(5)
      await until(world, 20)
      for (let i = 0; i < 5; i++) expect((await workOf(i)).at(-1)).toBe('all')
    })

    test('messages of one key go to one member, in order, whoever sends them', async () => {
      const world = await begin(withPool)
      const router = workers.router(world)
      const there = await world.spawn(dealer, undefined, { executor: 0 })
      const keys = Array.from({ length: 40 }, (_, i) => `key ${i}`)
      for (const key of keys) there.tell({ kind: 'dealTo', key, values: [1, 2, 3] })
      await until(world, 120)
      const used = new Set((await by(world)).map(({ from }) => from))
      expect(used.size).toBe(5)
      for (const key of keys) {
        expect(router.of(key).name).toBe(router.of(Buffer.from(key)).name)
        expect(router.tellKey(key, { kind: 'work', value: key })).toBe(true)
      }
      await until(world, 160)
      const last = (await by(world)).filter(({ value }) => typeof value === 'string')
      expect(last.map(({ from, value }) => [from, value]).sort()).toEqual(
        keys.map((key) => [router.of(key).name, key]).sort(),
      )
      expect(router.of(7).name).toBe(router.of('7').name)
    })

    test('a router passes by a member that is lost, and finds it again when it is spawned again', async () => {
      const world = await begin(withPool)
      const router = workers.router(world)
      world.crash(1)
      await world.until(async () => router.members.some((member) => member.executor === -1))
      const lost = router.members.findIndex((member) => member.executor === -1)
      expect(lost % 2).toBe(1)
      for (let value = 0; value < 5; value++) expect(router.tell({ kind: 'work', value })).toBe(true)
      await until(world, 5)
      await world.until(async () => router.members.every((member) => member.executor !== -1))
      const member = await world.ask<Parameters<typeof router.tell>[0], string | null>(
        router.members[lost] as (typeof router.members)[number],
        (replyTo) => ({ kind: 'whoAreYou', replyTo }),
      )
      expect(member).toBe(`workers/${lost}`)
    })

    test('a router says false when nobody takes the message', async () => {
      const world = await begin()
      const router = workers.router(world)
      expect(router.tell({ kind: 'work', value: 1 })).toBe(false)
      expect(router.tellKey('k', { kind: 'work', value: 1 })).toBe(false)
      expect(router.tellAll({ kind: 'work', value: 1 })).toBe(0)
    })

    // ───────────────────────────────────────────────────────────────────────────────────────────────────────── topics

    const withTopic: Partial<WorldOptions> = {
      populate: async (world, executor) => {
        if (executor === world.main) await spawnReport(world)
        await news.populate(executor, { executors: 2, spawn: world.spawn.bind(world) })
      },
    }

    /** Subscribing is a message: the relay has it when another one that was told to it later has come back. */
    async function subscribed(world: World, count: number, text = 'first'): Promise<void> {
      const publisher = news.publisher({ executors: 2, named: world.named.bind(world) })
      await world.until(async () => {
        const before = (await seen(world)).length
        publisher.publish({ text, author: world.named('report') })
        await world.until(async () =>
          (await world.inspect()).every(({ actors }) => actors.every((a) => a.mailbox === 0)),
        )
        // Round trips to all: what the relays told has come.
        for (let i = 0; i < 3; i++) await seen(world)
        return (await seen(world)).length - before === count
      })
    }

    test('what is published on one thread comes to the subscribers on all of them, once and in order', async () => {
      const world = await begin(withTopic)
      await world.spawn(reader, undefined, { executor: 0, name: 'reader 0' })
      await world.spawn(reader, undefined, { executor: 0, name: 'reader 0b' })
      await world.spawn(reader, undefined, { executor: 1, name: 'reader 1' })
      await world.spawn(reader, undefined, { executor: world.main, name: 'reader main' })
      await subscribed(world, 4)
      const printing = await world.spawn(press, undefined, { executor: 1, name: 'press' })
      const texts = Array.from({ length: 50 }, (_, i) => `page ${i}`)
      printing.tell({ texts })
      const pages = async (name: string) =>
        (await by(world)).filter(({ from, value }) => from === name && String(value).startsWith('page'))
      for (const name of ['reader 0', 'reader 0b', 'reader 1', 'reader main']) {
        await world.until(async () => (await pages(name)).length === 50)
        expect((await pages(name)).map(({ value }) => value)).toEqual(texts.map((text) => `${text}, by press`))
      }
    })

    test('a subscription survives a restart of its actor, and ends with it, or when it is cancelled', async () => {
      const world = await begin(withTopic)
      const first = await world.spawn(reader, undefined, { executor: 0, name: 'first' })
      const second = await world.spawn(reader, undefined, { executor: 1, name: 'second' })
      await subscribed(world, 2)
      first.tell({ kind: 'throw' })
      await subscribed(world, 2)
      first.tell({ kind: 'stop' })
      await subscribed(world, 1)
      second.tell({ kind: 'cancel' })
      await subscribed(world, 0)
      expect(world.logs.join()).not.toContain('no room')
    })

    test('a thread that dies takes its subscribers with it, and the others are told as before', async () => {
      const world = await begin({
        populate: async (there, executor, incarnation) => {
          await withTopic.populate?.(there, executor, incarnation)
          await there.spawn(reader, undefined, { executor, name: `reader ${executor}` })
        },
      })
      await subscribed(world, 3)
      world.crash(0)
      await world.until(async () => world.exits.length === 1)
      await subscribed(world, 3, 'again')
    })

    test('a subscriber whose mailbox is full misses what is published, and it is logged', async () => {
      const world = await begin(withTopic)
      await world.spawn(reader, undefined, { executor: 1, name: 'small', mailbox: 10 })
      await subscribed(world, 1)
      const printing = await world.spawn(press, undefined, { executor: 1, name: 'press' })
      // All in one pass: the relay has them one after the other, and the subscriber its turn after that.
      printing.tell({ texts: Array.from({ length: 100 }, (_, i) => `page ${i}`) })
      await world.until(async () => (await by(world)).filter(({ from }) => from === 'small').length >= 11)
      await world.until(async () => world.logs.join().includes('a subscriber had no room'))
    })

    // ───────────────────────────────────────────────────────────────────────────────────────────────────────── stashes

    async function spawnDoor(world: World, executor = 0): Promise<Ref<DoorMessage>> {
      return world.spawn(door, { closed: true }, { executor, name: 'door' })
    }

    test('what was put aside is handled first when it is released, in order and from its senders, before what came later', async () => {
      const world = await begin()
      const ref = await spawnDoor(world)
      // One lives on the door's thread, one elsewhere: local messages and frames go different ways.
      for (const executor of [0, 1]) {
        ref.tell({ kind: 'close' })
        const guests = await world.spawn(visitor, { door: ref }, { executor, name: `visitor ${executor}` })
        guests.tell({ names: ['a', 'b', 'c', 'open', 'd', 'e'] })
        await until(world, executor * 5 + 5)
        const names = ['a', 'b', 'c', 'd', 'e'].map((name) => `${name} from visitor ${executor}`)
        expect((await seen(world)).slice(executor * 5)).toEqual(names)
      }
    })

    test('a stash has a bound, beyond which the actor must refuse', async () => {
      const world = await begin()
      const ref = await spawnDoor(world)
      for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) ref.tell({ kind: 'enter', name })
      ref.tell({ kind: 'open' })
      await until(world, 6)
      const inside = ['a', 'b', 'c', 'd', 'e'].map((name) => `${name} from outside`)
      expect(await seen(world)).toEqual(['f turned away', ...inside])
    })

    test('a restarted actor finds in its mailbox what its former life had put aside', async () => {
      const world = await begin()
      const ref = await spawnDoor(world)
      for (const name of ['a', 'b']) ref.tell({ kind: 'enter', name })
      ref.tell({ kind: 'throw' })
      ref.tell({ kind: 'enter', name: 'c' })
      await until(world, 3)
      expect(await seen(world)).toEqual(['a from outside', 'b from outside', 'c from outside'])
    })

    test('who asked an actor that stops with the question put aside is told so', async () => {
      const world = await begin()
      const ref = await spawnDoor(world, 1)
      const answer = world.ask<DoorMessage, number>(ref, (replyTo) => ({ kind: 'size', replyTo }))
      const refused = expect(answer).rejects.toMatchObject({ code: 'ActorStopped' })
      ref.tell({ kind: 'stop' })
      await refused
      const counted = (await world.inspect())[1]?.deadLetters.stopped
      expect(counted).toBe(1)
    })

    test('a stash is of an actor of the runtime', () => {
      expect(() => stash({} as never)).toThrow('the one that the runtime gave')
    })

    // ──────────────────────────────────────────────────────────────────────────────────────────────────────── promises

    test('the end of a promise becomes a message, good or bad; a throw in its making is a throw of the actor', async () => {
      const world = await begin()
      const ref = await world.spawn(piper, undefined, { executor: 1 })
      ref.tell({ kind: 'pipe', value: 'good', ends: 'well' })
      await until(world, 2)
      ref.tell({ kind: 'pipe', value: 'bad', ends: 'badly' })
      await until(world, 3)
      ref.tell({ kind: 'pipe', value: 'x', ends: 'in a throw' })
      await until(world, 4)
      expect(await seen(world)).toEqual(['started', 'good', 'failed: bad', 'started'])
      expect(world.logs.join()).toContain('done with a throw')
    })

    test('a promise of a former life tells the next one nothing', async () => {
      const world = await begin()
      const ref = await world.spawn(piper, undefined, { executor: 0 })
      ref.tell({ kind: 'pipeLate', value: 'of the first life' })
      ref.tell({ kind: 'throw' })
      ref.tell({ kind: 'letGo' })
      await until(world, 3)
      ref.tell({ kind: 'pipeLate', value: 'of this life' })
      ref.tell({ kind: 'letGo' })
      await until(world, 5)
      expect(await seen(world)).toEqual(['started', 'started', 'let go', 'of this life', 'let go'])
    })

    // ───────────────────────────────────────────────────────────────────────────────────────────────────────── silence

    test('silence is told when no message came for so long, and again while it lasts', async () => {
      const world = await begin()
      const ref = await world.spawn(guest, { timeoutMs: 60 }, { executor: 0, name: 'guest' })
      for (let i = 0; i < 5; i++) ref.tell({ kind: 'say', value: `word ${i}` })
      await until(world, 8)
      const all = await seen(world)
      expect(all.filter((item) => typeof item === 'string')).toEqual([0, 1, 2, 3, 4].map((i) => `word ${i}`))
      const silentAtMs = all.flatMap((item) => (typeof item === 'string' ? [] : [(item as SilentAt).silentAtMs]))
      for (let i = 1; i < silentAtMs.length; i++) {
        expect((silentAtMs[i] as number) - (silentAtMs[i - 1] as number)).toBeGreaterThanOrEqual(59)
      }
    })

    // Only virtual time promises that nobody was late with a word.
    if (kind === 'twin') {
      test('silence is counted from the last message', async () => {
        const world = await begin()
        const ref = await world.spawn(guest, { timeoutMs: 60 }, { executor: 0, name: 'guest' })
        const talker = await world.spawn(puppet, { report: 'guest', label: 'talker' }, { executor: 1 })
        for (const delayMs of [50, 100, 150]) talker.tell({ kind: 'after', delayMs, value: 'word' })
        await world.until(async () => (await seen(world)).some((item) => typeof item === 'object'))
        const silence = (await seen(world)).find((item) => typeof item === 'object') as SilentAt
        expect(silence.silentAtMs).toBeGreaterThanOrEqual(209)
        expect(silence.silentAtMs).toBeLessThan(213)
        expect(ref.name).toBe('guest')
      })
    }

    test('a behavior with a limit on silence keeps its other calls', async () => {
      const world = await begin()
      const ref = await world.spawn(guest, { timeoutMs: 100_000 }, { executor: 0 })
      ref.tell({ kind: 'say', value: 'goodbye' })
      await until(world, 2)
      expect(await seen(world)).toEqual(['goodbye', 'guest stopped'])
    })

    // ─────────────────────────────────────────────────────────────────────────────────────────────────────── observers

    const notesOf = (world: World): Promise<string[]> =>
      world.ask(world.named('notebook'), (replyTo: Ref<string[]>) => ({ kind: 'notes', replyTo }))

    async function beginObserved(): Promise<World> {
      const world = await begin({ observe: true })
      await world.spawn(notebook, undefined, { executor: 1, name: 'notebook' })
      return world
    }

    test('an observer sees lives, messages and their senders, throws, and dead letters', async () => {
      const world = await beginObserved()
      const ref = await world.spawn(puppet, { report: 'report', label: 'p' }, { executor: 1, name: 'p' })
      const other = await world.spawn(recorder, undefined, { executor: 0, name: 'other' })
      other.tell({ kind: 'forward', to: ref as unknown as Ref<RecorderMessage>, value: 1 })
      await world.until(async () => (await notesOf(world)).includes('p handled well'))
      ref.tell({ kind: 'throw', text: 'a bug' })
      ref.tell({ kind: 'stop' })
      ref.tell({ kind: 'turn' })
      await world.until(async () => (await notesOf(world)).includes('dead letter: stopped'))
      expect((await notesOf(world)).filter((line) => !line.startsWith('notebook'))).toEqual([
        'p started, puppet on 1',
        'p handling from other',
        'p handled well',
        'p handling from outside',
        'p handled a bug',
        'p threw a bug: restart',
        'p stopping: restart',
        'p started, puppet on 1',
        'p handling from outside',
        'p handled well',
        'p stopping: stopped',
        'dead letter: stopped',
      ])
    })

    test('an observer hears of the end of a handler that waits when it has ended', async () => {
      const world = await beginObserved()
      const ref = await world.spawn(caller, undefined, { executor: 1, name: 'caller' })
      ref.tell({ kind: 'call', value: 'x' })
      ref.tell({ kind: 'throw' })
      await world.until(async () => (await notesOf(world)).includes('caller handled in the middle'))
      const lines = (await notesOf(world)).filter((line) => line.startsWith('caller ha'))
      expect(lines.map((line) => line.slice(7))).toEqual([
        'handling from outside',
        'handled well',
        'handling from outside',
        'handled in the middle',
      ])
    })

    test('an observer that throws is not called again, and no actor suffers', async () => {
      const world = await beginObserved()
      const ref = await world.spawn(puppet, { report: 'report', label: 'p' }, { executor: 1, name: 'p' })
      ref.tell({ kind: 'say', value: 'explode' })
      ref.tell({ kind: 'say', value: 'on we go' })
      await until(world, 3)
      expect(await seen(world)).toEqual(['p started', 'explode', 'on we go'])
      expect((await notesOf(world)).filter((line) => line.includes('p h'))).toEqual([])
      await world.until(async () => world.logs.join().includes('an observer with a bug'))
    })

    // ─────────────────────────────────────────────────────────────────────────────────────────────────────────── lives

    test('a life is stopped once, also when the next one fails to begin', async () => {
      const world = await begin()
      const ref = await world.spawn(stumbler, { lives: 0 }, { executor: 0 })
      ref.tell({ kind: 'throw' })
      ref.tell({ kind: 'say' })
      await until(world, 2)
      expect(await seen(world)).toEqual(['life 1 stop restart', 'life 3'])
    })

    test('an actor knows how many executors there are', async () => {
      const counted: number[] = []
      const observer = observedEdges()
      const world = await begin({ mainEdges: { ...observer } })
      const counter = actor<PuppetMessage>({
        module: import.meta.url,
        name: 'counts-executors',
        start(ctx) {
          counted.push(ctx.executor, ctx.executors)
          return { receive() {} }
        },
      })
      await world.spawn(counter, undefined, { executor: world.main })
      expect(counted).toEqual([2, 2])
    })
  })
}
