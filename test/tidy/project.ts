/** The sources as the rules see them: read from the disk, or made up by a test of the rules. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type ModuleFacts, type Reference, readModule } from './modules.ts'
import { type Scan, scan } from './scanner.ts'

export interface SourceFile {
  /** From the repository's root, with slashes. */
  readonly path: string
  readonly text: string
  readonly scan: Scan
  readonly module: ModuleFacts
}

const SOURCE = /\.(ts|cts|mts)$/
/** Made by protobufjs-cli: ours to ship, not to read. */
const GENERATED = 'src/model/gen/'
const TREES = ['src', 'workers', 'bench', 'test']

export class Project {
  readonly files: readonly SourceFile[]
  readonly #byPath = new Map<string, SourceFile>()
  readonly #generated: ReadonlySet<string>

  constructor(texts: ReadonlyMap<string, string>, generated: Iterable<string> = []) {
    this.#generated = new Set(generated)
    for (const [path, text] of texts) {
      let tokens: Scan
      let facts: ModuleFacts
      try {
        tokens = scan(text)
        facts = readModule(tokens)
      } catch (error) {
        throw new SyntaxError(`${path}: ${(error as Error).message}`)
      }
      this.#byPath.set(path, { path, text, scan: tokens, module: facts })
    }
    this.files = [...this.#byPath.values()]
  }

  file(path: string): SourceFile | undefined {
    return this.#byPath.get(path)
  }

  /** Those below one of these folders. */
  in(...trees: string[]): SourceFile[] {
    return this.files.filter((file) => trees.some((tree) => file.path.startsWith(`${tree}/`)))
  }

  /** The path that a relative reference means; null: a package, or nothing that is here. */
  resolve(from: SourceFile, { specifier, kind }: Reference): string | null {
    if (!specifier.startsWith('.')) return null
    const path = posix.join(posix.dirname(from.path), specifier)
    // Modules that are named by URL are found where they are compiled to.
    const candidates = kind === 'url' ? [path, path.replace(/\.js$/, '.ts')] : [path]
    return candidates.find((candidate) => this.#byPath.has(candidate) || this.#generated.has(candidate)) ?? null
  }
}

/** The root of the repository: tests run compiled, from somewhere below it. */
export function findRoot(): string {
  for (let at = dirname(fileURLToPath(import.meta.url)); ; at = dirname(at)) {
    const manifest = join(at, 'package.json')
    if (existsSync(join(at, 'src')) && existsSync(manifest)) {
      if ((JSON.parse(readFileSync(manifest, 'utf8')) as { name: string }).name === 'cellarium') return at
    }
    if (at === dirname(at)) throw new Error('the repository of cellarium is not above this file')
  }
}

export function readProject(root: string): Project {
  const texts = new Map<string, string>()
  const generated: string[] = []
  for (const tree of TREES) {
    if (!existsSync(join(root, tree))) continue
    for (const found of readdirSync(join(root, tree), { recursive: true, withFileTypes: true })) {
      if (!found.isFile()) continue
      const path = join(found.parentPath, found.name)
        .slice(root.length + 1)
        .replaceAll('\\', '/')
      if (path.startsWith(GENERATED)) generated.push(path)
      else if (SOURCE.test(path)) texts.set(path, readFileSync(join(root, path), 'utf8'))
    }
  }
  return new Project(texts, generated)
}
