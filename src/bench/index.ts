/**
 * `cellarium bench`: a load, and what it shows of a server.
 *
 * **For** whoever wants to know what a server does, how fast it answers, and what that costs it: a user before choosing,
 * and ourselves before and after a change. It measures any server that speaks the protocol.
 *
 * **Promises.** The generator encodes its commands once and counts replies without parsing them, on threads of its own.
 * What a latency means is always said; a percentile is never better than the truth. Machine, disk, what is synced, how
 * many copies and the command line stand beside the figures. A run that lost a connection has no figures, and errors are
 * told.
 *
 * **Refuses** to guess: what the server does not tell is a dash.
 *
 * **The caller** keeps the machine quiet, compares only what was measured in one run, and remembers that the client uses
 * the same cores.
 */
export { bench } from './bench.ts'
export type { Target } from './connection.ts'
export { type BenchOptions, benchFlags, benchHelp, readBenchOptions } from './flags.ts'
export { type LoadTask, runLoadThread } from './load.ts'
export { lookAtMachine, type Machine, machineLines } from './machine.ts'
export { type Latencies, type Measurement, measure, type ServerCost } from './measure.ts'
export { OwnServer } from './own-server.ts'
export { type ThreadUsage, threadsOf, type Usage, usageOf } from './process-usage.ts'
export { alignedTable, median, medianOf, shortNumber, workloadText } from './report.ts'
export { InfoClient } from './server-info.ts'
export { type BarGroup, drawBars } from './svg.ts'
export { type Workload, writeShare } from './workload.ts'
