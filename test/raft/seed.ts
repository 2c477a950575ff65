import fc from 'fast-check'
import { Random } from '../../src/base/index.ts'

/** What tests of this room draw their chance from: the same on every run, unless CELLARIUM_SEED says otherwise. */
export const seed = process.env.CELLARIUM_SEED ?? 'raft'

/** How many examples a property is tried on. CELLARIUM_RUNS asks for more. */
export const RUNS = Number(process.env.CELLARIUM_RUNS ?? 100)

fc.configureGlobal({ seed: new Random(seed).u32() | 0, numRuns: RUNS, includeErrorInReport: true })
