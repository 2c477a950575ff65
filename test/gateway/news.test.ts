import { expect, test } from 'vitest'
import type { GatewayEdges } from '../../src/gateway/host.ts'
import { News } from '../../src/gateway/news.ts'
import { Settings } from '../../src/gateway/settings.ts'
import { type OptionName, resolveOptions, type SettingChanged } from '../../src/model/index.ts'
import { Street } from './street.ts'

function world(changes: ReadonlyMap<OptionName, string> = new Map()) {
  const options = resolveOptions({}, { cores: 2, memoryBytes: 2 ** 30 })
  const state = { nowMs: 0, takes: true, told: [] as string[], noted: [] as string[] }
  const settings = new Settings(options)
  const edges = {
    clock: { monotonicMs: () => state.nowMs },
    settings: {
      changes,
      note: (name: string) => state.noted.push(`heard ${name}`),
      noteOwn: (name: string) => state.noted.push(`own ${name}`),
    },
    requestTurn() {},
    tellGateway(name: string, { value }: SettingChanged) {
      if (state.takes) state.told.push(`${name} ${value}`)
      return state.takes
    },
  } as unknown as GatewayEdges
  const news = new News(['a', 'b'], settings, edges)
  return { state, settings, news }
}

test('A change is remembered and told to each other gateway, and again later when it is not taken', () => {
  const { state, settings, news } = world()
  state.takes = false
  settings.set('requirepass', 'one')
  news.changed(['requirepass'])
  expect(state.noted).toEqual(['own requirepass'])
  expect(news.nextTurnMs).toBe(100)
  state.takes = true
  news.turn(99)
  expect(state.told).toEqual([])
  settings.set('requirepass', 'two')
  news.turn(100)
  expect(state.told).toEqual(['a two', 'b two'])
  expect(news.nextTurnMs).toBe(Number.POSITIVE_INFINITY)
})

test('What a thread took to its end is told again, and what another gateway has changed since is not', () => {
  const { state, settings, news } = world()
  news.lost('requirepass')
  news.lost('maxClients')
  news.heard('requirepass', 'newer')
  expect(settings.options.requirepass).toBe('newer')
  news.turn(0)
  expect(state.told).toEqual(['a 10000', 'b 10000'])
  expect(state.noted).toEqual(['heard requirepass'])
})

test('A gateway that is started again begins with what was changed before', () => {
  const { settings } = world(new Map([['requirepass', 'secret']]))
  expect(settings.options.requirepass).toBe('secret')
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
