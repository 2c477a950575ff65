/** Everything that wishes for operators by itself, by the name under which it is shown and paused. */
export const schedulerTable = {
  replicas: 'keeps every cell at its number of copies, and empties stores that are offline, down or lost',
  places: 'brings copies of a cell further apart where that has become possible',
  'evict-leaders': 'takes leaders from stores that are not to lead',
  'slow-stores': 'finds a store whose disk or thread keeps others waiting, and lets it lead nothing',
  splits: 'cuts cells that have grown too big, and those that a cluster begins with',
  leaders: 'gives every store its share of leaders',
  cells: 'gives every store its share of cells',
  'hot-cells': 'gives every thread its share of load',
  'load-splits': 'cuts a cell that keeps a thread busy by itself',
  merges: 'makes one of two small neighbours that nobody uses much',
  scatter: 'spreads the cells of a cut by hand',
} as const

export type SchedulerName = keyof typeof schedulerTable

export function isScheduler(name: string): name is SchedulerName {
  return Object.hasOwn(schedulerTable, name)
}

/** Names with commas between them; one that is not known is left out. */
export function parseSchedulers(note: string): SchedulerName[] {
  return note.split(',').filter(isScheduler)
}
