/** Files and exports that nothing needs. */
import type { Project, SourceFile } from './project.ts'

/** Where the world comes in: the command, the package's `cellarium`, `cellarium/actor` and `cellarium/testing`, the threads. */
export const PUBLIC_DOORS = ['src/index.ts', 'src/actor/index.ts', 'src/testing.ts']
const ENTRIES = ['src/bin.cts', 'src/main.ts', ...PUBLIC_DOORS]

/** What these let out is decided by what they are, not by what the rooms above use of it today. */
const WHOLE_DOORS = [...PUBLIC_DOORS, 'src/base/index.ts', 'src/raft/index.ts', 'src/storage/index.ts']

/** Files of the product that cannot be reached from its entries. */
export function deadFiles(project: Project): string[] {
  const alive = new Set<string>()
  const visit = (path: string): void => {
    const file = project.file(path)
    if (file === undefined || alive.has(path)) return
    alive.add(path)
    for (const reference of file.module.references) {
      const target = project.resolve(file, reference)
      if (target !== null) visit(target)
    }
  }
  for (const entry of ENTRIES) visit(entry)
  for (const worker of project.in('workers')) visit(worker.path)
  return project
    .in('src')
    .map((file) => file.path)
    .filter((path) => !alive.has(path) && !isAmbient(path))
}

/** Declares what others have made; nobody imports it. */
function isAmbient(path: string): boolean {
  return path.endsWith('.d.ts')
}

/**
 * Exports of src that nobody needs. A value needs a file that imports it, be it through a door: that a door lets it out
 * is not enough, unless it is the door of something that is whole in itself. A type may also be what a part of another
 * export in its file is called.
 */
export function deadExports(project: Project): string[] {
  const used = new Uses(project)
  for (const file of project.files) {
    for (const reference of file.module.references) {
      const target = project.resolve(file, reference)
      if (target === null || reference.kind === 'reexport') continue
      used.markAll(target, reference.names?.map((name) => name.theirs) ?? null)
    }
  }
  for (const door of WHOLE_DOORS) used.markAll(door, null)
  const dead: string[] = []
  for (const file of project.in('src')) {
    if (isAmbient(file.path)) continue
    for (const { name, line, isType } of file.module.declared) {
      const needed = used.has(file.path, name) || (isType && mentions(file, name) > 1)
      if (!needed) dead.push(`${file.path}:${line} ${name}`)
    }
  }
  return dead
}

function mentions(file: SourceFile, name: string): number {
  return file.scan.tokens.filter((token) => token.text === name).length
}

class Uses {
  readonly #project: Project
  readonly #used = new Map<string, Set<string>>()

  constructor(project: Project) {
    this.#project = project
  }

  has(path: string, name: string): boolean {
    return this.#used.get(path)?.has(name) ?? false
  }

  markAll(path: string, names: readonly string[] | null): void {
    const file = this.#project.file(path)
    if (file === undefined) return
    for (const name of names ?? this.#exportsOf(file)) this.#mark(file, name)
  }

  #mark(file: SourceFile, name: string): void {
    const marked = this.#used.get(file.path) ?? new Set()
    if (marked.has(name)) return
    marked.add(name)
    this.#used.set(file.path, marked)
    for (const reference of file.module.references) {
      if (reference.kind !== 'reexport') continue
      const target = this.#project.resolve(file, reference)
      if (target === null) continue
      if (reference.names === null) this.markAll(target, [name])
      else for (const { theirs, ours } of reference.names) if (ours === name) this.markAll(target, [theirs])
    }
  }

  #exportsOf(file: SourceFile): string[] {
    const names = file.module.declared.map((declared) => declared.name)
    for (const reference of file.module.references) {
      if (reference.kind !== 'reexport') continue
      if (reference.names !== null) names.push(...reference.names.map((name) => name.ours))
      else {
        const target = this.#project.resolve(file, reference)
        const through = target === null ? undefined : this.#project.file(target)
        if (through !== undefined) names.push(...this.#exportsOf(through))
      }
    }
    return names
  }
}
