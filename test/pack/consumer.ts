/** The README's programs, and one that must not compile, as files of a folder where Cellarium was just installed. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** The blocks of code on the page that begin with the name of their file. */
export function programsOf(page: string): Map<string, string> {
  const programs = new Map<string, string>()
  for (const [, name, text] of page.matchAll(/```ts\n\/\/ ([\w-]+\.ts)\n(.*?)```/gs)) {
    programs.set(name as string, text as string)
  }
  return programs
}

/** What its last line prints, as the comment there says; null for a module that prints nothing. */
export function printedBy(program: string): string | null {
  return [...program.matchAll(/^console\.log\(.*\) \/\/ (\S+( \w+)?)/gm)].at(-1)?.[1] ?? null
}

/** The doors of the package, whose comments have programs too. */
const DOORS = ['index.d.ts', 'actor/index.d.ts', 'testing.d.ts']

/** Each line that is marked is wrong, and the compiler must say so; no other line is. */
const WRONG = `import { actor, createSystem, pool, type Ref, topic } from 'cellarium/actor'
import { openCluster } from 'cellarium'
import { explore } from 'cellarium/testing'
type Message = { kind: 'add'; amount: number } | { kind: 'read'; replyTo: Ref<number> }
const counter = actor<Message, { from: number }>({ module: import.meta.url, name: 'c', start: () => ({ receive() {} }) })
const system = await createSystem({ executors: 1 })
const ref = await system.spawn(counter, { from: 1 }, { executor: 0 })
ref.tell({ kind: 'add', amount: 1 })
ref.tell({ kind: 'subtract', amount: 1 }) // wrong: no such message
ref.tell({ kind: 'add', amount: '1' }) // wrong: a field of another type
await system.spawn(counter, { from: '1' }, { executor: 0 }) // wrong: the arguments
await ref.ask<string>((replyTo) => ({ kind: 'read', replyTo }), { timeoutMs: 1 }) // wrong: the reply
pool({ name: 'p', size: 1, member: counter, args: { from: 0 } }).router(system).tell({ kind: 'read' }) // wrong: no replyTo
topic<number>('t').publisher(system).publish('one') // wrong: what the topic is of
const cluster = await openCluster({ dir: 'memory', cellSize: '1mb' })
const text: string | null = await cluster.get('k')
const never: string = await cluster.get('k') // wrong: there may be no such key
await openCluster({ cellsize: 1 }) // wrong: no such option
await explore({ seeds: 1, executors: 1 }, (simulation) => simulation.spawn(counter, 5, { executor: 0 })) // wrong: the arguments
console.log(text, never)
`

const COMPILER_OPTIONS = {
  ...{ target: 'es2022', lib: ['es2023'], strict: true, exactOptionalPropertyTypes: true },
  ...{ rewriteRelativeImportExtensions: true, allowImportingTsExtensions: true, types: ['node'] },
}

/** How a program finds modules: by Node itself, or by something that puts it into one file. */
const RESOLUTIONS = {
  nodenext: { module: 'nodenext' },
  bundler: { module: 'esnext', moduleResolution: 'bundler', noEmit: true },
}
export type Resolution = keyof typeof RESOLUTIONS

export class Consumer {
  readonly folder: string
  readonly #root: string

  constructor(folder: string, root: string) {
    this.folder = folder
    this.#root = root
  }

  /** The programs in the comments of the doors, as they are installed, in a folder of their own. */
  documented(): Map<string, string> {
    mkdirSync(join(this.folder, 'documented'), { recursive: true })
    const installed = join(this.folder, 'node_modules/cellarium/dist/src')
    const text = DOORS.map((door) => readFileSync(join(installed, door), 'utf8').replaceAll(/^ \* ?/gm, '')).join('\n')
    return new Map([...programsOf(text)].map(([name, program]) => [`documented/${name}`, program]))
  }

  /** Compiles the programs beside their sources. The declarations of the package are checked with them. */
  compile(programs: ReadonlyMap<string, string>, resolution: Resolution): void {
    for (const [name, text] of programs) writeFileSync(join(this.folder, name), text)
    const complaints = this.#tsc([...programs.keys()], resolution)
    if (complaints.length > 0) throw new Error(`the programs do not compile:\n${complaints.join('\n')}`)
  }

  /** What the compiler should have refused and has not, or has refused and should not. */
  wrongLines(): string[] {
    writeFileSync(join(this.folder, 'wrong.ts'), WRONG)
    const refused = new Set(
      this.#tsc(['wrong.ts'], 'nodenext').flatMap((line) => /^wrong\.ts\((\d+),/.exec(line)?.[1] ?? []),
    )
    return WRONG.split('\n').flatMap((line, i) => {
      const isMarked = line.includes('// wrong')
      return isMarked === refused.has(String(i + 1)) ? [] : [`${isMarked ? 'compiles' : 'does not compile'}: ${line}`]
    })
  }

  #tsc(files: readonly string[], resolution: Resolution): string[] {
    const typeRoots = [join(this.#root, 'node_modules/@types')]
    const compilerOptions = { ...COMPILER_OPTIONS, ...RESOLUTIONS[resolution], typeRoots }
    writeFileSync(join(this.folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
    try {
      const tsc = join(this.#root, 'node_modules/typescript/bin/tsc')
      execFileSync(process.execPath, [tsc, '-p', '.', '--pretty', 'false'], { cwd: this.folder, encoding: 'utf8' })
      return []
    } catch (error) {
      const { stdout = '' } = error as { stdout?: string }
      return stdout.split('\n').filter((line) => line !== '')
    }
  }
}

export function readPage(root: string): Map<string, string> {
  return programsOf(readFileSync(join(root, 'README.md'), 'utf8'))
}
