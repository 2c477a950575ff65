/** What the package shows to its users, and does not explain. */
import { PUBLIC_DOORS } from './dead.ts'
import type { Project, SourceFile } from './project.ts'

interface Declaration {
  readonly file: SourceFile
  readonly name: string
  readonly line: number
}

/** Public names without a comment before them, and methods of public interfaces without one. */
export function undocumented(project: Project): string[] {
  const found = new Set<string>()
  for (const door of PUBLIC_DOORS) {
    for (const { file, name, line } of declarationsOf(project, door)) {
      const lines = file.text.split('\n')
      if (!isExplained(lines, line)) found.add(`${file.path}:${line} ${name}`)
      for (const method of methodsOf(lines, line)) {
        if (!isExplained(lines, method.line)) found.add(`${file.path}:${method.line} ${name}.${method.name}`)
      }
    }
  }
  return [...found]
}

/** Where the names that a door lets out are declared; all names, or one. */
function declarationsOf(project: Project, path: string, only: string | null = null): Declaration[] {
  const file = project.file(path)
  if (file === undefined) return []
  const own = file.module.declared.filter(({ name }) => only === null || name === only)
  const found = own.map(({ name, line }) => ({ file, name, line }))
  // What was imported and is let out again is found under the name it has where it comes from.
  for (const reference of file.module.references) {
    if (reference.kind !== 'reexport') continue
    const target = project.resolve(file, reference)
    if (target === null) continue
    if (reference.names === null) found.push(...declarationsOf(project, target, only))
    for (const { theirs, ours } of reference.names ?? []) {
      if (only === null || only === ours) found.push(...declarationsOf(project, target, theirs))
    }
  }
  return found
}

function isExplained(lines: readonly string[], line: number): boolean {
  return (lines[line - 2] ?? '').trim().endsWith('*/')
}

/** Of an interface that is declared there. */
function methodsOf(lines: readonly string[], line: number): { name: string; line: number }[] {
  const methods: { name: string; line: number }[] = []
  if (!/^export interface .*\{$/.test(lines[line - 1] ?? '')) return methods
  for (let i = line; i < lines.length && lines[i] !== '}'; i++) {
    const name = /^ {2}(?:readonly )?(\w+)\??(?:[(<]|: \()/.exec(lines[i] as string)?.[1]
    if (name !== undefined) methods.push({ name, line: i + 1 })
  }
  return methods
}
