/**
 * The package as its users get it: packed, looked at by two linters, installed in an empty folder, compiled against, and
 * run under each of the given Nodes.
 *
 * `node dist/test/pack/main.js [path of another node …]`, after a build, at the root of the repository. It needs the
 * registry for the package's own dependencies.
 */
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { Consumer, printedBy, readPage } from './consumer.ts'

const root = process.cwd()
const base = mkdtempSync(join(tmpdir(), 'cellarium-pack-'))
const nodes = [process.execPath, ...process.argv.slice(2).map((path) => resolve(path))]
let passed = 0
let failed = 0

async function check(what: string, work: () => void | Promise<void>): Promise<boolean> {
  try {
    await work()
    console.log(`  ok      ${what}`)
    passed++
    return true
  } catch (error) {
    const { stdout, stderr, message } = error as { stdout?: string; stderr?: string; message: string }
    console.log(`  FAILED  ${what}\n${message}\n${stdout ?? ''}${stderr ?? ''}`)
    failed++
    return false
  }
}

/** With that node first in the path, so that npx, too, runs under it. */
function environmentOf(node: string): NodeJS.ProcessEnv {
  const { UV_THREADPOOL_SIZE: _, NODE_OPTIONS: __, ...inherited } = process.env
  return { ...inherited, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` }
}

function output(command: string, args: readonly string[], cwd: string, node = process.execPath): string {
  return execFileSync(command, args, { cwd, env: environmentOf(node), encoding: 'utf8', stdio: 'pipe' }).trim()
}

function expectSame(actual: string, wanted: string): void {
  if (actual !== wanted) throw new Error(`wanted ${JSON.stringify(wanted)}, got ${JSON.stringify(actual)}`)
}

/** `npx cellarium serve` from its first line to its last; what it answers to one SET and one GET. */
async function serve(folder: string, node: string): Promise<string> {
  const ports = ['--port', '0', '--http-port', '0', '--dir', join(folder, `data-${nodes.indexOf(node)}`)]
  // In a group of its own, which is stopped as a whole: npx, its shell and the server.
  const child = spawn('npx', ['--no-install', 'cellarium', 'serve', ...ports], {
    ...{ cwd: folder, env: environmentOf(node), detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
  })
  let said = ''
  const port = new Promise<number>((fulfil, reject) => {
    const look = (chunk: Buffer): void => {
      said += chunk.toString()
      const ready = /cellarium ready: redis on [^ ]*:(\d+)/.exec(said)
      if (ready !== null) fulfil(Number(ready[1]))
    }
    child.stdout?.on('data', look)
    child.stderr?.on('data', look)
    child.on('error', reject)
    child.on('exit', (code) => reject(new Error(`ended with ${code} before it was ready:\n${said}`)))
  })
  const ended = new Promise((fulfil) => child.on('close', fulfil))
  try {
    const answer = await conversation(await port, 'SET greeting salve\r\nGET greeting\r\n', '+OK\r\n$5\r\nsalve\r\n')
    return answer
  } finally {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM')
    await ended
  }
}

/** Inline commands out, as many bytes in as are expected. */
function conversation(port: number, text: string, wanted: string): Promise<string> {
  return new Promise((fulfil, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(text))
    let heard = ''
    socket.on('error', reject)
    socket.on('close', () => fulfil(heard))
    socket.on('data', (chunk) => {
      heard += chunk.toString()
      if (heard.length >= wanted.length) socket.destroy()
    })
  })
}

async function packageItself(): Promise<string> {
  output('npm', ['pack', '--silent', '--pack-destination', base], root)
  const { name, version } = await import(join(root, 'package.json'), { with: { type: 'json' } }).then((m) => m.default)
  const file = join(base, `${name}-${version}.tgz`)
  const bin = (tool: string): string => join(root, 'node_modules/.bin', tool)
  await check('publint has nothing to say', () => {
    output(bin('publint'), ['run', '--strict', file], root)
  })
  await check('attw finds the types of every door', () => {
    output(bin('attw'), [file, '--profile', 'esm-only'], root)
  })
  return file
}

async function main(): Promise<void> {
  const file = await packageItself()
  const folder = join(base, 'app')
  mkdirSync(folder)
  writeFileSync(join(folder, 'package.json'), '{ "name": "app", "private": true, "type": "module" }\n')
  const isInstalled = await check('npm installs it in an empty folder', () => {
    output('npm', ['install', '--no-audit', '--no-fund', file], folder)
  })
  if (!isInstalled) return
  const consumer = new Consumer(folder, root)
  const programs = new Map([...readPage(root), ...consumer.documented()])
  const printing = [...programs].flatMap(([name, text]) => {
    const printed = printedBy(text)
    return printed === null ? [] : [[name.replace(/ts$/, 'js'), printed] as const]
  })
  await check('three programs of the README print something, and so do three in the comments', () => {
    expectSame(String(printing.length), '6')
  })
  for (const resolution of ['bundler', 'nodenext'] as const) {
    await check(`the programs of the README and of the comments compile against it, for ${resolution}`, () => {
      consumer.compile(programs, resolution)
    })
  }
  await check('programs with a wrong message, argument or option do not', () => {
    expectSame(consumer.wrongLines().join('\n'), '')
  })
  for (const node of nodes) {
    const version = output(node, ['--version'], folder)
    await check(`${version}: npx cellarium --version and --help`, () => {
      const cellarium = (flag: string): string => output('npx', ['--no-install', 'cellarium', flag], folder, node)
      expectSame(cellarium('--version').replace(/ .*/, ''), 'cellarium')
      if (!cellarium('--help').includes('cellarium serve')) throw new Error('the help does not speak of serve')
    })
    await check(`${version}: npx cellarium serve answers a client, and stops`, async () => {
      expectSame(await serve(folder, node), '+OK\r\n$5\r\nsalve\r\n')
    })
    for (const [program, printed] of printing) {
      await check(`${version}: ${program} prints what it says`, () => {
        rmSync(join(folder, 'data'), { recursive: true, force: true })
        expectSame(output(node, [program], folder, node), printed)
      })
    }
  }
}

await main().finally(() => rmSync(base, { recursive: true, force: true }))
console.log(`\n${passed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)
