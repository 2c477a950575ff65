import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { utf8 } from '../../src/base/index.ts'
import { Entry, Message, MessageType } from '../../src/raft/index.ts'
import { parseDirectives } from './format.ts'
import { Output } from './output.ts'
import { quoted, renderMessage, StorageWork } from './render.ts'
import { difference, replay, rewrite } from './replay.ts'

test('arguments are keys, values, and lists that may hold parentheses', () => {
  const [directive] = parseDirectives('do 1 "foo" a=b empty= list=(1,2, (3,4)) none=()\n----\nok\n')
  expect(directive!.command).toBe('do')
  expect(directive!.arguments).toEqual([
    { key: '1', values: [] },
    { key: '"foo"', values: [] },
    { key: 'a', values: ['b'] },
    { key: 'empty', values: [''] },
    { key: 'list', values: ['1', '2', '(3,4)'] },
    { key: 'none', values: [] },
  ])
})

test('comments and empty lines stand between commands, a backslash continues a line, input stands before the dashes', () => {
  const text = '# a\n\n  # b\nfirst \\\n  second\nv1\nv2\n----\nout\n out\n\n# c\nlast\n----\n'
  expect(parseDirectives(text).map(({ line, command, input, expected }) => [line, command, input, expected])).toEqual([
    [4, 'first', 'v1\nv2', 'out\n out\n'],
    [13, 'last', '', ''],
  ])
  expect(parseDirectives(text)[0]!.arguments).toEqual([{ key: 'second', values: [] }])
})

test('doubled dashes let an output hold empty lines', () => {
  const [first, second] = parseDirectives('a\n----\n----\none\n\ntwo\n----\n----\n\nb\n----\nok\n')
  expect([first!.expected, second!.command]).toEqual(['one\n\ntwo\n', 'b'])
})

test('payloads are quoted as Go does', () => {
  expect(quoted(utf8(''))).toBe('""')
  expect(quoted(utf8('a "b" \\ \n\t'))).toBe('"a \\"b\\" \\\\ \\n\\t"')
  expect(quoted(Uint8Array.from([0, 0x1f, 0x7f, 0xff, 0xc3]))).toBe('"\\x00\\x1f\\x7f\\xff\\xc3"')
  expect(quoted(utf8('é∞😀\u00a0\u200b'))).toBe('"é∞😀\\u00a0\\u200b"')
})

test('a message is indented with all that it holds', () => {
  const inner = new Message(MessageType.appResp, 1, 10, 3)
  inner.reject = true
  const message = new StorageWork(MessageType.app, 2, 1, 3)
  message.entries = [new Entry(3, 4), new Entry(3, 5, 0, utf8('x'))]
  message.responses = [inner]
  expect(renderMessage(message, '  ')).toBe(
    [
      '  1->2 MsgApp Term:3 Log:0/0 Entries:[',
      '    3/4 EntryNormal ""',
      '    3/5 EntryNormal "x"',
      '  ] Responses:[',
      '    a->1 MsgAppResp Term:3 Log:0/0 Rejected (Hint: 0)',
      '  ]',
    ].join('\n'),
  )
})

test('a level keeps out the log lines below it, and NONE keeps out everything', () => {
  const output = new Output()
  output.level = 'WARN'
  output.info('a')
  output.warn('b')
  output.write('c')
  expect(output.text).toBe('WARN b\nc')
  output.level = 'NONE'
  output.error('d')
  output.write('e')
  expect(output.text).toBe('WARN b\nc')
})

test('indenting ends every line', () => {
  const output = new Output()
  output.indented(() => {
    output.write('a\n')
    output.indented(() => output.write('b'))
  })
  expect(output.text).toBe('  a\n    b\n')
})

const passing = 'simple\nv1\n----\nvoters=(1)\n1: StateProbe match=0 next=1\n'

test('a file is played to its first difference, which is shown', () => {
  expect(replay('confchange', passing)).toBeNull()
  const mismatch = replay('confchange', `# x\n\n${passing}\nsimple\nv2\n----\nvoters=(1 2)\n2: nothing\n`)!
  expect([mismatch.line, mismatch.directive]).toEqual([9, 'simple'])
  expect(difference(mismatch)).toBe(
    ['    voters=(1 2)', '  - 2: nothing', '  + 1: StateProbe match=0 next=1', '  + 2: StateProbe match=0 next=1'].join(
      '\n',
    ),
  )
})

test('rewriting a file fills in what comes out, and changes nothing else', () => {
  const text = '# kept\n\nsimple\nv1\n----\nwrong\n\n# kept, too\nleave-joint\n----\n'
  const rewritten = rewrite('confchange', text)
  expect(rewritten).toBe(`# kept\n\n${passing}\n# kept, too\nleave-joint\n----\ncan't leave a non-joint config\n`)
  expect(replay('confchange', rewritten)).toBeNull()
})

test('the values of a quorum must be as many as its voters', () => {
  const expected = 'error: mismatched input (explicit or _) for voters map[1:{} 2:{}]: [12]\n'
  expect(replay('quorum', `committed cfg=(1, 2) idx=(12)\n----\n${expected}`)).toBeNull()
})

test('an index is committed jointly by both halves, and drawn for the members of either', () => {
  const actual = rewrite('quorum', 'committed cfg=(1) cfgj=(2) idx=(10,5)\n----\n')
  expect(actual.split('\n').slice(2)).toEqual(['      idx', 'x>     10    (id=1)', '>       5    (id=2)', '5', ''])
  expect(rewrite('quorum', 'committed cfg=(1) cfgj=zero idx=(10)\n----\n')).toContain('\n10\n')
})

function runMain(folder: string | undefined): { status: number | null; last: string; text: string } {
  const main = join(dirname(fileURLToPath(import.meta.url)), 'main.js')
  const env = { ...process.env }
  delete env.RAFT_TRACES
  if (folder !== undefined) env.RAFT_TRACES = folder
  const { status, stdout, stderr } = spawnSync(process.execPath, [main], { env, encoding: 'utf8' })
  return { status, last: stdout.trimEnd().split('\n').at(-1)!, text: stdout + stderr }
}

test('the program counts what passed and what failed, and fails when anything did or nothing was there', () => {
  const folder = mkdtempSync(join(tmpdir(), 'traces-'))
  try {
    expect(runMain(undefined)).toMatchObject({ status: 1, text: expect.stringContaining('RAFT_TRACES') })
    expect(runMain(folder)).toMatchObject({ status: 1, text: expect.stringContaining(folder) })
    mkdirSync(join(folder, 'confchange'))
    writeFileSync(join(folder, 'confchange/good.txt'), passing)
    expect(runMain(folder)).toMatchObject({ status: 0, last: '1 passed, 0 failed' })
    writeFileSync(join(folder, 'bad.txt'), 'raft-state\n----\nsomething\n')
    const failed = runMain(folder)
    expect(failed).toMatchObject({ status: 1, last: '1 passed, 1 failed' })
    expect(failed.text).toContain('bad.txt:1: raft-state\n  - something\n  + ok')
  } finally {
    rmSync(folder, { recursive: true })
  }
})
