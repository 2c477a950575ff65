import { expect, test } from 'vitest'
import { SettingsMemory } from '../../src/boot/settings-memory.ts'
import type { GatewayEdges } from '../../src/gateway/host.ts'
import { News } from '../../src/gateway/news.ts'
import { Settings } from '../../src/gateway/settings.ts'
import { type OptionName, resolveOptions, type SettingChanged } from '../../src/model/index.ts'
import { Street } from './street.ts'

const options = resolveOptions({}, { cores: 2, memoryBytes: 2 ** 30 })

interface Letter {
  readonly to: string
  readonly change: SettingChanged
}

class Place {
  nowMs = 0
  takes = true
  readonly told: Letter[] = []
  readonly memory: SettingsMemory
  readonly settings = new Settings(options)
  readonly news: News

  constructor(
    executor: number,
    others: readonly string[],
    memory = new SettingsMemory(),
    changes: readonly SettingChanged[] = [],
  ) {
    this.memory = memory
    const edges = {
      clock: { monotonicMs: () => this.nowMs },
      executor,
      settings: memory,
      requestTurn() {},
      tellGateway: (to: string, change: SettingChanged) => {
        if (this.takes) this.told.push({ to, change })
        return this.takes
      },
    } as unknown as GatewayEdges
    this.news = new News(others, changes, this.settings, edges)
  }

  set(name: OptionName, value: string): void {
    this.settings.set(name, value)
    this.news.changed([name])
  }

  get letters(): string[] {
    return this.told.map(({ to, change }) => `${to} ${change.value}`)
  }
}

function change(name: OptionName, value: string, stamp: number, by = 9): SettingChanged {
  return { kind: 'settingChanged', name, value, stamp, by }
}

/** Three gateways; what each has said is handed on when the test says so, in the order that it says. */
function three() {
  const places = new Map<string, Place>()
  const names = ['g0', 'g1', 'g2']
  names.forEach((name, executor) => {
    places.set(
      name,
      new Place(
        executor,
        names.filter((other) => other !== name),
      ),
    )
  })
  const at = (name: string) => places.get(name) as Place
  const deliver = (from: string, to: string) => {
    const told = at(from).told
    const letters = told.filter((letter) => letter.to === to)
    for (const letter of letters) {
      told.splice(told.indexOf(letter), 1)
      at(to).news.heard(letter.change)
    }
    return letters.length
  }
  const deliverAll = () => {
    while (names.some((from) => names.some((to) => deliver(from, to) > 0)));
  }
  return { at, deliver, deliverAll, all: (name: OptionName) => names.map((each) => at(each).settings.options[name]) }
}

test('A change is remembered and told to each other gateway, and again later when it is not taken', () => {
  const place = new Place(0, ['a', 'b'])
  place.takes = false
  place.set('requirepass', 'one')
  expect(place.memory.over(options).requirepass).toBe('one')
  expect(place.news.nextTurnMs).toBe(100)
  place.takes = true
  place.news.turn(99)
  expect(place.letters).toEqual([])
  place.set('requirepass', 'two')
  place.news.turn(100)
  expect(place.letters).toEqual(['a two', 'b two'])
  expect(place.news.nextTurnMs).toBe(Number.POSITIVE_INFINITY)
})

test('What a thread took to its end is told again, as it is now', () => {
  const place = new Place(0, ['a', 'b'])
  place.news.heard(change('requirepass', 'old', 1))
  place.news.heard(change('requirepass', 'newer', 2))
  place.told.length = 0
  place.news.lost('requirepass')
  place.news.turn(0)
  expect(place.letters).toEqual(['a newer', 'b newer'])
})

test('Two changes at one time at two gateways end in the same value at all three, in whatever order they are heard of', () => {
  for (const isFirstFaster of [true, false]) {
    const { at, deliver, deliverAll, all } = three()
    at('g0').set('requirepass', 'zero')
    at('g1').set('requirepass', 'one')
    deliver(isFirstFaster ? 'g0' : 'g1', 'g2')
    deliver(isFirstFaster ? 'g1' : 'g0', 'g2')
    deliverAll()
    expect(all('requirepass')).toEqual(['one', 'one', 'one'])
  }
})

test('A change that began after another one was answered holds, though its gateway had not heard of that one', () => {
  const { at, deliverAll, all } = three()
  at('g2').nowMs = 5
  at('g2').set('requirepass', 'earlier')
  at('g0').nowMs = 5.01
  at('g0').set('requirepass', 'later')
  deliverAll()
  expect(all('requirepass')).toEqual(['later', 'later', 'later'])
})

test('A change after one that was heard of is the later one, whatever the clocks say', () => {
  const { at, deliverAll, all } = three()
  at('g2').nowMs = 1000
  at('g2').set('requirepass', 'first')
  deliverAll()
  at('g0').set('requirepass', 'second')
  deliverAll()
  expect(all('requirepass')).toEqual(['second', 'second', 'second'])
})

test('What a gateway has told to one other before its thread died comes to all', () => {
  const { at, deliver, deliverAll, all } = three()
  at('g0').set('requirepass', 'last word')
  deliver('g0', 'g1')
  at('g0').told.length = 0
  deliverAll()
  expect(all('requirepass')).toEqual(['last word', 'last word', 'last word'])
})

test('What the memory of its thread has heard of before holds at a gateway when it hears of it', () => {
  const memory = new SettingsMemory()
  const place = new Place(0, [], memory)
  const news = change('requirepass', 'secret', 5)
  memory.note(news)
  place.news.heard(news)
  expect(place.settings.options.requirepass).toBe('secret')
})

test('A gateway that is started again begins with what was changed before, and an earlier change does not undo that', () => {
  for (const isKept of [true, false]) {
    const memory = new SettingsMemory()
    const known = change('requirepass', 'secret', 7)
    if (isKept) memory.note(known)
    const place = new Place(0, ['a'], memory, isKept ? [] : [known])
    expect(place.settings.options.requirepass).toBe('secret')
    place.news.heard(change('requirepass', 'long ago', 6))
    expect(place.settings.options.requirepass).toBe('secret')
    expect(place.memory.over(options).requirepass).toBe('secret')
    place.news.turn(0)
    expect(new Set(place.letters)).toEqual(new Set(['a secret']))
  }
})

test('The password cannot be taken away where other machines reach the port', () => {
  const open = new Street({ bind: '0.0.0.0', requirepass: 'secret' }).connect()
  open.type('AUTH secret')
  expect(open.type('CONFIG SET requirepass ""')).toContain('0.0.0.0 can be reached from other machines')
  expect(open.type('CONFIG SET requirepass other')).toBe('+OK\r\n')
  const here = new Street({ bind: '127.0.0.1', requirepass: 'secret' }).connect()
  here.type('AUTH secret')
  expect(here.type('CONFIG SET requirepass ""')).toBe('+OK\r\n')
})
