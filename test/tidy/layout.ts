/** Where things lie, what they are named, and how they begin. */
import { roomOf } from './floors.ts'
import type { Project } from './project.ts'

const TOP_LEVEL = new Set([
  ...['package.json', 'package-lock.json', 'tsconfig.json', 'biome.json'],
  ...['src', 'workers', 'bench', 'test', 'README.md', 'CHANGELOG.md', 'LICENSE'],
])

/** Of the paths that git knows, the first parts that have no place at the top. Names with a dot are settings. */
export function strayTopLevel(tracked: readonly string[]): string[] {
  const names = new Set(tracked.map((path) => path.split('/')[0] as string))
  return [...names].filter((name) => !TOP_LEVEL.has(name) && !name.startsWith('.'))
}

/** A door says what its room is for, in at least so many lines. */
const PLAQUE_LINES_MIN = 3

export function doorsWithoutPlaque(project: Project): string[] {
  const rooms = new Set(project.in('src').map((file) => roomOf(file.path)))
  const wrong: string[] = []
  for (const room of rooms) {
    if (room === null) continue
    const door = project.file(`src/${room}/index.ts`)
    if (door === undefined) {
      wrong.push(`${room} has no index.ts`)
      continue
    }
    const plaque = door.scan.comments[0]
    const lines = plaque?.text.split('\n').filter((line) => /\w/.test(line)).length ?? 0
    const opens = plaque?.text.startsWith('/**') && plaque.tokensBefore === 0
    if (!opens || lines < PLAQUE_LINES_MIN) wrong.push(`${door.path} does not open with a comment on the room`)
  }
  return wrong
}

interface Manifest {
  readonly name: string
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
}

/** Each import is a file with its ending, one of Node's modules with `node:`, or a package that we depend on. */
export function strayImports(project: Project, manifest: Manifest): string[] {
  const shipped = Object.keys(manifest.dependencies)
  // A test may come in by the public doors, as programs do.
  const all = [...shipped, ...Object.keys(manifest.devDependencies), manifest.name]
  const wrong: string[] = []
  for (const file of project.files) {
    const packages = file.path.startsWith('src/') || file.path.startsWith('workers/') ? shipped : all
    for (const reference of file.module.references) {
      const { specifier, kind, line } = reference
      const at = `${file.path}:${line} ${specifier}`
      if (specifier.startsWith('node:')) continue
      if (specifier.startsWith('.')) {
        if (kind !== 'url' && project.resolve(file, reference) === null) wrong.push(`${at} is not there`)
      } else if (kind !== 'url' && !packages.includes(packageOf(specifier))) {
        wrong.push(`${at} is no package that it may use`)
      }
    }
  }
  return wrong
}

function packageOf(specifier: string): string {
  const parts = specifier.split('/')
  return specifier.startsWith('@') ? `${parts[0]}/${parts[1]}` : (parts[0] as string)
}

/** The only files that know what is behind these names. */
const SOLE_USERS: Readonly<Record<string, RegExp>> = {
  rocksdb: /^src\/storage\//,
  piscina: /^src\/actor\//,
  comlink: /^(src\/actor|workers)\//,
  protobufjs: /^src\/model\/protobuf\.ts$/,
}

export function leakedPackages(project: Project): string[] {
  const leaks: string[] = []
  for (const file of project.in('src', 'workers')) {
    for (const { specifier, line } of file.module.references) {
      const permitted = SOLE_USERS[packageOf(specifier)]
      if (permitted !== undefined && !permitted.test(file.path)) leaks.push(`${file.path}:${line} ${specifier}`)
    }
  }
  return leaks
}
