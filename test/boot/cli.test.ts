import { describe, expect, test } from 'vitest'
import { SetUpError } from '../../src/base/index.ts'
import { NothingToServe } from '../../src/boot/index.ts'
import { optionGroups, readCommandLine } from '../../src/cli.ts'
import { mendableEnd } from '../../src/main.ts'
import { flagName, type OptionName, optionTable, resolveOptions } from '../../src/model/index.ts'

function read(line: string, environment: NodeJS.ProcessEnv = {}) {
  return readCommandLine(['node', 'cellarium', ...line.split(' ').filter((word) => word !== '')], environment, '1.2.3')
}

function given(line: string, environment: NodeJS.ProcessEnv = {}) {
  const plan = read(line, environment)
  return plan.command === 'serve' ? plan.given : null
}

function refused(line: string): string {
  try {
    read(line)
  } catch (error) {
    expect(error).toBeInstanceOf(SetUpError)
    return (error as Error).message
  }
  throw new Error('it was not refused')
}

function printed(line: string): string {
  const plan = read(line)
  return plan.command === 'print' ? plan.text : ''
}

describe('The command line', () => {
  test('keeps every value as it was written', () => {
    expect(given('serve --requirepass 007 --port=1e3 --bind -x --tick 0x10')).toEqual({
      requirepass: '007',
      port: '1e3',
      bind: '-x',
      tick: '0x10',
    })
  })

  test('takes a repeatable flag as a list, and of others the last', () => {
    expect(given('serve --dir a --dir b --port 1 --port 2')).toEqual({ dir: ['a', 'b'], port: '2' })
  })

  test('goes before the environment', () => {
    const environment = { CELLARIUM_PORT: '1', CELLARIUM_HTTP_PORT: '2', CELLARIUM_DIR: 'x:y' }
    expect(given('serve --port 3', environment)).toEqual({ port: '3', httpPort: '2', dir: ['x', 'y'] })
  })

  test.each([
    ['serve --prot 1', 'there is no flag --prot: did you mean --port?'],
    ['serve --cellsize 1', 'there is no flag --cellsize: did you mean --cell-size?'],
    ['serve --port', '--port needs a value'],
    ['serve --quite-another 1', 'there is no flag --quite-another: see --help'],
    ['serve now', "serve takes only flags, and not 'now'"],
    ['srve', "there is no command 'srve': did you mean serve?"],
    ['--port 1', 'say what to do first: cellarium serve, bench or ctl; cellarium --help tells more'],
    ['', 'say what to do first: cellarium serve, bench or ctl; cellarium --help tells more'],
    ['serve -x', 'there is no flag -x: see --help'],
    ['serve --url http://h:1', 'there is no flag --url: see --help'],
    ['serve --httpPort 1', 'there is no flag --httpPort: did you mean --http-port?'],
    ['serve -- --port 1', "serve takes only flags, and not '--port'"],
    ['ctl cells --json=yes', '--json takes no value'],
    ['bench --json', '--json needs a value'],
    ['bench --embedded=yes', '--embedded takes no value'],
    ['bench now', "bench takes only flags, and not 'now'"],
    ['bench --pipelin 16', 'there is no flag --pipelin: did you mean --pipeline?'],
    ['bench --port 99999', '--port is at most 65535, not 99999'],
    ['bench --mix set=1,get,SET', '--mix has set twice'],
    ['bench --pipeline 0', '--pipeline is at least 1, not 0'],
    ['bench --duration soon', "--duration is a time such as 500ms or 10s, not 'soon'"],
    ['bench --distribution normal', "--distribution is one of uniform, zipfian, not 'normal'"],
    ['bench --zipf 1', '--zipf is below 1, not 1'],
    ['bench --mix set=1,hset=2', "--mix is like set or set=1,get=9, of set, get, incr, append; it has 'hset=2'"],
    ['bench --replicas 1', '--replicas is of a server of our own: add --embedded'],
    ['bench --embedded --port 1', '--port is of a running server, and --embedded starts its own'],
    ['bench --embedded --executors 1,x', "--executors is a list of numbers such as 1,2,4, and has 'x'"],
    ['serve --log-level loud', "--log-level is one of debug, info, warn, error, not 'loud'"],
    [
      'ctl',
      'say what: cellarium ctl cells | stores | executors | operators | schedulers | settings | why-cell | why-store | transfer-leader | add-peer | remove-peer | split | merge | split-at | offline | online | weight | label | evict-leaders | let-lead | unsafe-recover | pause | resume',
    ],
    ['ctl cell', "ctl does not know 'cell': did you mean cells?"],
    ['ctl cells 3', 'ctl cells takes no further words'],
    ['ctl transfer-leader 3', 'ctl transfer-leader takes CELL STORE, where CELL and STORE are ids'],
    ['ctl add-peer 3 x', 'ctl add-peer takes CELL STORE, where CELL and STORE are ids'],
    ['ctl split', 'ctl split takes CELL [KEY], where CELL and STORE are ids'],
    ['ctl split 2 a b', 'ctl split takes CELL [KEY], where CELL and STORE are ids'],
    ['ctl weight 2', 'ctl weight takes STORE LEADERS [CELLS], where CELL and STORE are ids'],
    ['ctl settings replicas', 'ctl settings takes [NAME VALUE]'],
    ['ctl label 2 disk', 'ctl label takes STORE NAME=VALUE…, where CELL and STORE are ids'],
    ['ctl offline 2 3', 'ctl offline takes STORE, where CELL and STORE are ids'],
  ])('`%s` is refused: %s', (line, message) => {
    expect(refused(line)).toBe(message)
  })

  test('of ctl names the server, and takes its password from the environment', () => {
    expect(read('ctl transfer-leader 2 3 --url http://h:1/ --json', { CELLARIUM_REQUIREPASS: '007' })).toEqual({
      command: 'ctl',
      words: ['transfer-leader', '2', '3'],
      url: 'http://h:1',
      password: '007',
      asJson: true,
      loseData: false,
    })
  })
})

test.each([
  'split 2',
  'merge 3 2',
  'split 2 user:5000',
  'split 2 base64:/wA=',
  'add-peer 2 4',
  'remove-peer 2 4',
  'offline 4',
])('`ctl %s` is understood', (line) => {
  expect(read(`ctl ${line}`)).toMatchObject({ command: 'ctl', words: line.split(' ') })
})

test('of bench the load, the servers and the files are understood', () => {
  const plan = read('bench --mix GET=9,set --pipeline 16 --value-size 1kb --embedded --executors 1,2 --json out.json')
  expect(plan).toMatchObject({
    command: 'bench',
    options: {
      workload: { mix: { get: 9, set: 1 }, pipeline: 16, valueBytes: 1024, connections: 50 },
      durationMs: 10_000,
      fill: true,
      embedded: { executors: [1, 2], replicas: 3 },
      jsonFile: 'out.json',
    },
  })
})

describe('Help', () => {
  test('shows every option of the table once, with its default', () => {
    const names = optionGroups.flatMap((group) => group.names)
    expect([...names].sort()).toEqual(Object.keys(optionTable).sort())
    const help = printed('serve --help')
    for (const name of Object.keys(optionTable) as OptionName[]) {
      const line = help.split('\n').find((text) => text.startsWith(`  --${flagName(name)} `))
      expect(line).toContain(optionTable[name].default)
    }
  })

  test('is there for the program and for each command', () => {
    expect(printed('--help')).toContain('serve')
    expect(printed('ctl --help')).toContain('transfer-leader')
    expect(printed('bench --help')).toContain('--pipeline N')
    expect(printed('serve --port 1 -h')).toBe(printed('serve --help'))
    expect(printed('--version')).toBe('cellarium 1.2.3')
  })
})

test('a directory without a name is refused: it would be the one that the server happens to be started in', () => {
  const machine = { cores: 1, memoryBytes: 2 ** 30 }
  expect(() => resolveOptions({ dir: '' }, machine)).toThrow(new SetUpError('--dir is empty'))
  expect(() => resolveOptions({ dir: ['a', ''] }, machine)).toThrow(new SetUpError('--dir is empty'))
  expect(() => resolveOptions({ clientQueryMax: '1' }, machine)).toThrow('--client-query-max is at least 1024, not 1')
})

describe('What ends the program', () => {
  const system = (code: string, message: string) => Object.assign(new Error(message), { code })

  test('is one line for what can be mended, with the exit code', () => {
    expect(mendableEnd(new SetUpError('give another --dir'))).toEqual({ line: 'give another --dir', code: 1 })
    expect(mendableEnd(system('EACCES', 'EACCES: permission denied'))).toMatchObject({ code: 1 })
    const full = 'every store has stopped: store 2: No space left on device'
    expect(mendableEnd(new NothingToServe(full))).toEqual({ line: `${full}: make room and start again`, code: 1 })
    expect(mendableEnd(system('EIO', 'DB::Open() failed: No space left on device'))).toEqual({
      line: 'DB::Open() failed: No space left on device: make room and start again',
      code: 1,
    })
  })

  test('is told as it is when it is a bug', () => {
    expect(mendableEnd(new TypeError('x is undefined'))).toBe(null)
    expect(mendableEnd(system('ERR_INVALID_ARG_TYPE', 'must be a string'))).toBe(null)
  })
})

test('more threads than the machine could do with are refused, and an address is taken as a URL has it', () => {
  const machine = { cores: 1, memoryBytes: 2 ** 30 }
  expect(() => resolveOptions({ executors: '1000' }, machine)).toThrow('--executors is at most')
  expect(() => resolveOptions({ executors: '65' }, { ...machine, cores: 2 })).toThrow(
    '--executors is at most 64 on this machine, which has 2 cores, not 65',
  )
  expect(resolveOptions({ executors: '65' }, { ...machine, cores: 96 }).executors).toBe(65)
  expect(resolveOptions({ bind: '[::1]' }, machine).bind).toBe('::1')
})
