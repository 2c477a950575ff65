import fc from 'fast-check'
import { Random } from '../../src/base/index.ts'

/** What tests of this room draw their chance from: the same on every run, unless CELLARIUM_SEED says otherwise. */
export const seed = process.env.CELLARIUM_SEED ?? 'raft'

fc.configureGlobal({ seed: new Random(seed).u32() | 0 })
