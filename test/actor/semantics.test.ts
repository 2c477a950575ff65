/** What the runtime means, in both worlds. */
import { afterEach, describe, expect, test } from 'vitest'
import type { AnyRef, Ref } from '../../src/actor/index.ts'
import {
  type CounterMessage,
  checker,
  counter,
  type Numbered,
  type PuppetMessage,
  pump,
  puppet,
  type RecorderMessage,
  recorder,
  slow,
  slowBoth,
  tally,
  undeclared,
} from './actors.ts'
import { type World, type WorldOptions, worlds } from './worlds.ts'

const readCounter = (replyTo: Ref<number>): CounterMessage => ({ kind: 'read', replyTo })

const readRecorder = (replyTo: Ref<unknown[]>): RecorderMessage => ({ kind: 'read', replyTo })

for (const { kind, make } of worlds) {
  describe(`${kind}:`, () => {
    let open: World | null = null

    async function begin(options: Partial<WorldOptions> = {}): Promise<{ world: World; report: Ref<RecorderMessage> }> {
      const world = await make({ executors: 2, ...options })
      open = world
      const report = await world.spawn(recorder, undefined, { executor: world.main, name: 'report' })
      return { world, report }
    }

    afterEach(async () => {
      await open?.end()
      open = null
    })

    const seen = (world: World): Promise<unknown[]> =>
      world.ask<RecorderMessage, unknown[]>(world.named('report'), (replyTo) => ({ kind: 'read', replyTo }))

    const untilSeen = (world: World, value: unknown): Promise<void> =>
      world.until(async () => (await seen(world)).some((item) => JSON.stringify(item) === JSON.stringify(value)))

    /** From a named puppet. */
    const from = (name: string, value: unknown): unknown => ({ from: name, value })

    const spawnPuppet = (
      world: World,
      executor: number,
      name = 'puppet',
      supervise: 'restart' | 'stop' | 'escalate' = 'restart',
    ): Promise<Ref<PuppetMessage>> =>
      world.spawn(puppet, { report: 'report', label: name }, { executor, name, supervise })

    test('a message goes to another executor, and an ask brings the reply back', async () => {
      const { world } = await begin()
      const ref = await world.spawn(counter, { from: 5 }, { executor: 1 })
      expect(ref.isLocal).toBe(false)
      expect(ref.executor).toBe(1)
      expect(ref.tell({ kind: 'add', amount: 2 })).toBe(true)
      expect(await world.ask(ref, readCounter)).toBe(7)
    })

    test('an actor on the main executor is told the object itself, and has the same context', async () => {
      const { world } = await begin()
      const ref = await spawnPuppet(world, world.main)
      expect(ref.isLocal).toBe(true)
      const who = await world.ask<PuppetMessage, { executor: number; incarnation: number }>(ref, (replyTo) => ({
        kind: 'who',
        replyTo,
      }))
      expect(who).toMatchObject({ executor: 2, incarnation: 1 })
    })

    test('messages of one lane arrive in order with their bytes: whole, in pieces, and when ring and queue are full', async () => {
      const { world } = await begin({ ringBytes: 4096, queueBytesMax: 30_000 })
      await world.spawn(checker, { report: 'report' }, { executor: 1, name: 'checker' })
      const source = await world.spawn(pump, { to: 'checker' }, { executor: 0 })
      source.tell({ kind: 'go', count: 300, lengths: [0, 1, 13, 100, 500, 700, 5000, 20_000], lane: 'data' })
      source.tell({ kind: 'go', count: 300, lengths: [3, 40], lane: 'data' })
      await untilSeen(world, from('checker', { upTo: { control: 0, droppable: 0, data: 600 } }))
      expect(JSON.stringify(await seen(world))).not.toContain('wrong')
      const lanes = (await world.inspect()).flatMap((executor) => executor.lanes)
      expect(lanes.some((lane) => lane.refusedMessages > 0)).toBe(true)
    })

    test('a name is known everywhere when spawn has resolved, is unique, and ends with its actor', async () => {
      const { world } = await begin()
      expect(world.named('puppet').tell('x')).toBe(false)
      const ref = await spawnPuppet(world, 0)
      expect(world.named('puppet').executor).toBe(0)
      expect(world.named('puppet').id).toBe(ref.id)
      await expect(spawnPuppet(world, 1)).rejects.toMatchObject({ code: 'NameTaken' })
      const other = await world.spawn(recorder, undefined, { executor: 1, name: 'other' })
      other.tell({ kind: 'forward', to: world.named('puppet'), value: 1 })
      ref.tell({ kind: 'stop' })
      await world.until(async () => world.named('puppet').executor === -1)
      expect(world.named('puppet').tell('x')).toBe(false)
    })

    test('a sender is introduced with its name, and can be answered through the reference that came along', async () => {
      const { world, report } = await begin()
      const ref = await spawnPuppet(world, 0, 'speaker')
      ref.tell({ kind: 'say', value: 'hello' })
      await untilSeen(world, from('speaker', 'hello'))
      const who = await world.ask(
        ref,
        (replyTo: Ref<{ executor: number; incarnation: number; self: AnyRef }>): PuppetMessage => ({
          kind: 'who',
          replyTo,
        }),
      )
      const self = who.self as Ref<PuppetMessage>
      expect(self.id).toBe(ref.id)
      self.tell({ kind: 'say', value: 'again' })
      await untilSeen(world, from('speaker', 'again'))
      expect(report.name).toBe('report')
    })

    test('an actor that throws starts anew, keeps its mailbox and name, and forgets its state and timers', async () => {
      const { world } = await begin()
      const ref = await spawnPuppet(world, 0)
      ref.tell({ kind: 'after', delayMs: 5, value: 'of the first life' })
      ref.tell({ kind: 'throw', text: 'a bug' })
      ref.tell({ kind: 'after', delayMs: 20, value: 'of the second life' })
      await untilSeen(world, from('puppet', 'of the second life'))
      expect(await seen(world)).toEqual([
        from('puppet', 'puppet started'),
        from('puppet', 'puppet stop restart'),
        from('puppet', 'puppet started'),
        from('puppet', 'of the second life'),
      ])
      expect(world.logs.join()).toContain('a bug')
    })

    test('a throw in a turn is a throw of the actor', async () => {
      const { world } = await begin()
      const ref = await spawnPuppet(world, 1)
      ref.tell({ kind: 'throwInTurn', text: 'a bug in the turn' })
      ref.tell({ kind: 'turn' })
      await untilSeen(world, from('puppet', 'puppet stop restart'))
      ref.tell({ kind: 'turn' })
      await untilSeen(world, from('puppet', 'turn'))
    })

    test('an actor supervised with stop ends at its first throw, and its watcher is told why', async () => {
      const { world, report } = await begin()
      const ref = await spawnPuppet(world, 0, 'puppet', 'stop')
      report.tell({ kind: 'watch', ref })
      ref.tell({ kind: 'throw', text: 'a bug' })
      await untilSeen(world, { terminated: 'puppet', why: 'failed' })
      expect(await seen(world)).toContainEqual(from('puppet', 'puppet stop failed'))
    })

    test('more restarts than the limit escalate: the thread dies and begins again', async () => {
      const { world } = await begin()
      const ref = await world.spawn(
        puppet,
        { report: 'report', label: 'puppet' },
        { executor: 0, supervise: { onThrow: 'restart', restartsMax: 2 } },
      )
      for (let i = 1; i <= 3; i++) ref.tell({ kind: 'throw', text: `bug ${i}` })
      await world.until(async () =>
        (await world.inspect()).some((each) => each.executor === 0 && each.incarnation === 2),
      )
      expect(world.exits).toEqual([{ executor: 0, incarnation: 1, error: 'bug 3' }])
      expect((await seen(world)).filter((item) => item === 'puppet started')).toHaveLength(3)
    })

    test('with onLimit stop the actor ends instead of the thread', async () => {
      const { world, report } = await begin()
      const ref = await world.spawn(
        puppet,
        { report: 'report', label: 'puppet' },
        { executor: 0, supervise: { onThrow: 'restart', restartsMax: 0, onLimit: 'stop' } },
      )
      report.tell({ kind: 'watch', ref })
      ref.tell({ kind: 'throw', text: 'bug' })
      await untilSeen(world, { terminated: 'nameless', why: 'failed' })
      expect(world.exits).toEqual([])
    })

    test('a throw of the first start rejects the spawn and leaves nothing behind', async () => {
      const { world } = await begin()
      const spawned = world.spawn(puppet, { report: 'report', label: 'p', failStarts: 1 }, { executor: 0, name: 'p' })
      await expect(spawned).rejects.toThrow('p cannot start')
      expect((await world.inspect())[0]?.actors).toEqual([])
      expect(world.named('p').executor).toBe(-1)
    })

    test('a watcher is told once, after everything the watched one sent, on the same thread and over threads', async () => {
      const { world, report } = await begin()
      for (const executor of [0, world.main]) {
        const name = `puppet-${executor}`
        const ref = await spawnPuppet(world, executor, name)
        report.tell({ kind: 'watch', ref })
        report.tell({ kind: 'watch', ref })
        ref.tell({ kind: 'say', value: 'last words' })
        ref.tell({ kind: 'stop' })
        await untilSeen(world, { terminated: name, why: 'stopped' })
        const items = (await seen(world)).slice(-3)
        expect(items).toEqual([
          from(name, 'last words'),
          from(name, `${name} stop stopped`),
          { terminated: name, why: 'stopped' },
        ])
      }
    })

    test('watching what is not there is answered with unknown', async () => {
      const { world, report } = await begin()
      const ref = await spawnPuppet(world, 0)
      ref.tell({ kind: 'stop' })
      await untilSeen(world, from('puppet', 'puppet stop stopped'))
      report.tell({ kind: 'watch', ref })
      await untilSeen(world, { terminated: 'puppet', why: 'unknown' })
      report.tell({ kind: 'watchName', name: 'nobody' })
      await untilSeen(world, { terminated: 'nobody', why: 'unknown' })
    })

    test('a child ends before its parent, and the parent hears of a child it stops', async () => {
      const { world } = await begin()
      const ref = await spawnPuppet(world, 0, 'parent')
      ref.tell({ kind: 'spawnChild', name: 'first' })
      ref.tell({ kind: 'stopChild' })
      await untilSeen(world, from('parent', { terminated: 'first', why: 'stopped' }))
      ref.tell({ kind: 'spawnChild', name: 'second' })
      ref.tell({ kind: 'stop' })
      await untilSeen(world, from('parent', 'parent stop stopped'))
      const items = (await seen(world)).map((item) => (item as { value: unknown }).value)
      expect(items.slice(-2)).toEqual(['second stop stopped', 'parent stop stopped'])
    })

    test('timers fire in order, beat, and can be cancelled', async () => {
      const { world } = await begin()
      const ref = await spawnPuppet(world, 0)
      ref.tell({ kind: 'after', delayMs: 12, value: 'second' })
      ref.tell({ kind: 'after', delayMs: 4, value: 'first' })
      ref.tell({ kind: 'after', delayMs: 6, value: 'never', cancel: true })
      await untilSeen(world, from('puppet', 'second'))
      ref.tell({ kind: 'every', intervalMs: 3, times: 3 })
      await untilSeen(world, from('puppet', 'beat 3'))
      const items = (await seen(world)).map((item) => (item as { value: unknown }).value)
      expect(items).toEqual(['puppet started', 'first', 'second', 'beat 1', 'beat 2', 'beat 3'])
    })

    test('a handler that returns a promise holds its mailbox back; the order stays; it ends before stop is called', async () => {
      const { world } = await begin()
      const ref = await world.spawn(slow, { report: 'report', waitMs: 5 }, { executor: 0 })
      const near = await world.spawn(slow, { report: 'report', waitMs: 5 }, { executor: world.main })
      for (const each of [ref, near]) {
        each.tell({ kind: 'wait' })
        for (let i = 0; i < 5; i++) each.tell({ kind: 'say', value: i })
        each.tell({ kind: 'wait' })
        each.tell({ kind: 'fail' })
        each.tell({ kind: 'say', value: each.id })
        await untilSeen(world, each.id)
        const life = ['wait', 0, 1, 2, 3, 4, 'wait', 'slow stop restart', each.id]
        expect((await seen(world)).slice(-life.length)).toEqual(life)
        expect(await seen(world)).toHaveLength(each === ref ? life.length : 2 * life.length)
      }
    })

    test('a restart waits for the promise of stop, and the mailbox with it', async () => {
      const { world } = await begin()
      const ref = await world.spawn(slowBoth, { report: 'report' }, { executor: 0 })
      ref.tell({ kind: 'fail' })
      for (const value of [1, 2]) ref.tell({ kind: 'say', value })
      await untilSeen(world, 2)
      expect(await seen(world)).toEqual(['started', 'closed', 'started', 1, 2])
    })

    test('a promise that was not declared is a throw', async () => {
      const { world, report } = await begin()
      const ref = await world.spawn(undeclared, undefined, { executor: 0, name: 'undeclared', supervise: 'stop' })
      report.tell({ kind: 'watch', ref })
      ref.tell({ kind: 'go' })
      await untilSeen(world, { terminated: 'undeclared', why: 'failed' })
    })

    test('a slow mailbox closes to other threads before it is full, and opens again', async () => {
      const { world } = await begin()
      const ref = await world.spawn(slow, { report: 'report', waitMs: 50 }, { executor: 0, mailbox: 16 })
      ref.tell({ kind: 'wait' })
      let accepted = 0
      await world.until(async () => {
        if (ref.tell({ kind: 'say', value: accepted })) accepted++
        else return true
        // Each round trip lets the receiver speak.
        await world.inspect()
        return false
      })
      expect(accepted).toBeLessThan(64)
      await world.until(async () => ref.tell({ kind: 'say', value: 'open again' }))
      await untilSeen(world, 'open again')
      const numbers = (await seen(world)).filter((item) => typeof item === 'number')
      expect(numbers).toEqual([...numbers].sort((a, b) => (a as number) - (b as number)))
    })

    test('asks fail by name: AskTimeout, ActorStopped, Aborted, MailboxFull', async () => {
      const { world } = await begin()
      const ref = await spawnPuppet(world, 0)
      const ask = (to: Ref<PuppetMessage>, options: { timeoutMs: number; signal?: AbortSignal }): Promise<never> =>
        world.ask<PuppetMessage, never>(to, (replyTo) => ({ kind: 'tellNoReply', replyTo }), options)
      await expect(ask(ref, { timeoutMs: 20 })).rejects.toMatchObject({ code: 'AskTimeout' })
      await expect(ask(ref, { timeoutMs: 20, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'Aborted' })
      const controller = new AbortController()
      const aborted = ask(ref, { timeoutMs: 5000, signal: controller.signal })
      controller.abort()
      await expect(aborted).rejects.toMatchObject({ code: 'Aborted' })
      await expect(ask(world.named('nobody'), { timeoutMs: 20 })).rejects.toMatchObject({ code: 'ActorStopped' })
      ref.tell({ kind: 'stop' })
      await untilSeen(world, from('puppet', 'puppet stop stopped'))
      await expect(ask(ref, { timeoutMs: 5000 })).rejects.toMatchObject({ code: 'ActorStopped' })
      const near = await world.spawn(puppet, { report: 'report', label: 'near' }, { executor: world.main, mailbox: 1 })
      near.tell({ kind: 'turn' })
      await expect(ask(near, { timeoutMs: 5000 })).rejects.toMatchObject({ code: 'MailboxFull' })
    })

    test('what was accepted and cannot be handled any more is a counted dead letter', async () => {
      const { world } = await begin()
      const ref = await spawnPuppet(world, 0)
      ref.tell({ kind: 'stop' })
      ref.tell({ kind: 'say', value: 'too late' })
      ref.tell({ kind: 'say', value: 'too late' })
      await world.until(async () => {
        const letters = (await world.inspect())[0]?.deadLetters
        return letters !== undefined && letters.stopped + letters['no-such-actor'] === 2
      })
    })

    test('a message too big for the memory there is refused whole and comes back to its sender', async () => {
      const { world, report } = await begin({ ringBytes: 4096, assemblyBytesMax: 50_000 })
      const far = await world.spawn(recorder, undefined, { executor: 0, name: 'far' })
      report.tell({ kind: 'forward', to: far, value: new Uint8Array(60_000) })
      report.tell({ kind: 'forward', to: far, value: new Uint8Array(40_000).fill(7) })
      await world.until(async () => (await seen(world)).length === 3)
      const items = await seen(world)
      expect(items.slice(0, 2)).toEqual([{ told: true }, { told: true }])
      expect(items[2]).toMatchObject({ undelivered: 'far', message: { kind: 'item' } })
      expect((items[2] as { message: { value: Uint8Array } }).message.value).toHaveLength(60_000)
      const there = (await world.ask(far, readRecorder)) as { value: Uint8Array }[]
      expect(there).toHaveLength(1)
      expect(there[0]?.value).toEqual(new Uint8Array(40_000).fill(7))
      expect((await world.inspect())[0]?.deadLetters['too-big']).toBe(1)
    })

    test('a dead thread: asks fail, watchers are told, what it never took comes back, then executorLost, then executorUp', async () => {
      const { world, report } = await begin({ ringBytes: 4096 })
      report.tell({ kind: 'watchExecutors' })
      const ref = await spawnPuppet(world, 0)
      report.tell({ kind: 'watch', ref })
      ref.tell({ kind: 'say', value: 'before' })
      await untilSeen(world, from('puppet', 'before'))
      let asked: Promise<never> | null = null
      await world.crashAfter(0, () => {
        asked = ref.ask<never>((replyTo) => ({ kind: 'tellNoReply', replyTo }), { timeoutMs: 10_000 })
        asked.catch(() => {})
        report.tell({ kind: 'forward', to: ref as AnyRef as Ref<RecorderMessage>, value: 'small' })
        report.tell({ kind: 'forward', to: ref as AnyRef as Ref<RecorderMessage>, value: 'L'.repeat(9000) })
      })
      await world.until(async () => world.named('puppet').executor === -1)
      await expect(asked).rejects.toMatchObject({ code: 'ExecutorLost', handled: 'never' })
      await untilSeen(world, { up: 0, incarnation: 2 })
      const items = await seen(world)
      const after = items.slice(items.findIndex((item) => JSON.stringify(item).includes('"told"')))
      expect(after.map((item) => JSON.stringify(item).replace(/L{9000}/, 'large'))).toEqual(
        [
          { told: true },
          { told: true },
          { undelivered: 'puppet', message: { kind: 'item', value: 'small' } },
          { undelivered: 'puppet', message: { kind: 'item', value: 'large' } },
          { terminated: 'puppet', why: 'executor-lost' },
          { lost: 0, incarnation: 1 },
          { up: 0, incarnation: 2 },
        ].map((item) => JSON.stringify(item)),
      )
      expect(world.named('puppet').executor).toBe(-1)
      expect(ref.tell({ kind: 'turn' })).toBe(false)
    })

    test('a thread that dies under load: what was handled never comes back, what comes back was never handled', async () => {
      const { world } = await begin({
        ringBytes: 4096,
        queueBytesMax: 20_000,
        async populate(each, executor) {
          if (executor === 1) await each.spawn(tally, { report: 'report' }, { executor, name: 'tally' })
        },
      })
      await world.until(async () => world.named('tally').executor === 1)
      const source = await world.spawn(pump, { to: 'tally', report: 'report' }, { executor: 0, name: 'pump' })
      source.tell({ kind: 'go', count: 3000, lengths: [0, 10, 200, 40, 1500], lane: 'data' })
      await world.until(async () => JSON.stringify(await seen(world)).includes('handled'))
      world.crash(1)
      await world.until(async () => world.named('tally').id.startsWith('1.2.'))
      await world.until(async () => /2999[\]}]/.test(JSON.stringify((await seen(world)).slice(-3))))
      const handled = new Map<number, number>()
      const back: number[] = []
      for (const item of (await seen(world)) as {
        value: { handled?: [number, number][]; incarnation: number; undelivered?: number }
      }[]) {
        if (item.value.undelivered !== undefined) back.push(item.value.undelivered)
        for (const [first, last] of item.value.handled ?? []) {
          for (let number = first; number <= last; number++) {
            expect(handled.has(number)).toBe(false)
            handled.set(number, item.value.incarnation)
          }
        }
      }
      expect(back).toEqual([...back].sort((a, b) => a - b))
      expect(back.filter((number) => handled.has(number))).toEqual([])
      const lastOfFirst = Math.max(
        ...[...handled].filter(([, incarnation]) => incarnation === 1).map(([number]) => number),
      )
      expect(back.every((number) => number > lastOfFirst)).toBe(true)
      // What is neither was claimed and died in the thread: at most what one claim covers.
      const unknown: number[] = []
      for (let number = 0; number < 3000; number++)
        if (!handled.has(number) && !back.includes(number)) unknown.push(number)
      expect(unknown.every((number) => number > lastOfFirst && number < (back[0] ?? 3000))).toBe(true)
      expect(unknown.length).toBeLessThan(300)
    })

    test('populate runs again for a new incarnation, and names lead to the new actor', async () => {
      const { world } = await begin({
        async populate(each, executor, incarnation) {
          if (executor === 1) await each.spawn(counter, { from: incarnation * 100 }, { executor, name: 'counter' })
        },
      })
      await world.until(async () => world.named('counter').executor === 1)
      const named = world.named<CounterMessage>('counter')
      expect(await world.ask(named, readCounter)).toBe(100)
      world.crash(1)
      await world.until(async () => named.id.startsWith('1.2.'))
      expect(await world.ask(named, readCounter)).toBe(200)
    })

    test('a function or a class instance in a message throws at tell and names the path; the next message goes', async () => {
      const { world } = await begin()
      const ref = await world.spawn(recorder, undefined, { executor: 0 })
      expect(() => ref.tell({ kind: 'item', value: { list: [1, { deep: () => 1 }] } })).toThrow(
        'message.value.list[1].deep: a function cannot be sent',
      )
      expect(() => ref.tell({ kind: 'item', value: [new Error('x')] })).toThrow(
        'message.value[0]: an instance of Error cannot be sent',
      )
      const cycle: { self?: unknown } = {}
      cycle.self = cycle
      expect(() => ref.tell({ kind: 'item', value: cycle })).toThrow('nesting deeper than')
      const value = [
        undefined,
        null,
        true,
        false,
        0,
        -0,
        -7,
        1.5,
        2 ** 40,
        Number.NaN,
        12n,
        -300n,
        'é€😀',
        'x'.repeat(100),
        new Uint8Array([1, 2]),
        { a: { b: [] } },
        new Map([[1, { x: 'y' }]]),
        new Set(['z']),
        new Date(12345),
      ]
      ref.tell({ kind: 'item', value })
      const there = await world.ask<RecorderMessage, unknown[]>(ref, (replyTo) => ({ kind: 'read', replyTo }))
      expect(there).toEqual([value])
    })

    test('a protocol message may be told to a name in each lane', async () => {
      const { world } = await begin()
      await world.spawn(checker, { report: 'report' }, { executor: 0, name: 'checker' })
      const to = world.named<Numbered>('checker')
      for (const lane of ['control', 'droppable', 'data'] as const)
        expect(to.tell({ lane, number: 0, bytes: new Uint8Array(0) })).toBe(true)
      await untilSeen(world, from('checker', { upTo: { control: 1, droppable: 1, data: 1 } }))
    })
  })
}
