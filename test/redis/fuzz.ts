/**
 * `npm run fuzz -- --cases N --seed S`: as many streams of requests, each parsed in many ways and compared with a parser
 * that is as plain as can be. Ends with 11 at the first difference.
 */
import { parseArgs } from 'node:util'
import { Random } from '../../src/base/index.ts'
import { checkStream } from './streams.ts'

const { values } = parseArgs({ options: { cases: { type: 'string' }, seed: { type: 'string' } } })
const cases = Number(values.cases ?? 1_000_000)
const seed = values.seed ?? 'requests'
const REPORT_EVERY = 50_000
/** A stream can be made again from the seed and the number of its block. */
const BLOCK = 1000

let ways = 0
let random = new Random(`${seed}/0`)
for (let i = 0; i < cases; i++) {
  if (i % BLOCK === 0) random = new Random(`${seed}/${i / BLOCK}`)
  const checked = checkStream(random)
  ways += checked.ways
  if (checked.wrong !== null) {
    console.error(`stream ${i} of seed ${seed} means something else ${checked.wrong}: ${JSON.stringify(checked.text)}`)
    process.exit(11)
  }
  if ((i + 1) % REPORT_EVERY === 0) console.error(`${i + 1} streams, ${ways} parses`)
}
console.log(`${cases} streams, ${ways} parses, no difference`)
