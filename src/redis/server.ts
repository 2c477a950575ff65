import { sessionCommand } from './row.ts'

export const debug = sessionCommand({
  name: 'debug',
  arity: -2,
  flags: ['admin', 'noscript', 'loading', 'stale'],
  summary: 'Does to the server what tests ask for, if it was started to permit that.',
  since: '1.0.0',
  group: 'server',
  complexity: 'Depends on subcommand.',
})

export const info = sessionCommand({
  name: 'info',
  arity: -1,
  flags: ['loading', 'stale'],
  categories: ['dangerous'],
  tips: ['nondeterministic_output', 'request_policy:all_shards', 'response_policy:special'],
  summary: 'Tells about the server, in sections.',
  since: '1.0.0',
  group: 'server',
})

export const time = sessionCommand({
  name: 'time',
  arity: 1,
  flags: ['loading', 'stale', 'fast'],
  tips: ['nondeterministic_output'],
  summary: 'Gives the time: seconds since 1970, and microseconds.',
  since: '2.6.0',
  group: 'server',
})
