/**
 * Which room may import from which. A room imports only from rooms on a lower floor, through their doors; so what a
 * room means can be understood without any room above it or beside it.
 */
import type { Project, SourceFile } from './project.ts'

export const floors: readonly (readonly string[])[] = [
  ['base'],
  ['raft', 'redis', 'actor'],
  ['model'],
  ['storage', 'router'],
  ['store', 'pd', 'gateway', 'ops'],
  // `boot` puts the rooms below together into one process; `bench` looks at one from outside.
  ['boot', 'bench'],
]

/** Rooms without a clock, chance, a disk or a network, with the files in them that are an exception. */
export const pureRooms: Readonly<Record<string, readonly string[]>> = {
  raft: [],
  model: [],
  redis: [],
  router: [],
  pd: ['src/pd/pd.ts'],
}

const TOP = floors.length

/** The room of a file below src; null: it stands above all rooms. */
export function roomOf(path: string): string | null {
  const parts = path.split('/')
  return parts[0] === 'src' && parts.length > 2 ? (parts[1] as string) : null
}

function floorOf(path: string): number {
  const room = roomOf(path)
  if (room === null) return TOP
  return floors.findIndex((rooms) => rooms.includes(room))
}

/** Rooms that stand in no floor: the map and this table must be told of them. */
export function unknownRooms(project: Project): string[] {
  const rooms = new Set(project.in('src').map((file) => roomOf(file.path)))
  return [...rooms].filter((room): room is string => room !== null && !floors.some((floor) => floor.includes(room)))
}

/** Imports that go up, sideways, or past a door. Type imports count: to name a thing is to depend on it. */
export function wrongImports(project: Project): string[] {
  const wrong: string[] = []
  for (const file of project.in('src', 'workers')) {
    for (const reference of file.module.references) {
      const target = project.resolve(file, reference)
      const why = target === null ? null : wrongImport(file, target, reference.kind === 'url')
      if (why !== null) wrong.push(`${file.path}:${reference.line} ${why} (${reference.specifier})`)
    }
  }
  return wrong
}

function wrongImport(file: SourceFile, target: string, isNamed: boolean): string | null {
  if (target.startsWith('test/') || target.startsWith('bench/')) return 'the product imports from its tests'
  // A thread's first module is named by URL, and started; that is no import.
  if (target.startsWith('workers/')) return isNamed ? null : 'a thread is started, not imported'
  const from = roomOf(file.path)
  const to = roomOf(target)
  if (to === null) return from === null ? null : `${from} imports from above all rooms`
  if (from === to) return target === `src/${to}/index.ts` ? `${to} imports from its own door` : null
  if (target !== `src/${to}/index.ts`) return `reaches past the door of ${to}`
  if (floorOf(target) < floorOf(file.path)) return null
  return `${from} imports from ${to}, which is not below it`
}
