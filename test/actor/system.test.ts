/** What only real threads can show: boot, stop, and the end of threads. */

import { expect, test } from 'vitest'
import { defaultSpinMs } from '../../src/actor/event-loop.ts'
import { actor, createSystem, type LogEntry, type Ref } from '../../src/actor/index.ts'
import { closing, counter, puppet, type RecorderMessage, recorder } from './actors.ts'
import { careless } from './careless.ts'

const actors = new URL('./actors.js', import.meta.url).href

test('stop ends the main actors first, then each worker in reverse order of spawning, and waits for promises', async () => {
  const log: string[] = []
  const system = await createSystem({
    executors: 2,
    log: (entry: LogEntry) => log.push(`${entry.executor}: ${entry.message}`),
  })
  for (const [label, executor] of [
    ['store', 0],
    ['peer', 0],
    ['other', 1],
    ['gateway', 2],
    ['http', 2],
  ] as const) {
    await system.spawn(closing, { label, stopMs: 5 }, { executor })
  }
  expect(await system.stop()).toBe(true)
  const lines = (executor: number): string[] => log.filter((line) => line.startsWith(`${executor}:`))
  const story = (executor: number, label: string): string[] => [
    `${executor}: ${label} begins to stop: shutdown`,
    `${executor}: ${label} has stopped`,
  ]
  expect(lines(2)).toEqual([...story(2, 'http'), ...story(2, 'gateway')])
  expect(lines(0)).toEqual([...story(0, 'peer'), ...story(0, 'store')])
  expect(lines(1)).toEqual(story(1, 'other'))
  expect(log.slice(0, 4)).toEqual(lines(2))
  await expect(system.spawn(counter, { from: 0 }, { executor: 0 })).rejects.toMatchObject({ code: 'SystemStopped' })
})

test('stop has a limit, and says when it was reached', async () => {
  const system = await createSystem({ executors: 1, log: () => {} })
  await system.spawn(closing, { label: 'never', stopMs: null }, { executor: 0 })
  expect(await system.stop({ timeoutMs: 50 })).toBe(false)
})

test('stopActor resolves when the actor has stopped, its promise included', async () => {
  const log: string[] = []
  const system = await createSystem({ executors: 1, log: (entry) => log.push(entry.message) })
  for (const executor of [0, 1]) {
    const ref = await system.spawn(
      closing,
      { label: `actor ${executor}`, stopMs: 5 },
      { executor, name: `actor ${executor}` },
    )
    await system.stopActor(ref)
    expect(log.splice(0)).toEqual([`actor ${executor} begins to stop: stopped`, `actor ${executor} has stopped`])
    expect(system.named(`actor ${executor}`).executor).toBe(-1)
  }
  await system.stop()
})

test('a system whose edges cannot be made is not created, and says why', async () => {
  const creating = createSystem({ executors: 2, edges: { module: actors, name: 'makeBrokenEdges' }, log: () => {} })
  await expect(creating).rejects.toThrow('no disk for executor 1')
  const missing = createSystem({ executors: 1, edges: { module: actors, name: 'noSuchFunction' }, log: () => {} })
  await expect(missing).rejects.toThrow('exports no function noSuchFunction')
})

test('a system whose populate fails is not created', async () => {
  const creating = createSystem({
    executors: 1,
    log: () => {},
    async populate(executor, _incarnation, system) {
      await system.spawn(puppet, { report: 'none', label: 'puppet', failStarts: 1 }, { executor })
    },
  })
  await expect(creating).rejects.toThrow('puppet cannot start')
})

test('who asks when the system has stopped, or the actor or its thread is gone, is told which it was', async () => {
  const system = await createSystem({ executors: 1, log: () => {} })
  const read = (replyTo: Ref<number>) => ({ kind: 'read', replyTo }) as const
  const far = await system.spawn(counter, { from: 1 }, { executor: 0, name: 'far' })
  const near = await system.spawn(counter, { from: 2 }, { executor: 1 })
  const ended = await system.spawn(counter, { from: 3 }, { executor: 1 })
  await system.stopActor(ended)
  await expect(ended.ask(read, { timeoutMs: 5000 })).rejects.toMatchObject({ code: 'ActorStopped' })
  system.crashExecutor(0)
  await expect.poll(async () => (await system.inspect()).executors[0]).toMatchObject({ incarnation: 2, state: 'up' })
  await expect(far.ask(read, { timeoutMs: 5000 })).rejects.toMatchObject({ code: 'ExecutorLost', handled: 'never' })
  const revived = await system.spawn(counter, { from: 4 }, { executor: 0 })
  await system.stop()
  for (const ref of [far, near, ended, revived, system.named<ReturnType<typeof read>>('far')]) {
    await expect(ref.ask(read, { timeoutMs: 5000 })).rejects.toMatchObject({ code: 'SystemStopped' })
  }
  await expect(system.stopActor(revived)).rejects.toMatchObject({ code: 'SystemStopped' })
  await expect(system.stop()).rejects.toMatchObject({ code: 'SystemStopped' })
})

test('what is handed in wrong is refused by name, before anything is done', async () => {
  // As from a program without types.
  // biome-ignore lint/suspicious/noExplicitAny: so it is meant
  const untyped = (value: unknown): any => value
  for (const executors of [undefined, 0, 1.5, '2', 5000]) {
    await expect(createSystem(untyped({ executors }))).rejects.toThrow('executors is a whole number from 1 to 1024')
  }
  await expect(createSystem(untyped(undefined))).rejects.toThrow(
    'createSystem takes an object of options, not undefined',
  )
  await expect(createSystem(untyped({ executors: 1, threads: 2 }))).rejects.toThrow(
    "createSystem has no option 'threads'",
  )
  const system = await createSystem({ executors: 1, log: () => {} })
  const spawn = (...given: unknown[]) => untyped(system).spawn(...given) as Promise<Ref<never>>
  await expect(spawn()).rejects.toThrow('spawn takes what actor({ module, name, start }) returned, not undefined')
  await expect(spawn(counter)).rejects.toThrow('spawn takes an object of options, not undefined')
  await expect(spawn(counter, { from: 1 }, {})).rejects.toThrow('executor is a whole number from 0 to 1')
  await expect(spawn(counter, { from: 1 }, { executor: 2 })).rejects.toThrow(RangeError)
  await expect(spawn({}, { from: 1 }, { executor: 0 })).rejects.toThrow(
    'spawn takes what actor({ module, name, start })',
  )
  await expect(spawn(counter, { from: 1 }, { executor: 0, mailBox: 5 })).rejects.toThrow(
    "spawn has no option 'mailBox'",
  )
  await expect(spawn(counter, { from: 1 }, { executor: 0, mailbox: 0 })).rejects.toThrow('mailbox is a whole number')
  await expect(spawn(counter, { from: 1 }, { executor: 1, supervise: 'retry' })).rejects.toThrow('supervise is one of')
  const ref = untyped(await spawn(counter, { from: 7 }, { executor: 0 }))
  await expect(ref.ask()).rejects.toThrow('ask takes a function that makes the message from its replyTo, not undefined')
  const read = (replyTo: Ref<number>) => ({ kind: 'read', replyTo })
  await expect(ref.ask(read)).rejects.toThrow('ask takes { timeoutMs } as its second argument, not undefined')
  await expect(ref.ask(read, { timeout: 5 })).rejects.toThrow('timeoutMs of ask is a number of milliseconds')
  expect(await ref.ask(read, { timeoutMs: 5000 })).toBe(7)
  for (const wrong of [{}, { module: 'm' }, { module: 'm', name: 'n' }, { module: 'm', name: 'n', start: 5 }]) {
    expect(() => actor(untyped(wrong))).toThrow(/^(module|name|start) of an actor is /)
  }
  await system.stop()
})

test('a module that defines an actor and creates a system does not create one on each thread that imports it', async () => {
  const system = await createSystem({ executors: 1, log: () => {} })
  const spawning = system.spawn(careless, undefined, { executor: 0 })
  await expect(spawning).rejects.toThrow('createSystem was called on a thread of a system')
  await system.stop()
})

test('two systems in one process do not see each other', async () => {
  const one = await createSystem({ executors: 1 })
  const two = await createSystem({ executors: 1 })
  const ref = await one.spawn(counter, { from: 1 }, { executor: 0, name: 'counter' })
  await two.spawn(counter, { from: 2 }, { executor: 0, name: 'counter' })
  expect(await ref.ask<number>((replyTo) => ({ kind: 'read', replyTo }), { timeoutMs: 5000 })).toBe(1)
  await one.stop()
  const other = two.named<{ kind: 'read'; replyTo: Ref<number> }>('counter')
  expect(await other.ask<number>((replyTo) => ({ kind: 'read', replyTo }), { timeoutMs: 5000 })).toBe(2)
  await two.stop()
})

test('an executor that dies again and again comes back each time, and the others go on', async () => {
  const exits: string[] = []
  const system = await createSystem({
    executors: 2,
    log: () => {},
    onExecutorExit: (executor, incarnation, error) => exits.push(`${executor}.${incarnation} ${error?.message}`),
    async populate(executor, _incarnation, each) {
      if (executor === 0) await each.spawn(counter, { from: 0 }, { executor, name: 'victim', supervise: 'escalate' })
      if (executor === 1) await each.spawn(recorder, undefined, { executor, name: 'steady' })
    },
  })
  const steady = system.named<RecorderMessage>('steady')
  const id = steady.id
  for (let life = 1; life <= 3; life++) {
    const victim = system.named<{ kind: 'throw'; text: string }>('victim')
    while (!victim.id.startsWith(`0.${life}.`)) await new Promise((resolve) => setImmediate(resolve))
    steady.tell({ kind: 'item', value: life })
    victim.tell({ kind: 'throw', text: `bug ${life}` })
  }
  while (!system.named('victim').id.startsWith('0.4.')) await new Promise((resolve) => setImmediate(resolve))
  expect(exits).toEqual(['0.1 bug 1', '0.2 bug 2', '0.3 bug 3'])
  expect(await steady.ask<unknown[]>((replyTo) => ({ kind: 'read', replyTo }), { timeoutMs: 5000 })).toEqual([1, 2, 3])
  expect(steady.id).toBe(id)
  expect((await system.inspect()).executors.map((each) => each.incarnation)).toEqual([4, 1, 1])
  await system.stop()
})

test('a thread out of memory is a thread that exits, and starts again', async () => {
  const exits: (string | undefined)[] = []
  const system = await createSystem({
    executors: 1,
    log: () => {},
    resourceLimits: { maxOldGenerationSizeMb: 32 },
    onExecutorExit: (_executor, _incarnation, error) => exits.push((error as { code?: string } | null)?.code),
  })
  const ref = await system.spawn(recorder, undefined, { executor: 0 })
  for (let i = 0; exits.length === 0; i++) {
    ref.tell({ kind: 'item', value: Array.from({ length: 10_000 }, (_, index) => `${i} ${index}`) })
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(exits).toEqual(['ERR_WORKER_OUT_OF_MEMORY'])
  const isBack = async (): Promise<boolean> => {
    const { executors } = await system.inspect()
    return executors[0]?.state === 'up' && executors[0].incarnation === 2
  }
  while (!(await isBack())) await new Promise((resolve) => setImmediate(resolve))
  await system.stop()
})

test('Threads look for work before they sleep where each has a core of its own, the main thread too, and else do not', () => {
  expect(defaultSpinMs(3, 4)).toBeGreaterThan(0)
  expect(defaultSpinMs(4, 4)).toBe(0)
  expect(defaultSpinMs(5, 4)).toBe(0)
})
