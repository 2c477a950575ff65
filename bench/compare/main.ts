/**
 * Cellarium beside what people would use instead: the same client, the same commands, on this machine, in turn (A B A B),
 * each time in a fresh directory, so that what the machine does to one it does to the other.
 *
 *     npm run bench:compare [-- --workloads 'set-p*,get-p16' --seconds 60 --warm-up 30 --rounds 3]
 *     npm run bench:compare -- --list
 *
 * Peers that are not installed are left out, and that is said. Ratios of one run are what counts; rates are this
 * machine's, on this day. The figures go to bench/results/, as JSON and as a picture.
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { lookAtMachine, machineLines, workloadText, writeShare } from '../../src/bench/index.ts'
import { Historian, type Verdict } from './history.ts'
import type { Peer, Run, Running } from './peers.ts'
import { type Compared, notesOf, pictureOf, ratiosOf, tableOf } from './result.ts'
import { type Row, rows } from './rows.ts'
import type { Sample } from './sample.ts'
import { canCountSyncs, commandsPerSync } from './syncs.ts'

const { values } = parseArgs({
  options: {
    workloads: { type: 'string', default: '*' },
    seconds: { type: 'string', default: '60' },
    'warm-up': { type: 'string', default: '30' },
    rounds: { type: 'string', default: '3' },
    check: { type: 'boolean', default: true },
    dir: { type: 'string', default: tmpdir() },
    out: { type: 'string', default: 'bench/results' },
    list: { type: 'boolean', default: false },
  },
  allowNegative: true,
})
const durationMs = Number(values.seconds) * 1000
const warmUpMs = Number(values['warm-up']) * 1000
const rounds = Number(values.rounds)
/** After the last round: what is watched, and what is recorded, is not what was measured. */
const EXTRA_MS = Math.min(3000, durationMs)

function progress(line: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${line}`)
}

function runOf(row: Row, round: number, text: string, own: Partial<Run> = {}): Run {
  const seed = `compare ${round}`
  const said = `${row.name}, round ${round + 1} of ${rounds}, ${text}`
  return {
    workload: row.workload,
    warmUpMs,
    durationMs,
    seed,
    progress: (line) => progress(`${said}: ${line}`),
    ...own,
  }
}

/** One server, once: fresh, loaded, gone. In the last round it is looked at more closely afterwards. */
async function measurePeer(
  peer: Peer,
  row: Row,
  round: number,
  isOurs: boolean,
): Promise<{ sample: Sample; history: Verdict | null }> {
  progress(`${row.name}: starting ${peer.name}`)
  const directory = mkdtempSync(join(values.dir, 'cellarium-compare-'))
  const running = await peer.start(directory)
  try {
    let sample = await running.load(runOf(row, round, peer.name))
    if (round < rounds - 1) return { sample, history: null }
    if (sample.commandsPerSync === null) sample = await withSyncs(sample, running, row, round)
    return { sample, history: isOurs && values.check ? await recorded(running, row, round) : null }
  } finally {
    await running.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Of a server that does not tell, syncs are counted in a run of their own; their rate is worked out from the measured one. */
async function withSyncs(sample: Sample, { pid, load }: Running, row: Row, round: number): Promise<Sample> {
  const share = writeShare(row.workload.mix)
  if (pid === null || share === 0 || !canCountSyncs()) return sample
  const perSync = await commandsPerSync(pid, async () => {
    const extra = await load(runOf(row, round, 'counting syncs', { warmUpMs: 0, durationMs: EXTRA_MS }))
    return (extra.perSecond * share * EXTRA_MS) / 1000
  })
  if (perSync === null) return sample
  return { ...sample, commandsPerSync: perSync, syncsPerSecond: (sample.perSecond * share) / perSync }
}

async function recorded({ target, load }: Running, row: Row, round: number): Promise<Verdict | null> {
  if (target === null) return null
  const historian = new Historian(target, row.name)
  historian.start()
  await load(runOf(row, round, 'recording a history', { warmUpMs: 0, durationMs: EXTRA_MS }))
  progress(`${row.name}: judging the history`)
  return historian.judge()
}

async function compare(row: Row): Promise<Compared | null> {
  const versions = { ours: row.ours.version(), theirs: row.theirs.version() }
  if (versions.ours === null || versions.theirs === null) {
    console.log(`${row.name} is left out: ${row.theirs.missing} is not installed\n`)
    return null
  }
  const ours: Sample[] = []
  const theirs: Sample[] = []
  let history: Verdict | null = null
  for (let round = 0; round < rounds; round++) {
    const first = await measurePeer(row.ours, row, round, true)
    ours.push(first.sample)
    history = first.history
    theirs.push((await measurePeer(row.theirs, row, round, false)).sample)
  }
  progress('')
  return { row, versions: { ours: versions.ours, theirs: versions.theirs }, ours, theirs, history }
}

/** `set-*,get-p16`: any of these. */
function wanted(patterns: string): readonly Row[] {
  const tests = patterns.split(',').map((pattern) => new RegExp(`^${pattern.replaceAll('*', '.*')}$`))
  return rows.filter(({ name }) => tests.some((test) => test.test(name)))
}

async function main(): Promise<void> {
  const chosen = wanted(values.workloads)
  if (values.list || chosen.length === 0) {
    if (chosen.length === 0) console.log(`no workload is called ${values.workloads}; these are:`)
    for (const { name, workload, ours, theirs } of values.list ? chosen : rows) {
      console.log(`${name.padEnd(20)} ${workloadText(workload)}; ${ours.name}, to ${theirs.name}`)
    }
    return
  }
  // Servers end with us: they are ended when this process exits.
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => process.exit(130))
  const machine = lookAtMachine(values.dir)
  const command = `npm run bench:compare -- ${process.argv.slice(2).join(' ')}`.replace(/ -- $/, '')
  console.log(command)
  for (const line of machineLines(machine)) console.log(line)
  console.log(
    `${rounds} rounds in turn, each ${durationMs / 1000} s after ${warmUpMs / 1000} s of warm-up in a fresh directory; client on the same cores\n`,
  )
  const all: Compared[] = []
  for (const row of chosen) {
    const compared = await compare(row)
    if (compared === null) continue
    all.push(compared)
    const { ours, theirs } = compared.versions
    console.log(
      `${row.name}: ${workloadText(row.workload)}; ${row.ours.name} (${ours}: ${row.ours.synced}), to ${row.theirs.name} (${theirs}: ${row.theirs.synced})`,
    )
    console.log(`${tableOf(compared)}\n${ratiosOf([compared])}`)
    for (const note of notesOf([compared])) console.log(note)
    console.log('')
    // After each, so that a run that is cut off has left what it had.
    const figures = {
      command,
      machine,
      rounds,
      durationMs,
      warmUpMs,
      date: new Date().toISOString(),
      rows: all.map(plain),
    }
    mkdirSync(values.out, { recursive: true })
    writeFileSync(join(values.out, 'compare.json'), `${JSON.stringify(figures, null, 2)}\n`)
    writeFileSync(join(values.out, 'compare.svg'), pictureOf(all, machine, command))
  }
  if (all.length > 1) console.log(ratiosOf(all))
  if (all.some(({ history }) => history !== null && history.violations.length > 0)) process.exitCode = 1
}

/** Without functions, for the file. */
function plain({ row, ...rest }: Compared): object {
  const peer = ({ name, synced, copies }: Peer) => ({ name, synced, copies })
  return {
    name: row.name,
    workload: row.workload,
    criteria: row.criteria,
    peers: [peer(row.ours), peer(row.theirs)],
    ...rest,
  }
}

await main()
