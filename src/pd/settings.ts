/**
 * PD's numbers, in one table: what they are for, their bounds, and which of them a person may change while the server
 * runs. Units stand last in the names; times are in milliseconds.
 */

interface Row {
  readonly default: number
  readonly min: number
  readonly max: number
  readonly summary: string
  /** Set when the server starts: others than PD go by it, too, or it has had its effect already. */
  readonly fixed?: true
}

const DAY_MS = 24 * 3_600_000
const MIB = 1024 * 1024

export const settingTable = {
  replicas: row(3, 1, 9, 'copies of each cell'),
  initialCells: fixed(1, 1, 100_000, 'cells that a new cluster is cut into'),
  cellSizeBytes: fixed(96 * MIB, 65_536, 2 ** 40, 'a cell that grows beyond this is split'),

  disconnectedMs: row(20_000, 100, DAY_MS, 'silence of a store after which it is disconnected'),
  downMs: row(30 * 60_000, 1_000, DAY_MS, 'silence of a store, or of a peer, after which its peers are replaced'),
  incompleteMs: row(60_000, 0, DAY_MS, 'balance begins so long after PD did, if a part of the world stays unknown'),

  resendMs: row(2_000, 100, 60_000, 'an order that has no effect yet is given again so often'),
  changeStuckMs: row(10_000, 1_000, DAY_MS, 'a change of members or leaders that stands still for so long is given up'),
  catchUpStuckMs: row(60_000, 1_000, DAY_MS, 'a peer that gets nothing for so long, while it is behind, is given up'),
  splitStuckMs: row(30_000, 1_000, DAY_MS, 'a split that has not come about for so long is given up'),
  mergeStuckMs: row(30_000, 1_000, DAY_MS, 'a merge that has not come about for so long is given up'),
  restMs: row(60_000, 0, DAY_MS, 'after an operator that came to nothing its like waits so long at that cell'),
  splitWantedMs: row(15_000, 1_000, DAY_MS, 'a leader that has not asked again for so long wants no split any more'),

  leaderOperatorsMax: row(4, 0, 1_000, 'transfers of leaders at once'),
  cellOperatorsMax: row(8, 0, 1_000, 'moves of peers at once'),
  replicaOperatorsMax: row(8, 0, 1_000, 'operators at once that restore copies'),
  splitOperatorsMax: row(8, 0, 1_000, 'splits at once'),
  hotOperatorsMax: row(4, 0, 1_000, 'operators at once that spread load'),
  mergeOperatorsMax: row(2, 0, 1_000, 'merges at once'),

  snapshotsPerStoreMax: row(3, 1, 1_000, 'snapshots that a store sends, or takes in, at once'),
  smallCellBytes: row(MIB, 0, 2 ** 40, 'of snapshots of smaller cells than this, four count as one'),
  pendingPeersMax: row(16, 1, 100_000, 'peers of a store that may be behind before it is given another'),
  lowSpace: row(0.8, 0.1, 1, 'share of its disk above which a store gets no new peers'),
  roomySpace: row(0.2, 0, 0.9, 'share of free disk below which a store counts as fuller than its cells say'),

  balancePauseMinMs: row(10, 1, 60_000, 'pause of a balance that has found something'),
  balancePauseMaxMs: row(5_000, 1, DAY_MS, 'longest pause of a balance that finds nothing'),
  balancePauseFactor: row(1.3, 1, 10, 'by which the pause grows while nothing is found'),
  balanceTries: row(10, 1, 1_000, 'cells of a store that are tried in one go'),
  leaderTolerance: row(0.04, 0, 1, 'leaders by which a store may differ, as a share of the mean'),
  cellTolerance: row(0.005, 0, 1, 'cells by which a store may differ, as a share of those of the fullest'),

  splitKeys: row(960_000, 1_000, 2 ** 40, 'a cell with more keys is split'),
  loadSplitCpu: row(0.25, 0.01, 1, 'share of a thread that a cell takes before it is split for its load'),
  loadSplitCommands: row(20_000, 1, 1e9, 'commands a second of a cell before it is split for its load'),
  loadSplitCellsMax: row(8, 1, 100_000, 'cells a store above which none is split for its load'),
  idlerShare: row(0.7, 0, 1, 'load splits a cell only while another thread has less than this share of its load'),

  busyCpu: row(0.7, 0, 1, 'a thread that is busy for less than this share of its time keeps its load'),
  hotBand: row(1.05, 1, 10, 'a thread gives load above the mean times this, and takes below the mean over this'),
  hotShare: row(
    0.2,
    0.01,
    1,
    'share of the gap, or of a quarter of the mean, that a cell must carry to be moved for its load',
  ),
  hotRestMs: row(20_000, 0, DAY_MS, 'a cell that was moved for its load stays so long'),
  hotCpuMin: row(0.05, 0, 1, 'below this share of a thread, CPU is not worth a move'),
  hotCommandsMin: row(1_000, 1, 1e9, 'below so many commands a second they are not worth a move'),
  hotBytesMin: row(MIB, 1, 2 ** 40, 'below so many bytes a second they are not worth a move'),

  mergeBytesMax: row(20 * MIB, 0, 2 ** 40, 'neighbours that are smaller than this may be merged'),
  mergeKeysMax: row(200_000, 0, 2 ** 40, 'neighbours with fewer keys than this may be merged'),
  mergeRestMs: row(600_000, 0, 10 * DAY_MS, 'neither of two cells was split so long before they are merged'),

  slowMs: row(500, 10, 60_000, 'waits of a store above this, and ten times those of others, make it slow'),
  slowReports: row(5, 1, 1_000, 'as many slow reports in a row, and the store leads no more'),
  slowRestMs: row(30_000, 0, DAY_MS, 'a store that was slow leads again when it has not been for so long'),

  idBlock: fixed(1_000, 1, 1e6, 'ids are given out of blocks of this size'),
  operatorsShown: row(1_000, 0, 100_000, 'ended operators that are kept to be shown'),
} as const satisfies Record<string, Row>

function row(byDefault: number, min: number, max: number, summary: string): Row {
  return { default: byDefault, min, max, summary }
}

function fixed(byDefault: number, min: number, max: number, summary: string): Row {
  return { default: byDefault, min, max, summary, fixed: true }
}

export type NumberSetting = keyof typeof settingTable

export type PdSettings = { readonly [K in NumberSetting]: number } & {
  /** Where the child of a split begins: on all stores of its parent, or on that of its leader. */
  readonly splitPeers: 'all' | 'one'
  /** Labels in the order of their weight; `executor` is implicit. */
  readonly isolationLabels: readonly string[]
}

const numbers = Object.fromEntries(Object.entries(settingTable).map(([name, { default: value }]) => [name, value]))

export const pdDefaults: PdSettings = {
  ...(numbers as Record<NumberSetting, number>),
  splitPeers: 'all',
  isolationLabels: ['zone', 'host', 'disk', 'executor'],
}

/** A change as a person gives it: by name, a number, or for `isolationLabels` words with commas between them. */
export type SettingChange = Readonly<Record<string, string | number>>

/** The values that would hold; or a sentence that says what is wrong with the change. */
export function changedSettings(settings: PdSettings, change: SettingChange): PdSettings | string {
  let changed = settings
  for (const [name, value] of Object.entries(change)) {
    if (name === 'isolationLabels') {
      const labels = String(value).split(',').filter(Boolean)
      if (labels.some((label) => !/^[\w.-]+$/.test(label))) return `${name} are words with commas between them`
      changed = { ...changed, isolationLabels: labels }
      continue
    }
    if (!Object.hasOwn(settingTable, name)) return `there is no setting ${name}`
    const { default: byDefault, min, max, fixed: isFixed }: Row = settingTable[name as NumberSetting]
    if (isFixed) return `${name} is given when the server starts`
    const number = typeof value === 'number' ? value : value.trim() === '' ? Number.NaN : Number(value)
    if (!(number >= min && number <= max)) return `${name} is a number from ${min} to ${max}, not '${value}'`
    // What is not a share or a factor counts something.
    if (Number.isInteger(byDefault) && !Number.isInteger(number)) return `${name} is a whole number, not '${value}'`
    changed = { ...changed, [name]: number }
  }
  return changed
}

/**
 * What was stored, over what is given. A setting that this version does not know, or bounds otherwise, is none, and the
 * others hold all the same; `refused` is told why.
 */
export function storedSettings(given: PdSettings, stored: SettingChange, refused: (why: string) => void): PdSettings {
  let settings = given
  for (const [name, value] of Object.entries(stored)) {
    const changed = changedSettings(settings, { [name]: value })
    if (typeof changed === 'string') refused(changed)
    else settings = changed
  }
  return settings
}
