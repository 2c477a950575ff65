/**
 * `npm run torture [-- --rounds N --first F --campaigns C --strikes kill,crash --executors E]`
 *
 * So many campaigns of so many rounds each, the first with the seed F. Not a part of `npm test`: a round takes a second
 * or two. Ends with 1 at the first thing that is wrong.
 */
import { parseArgs } from 'node:util'
import { type Strike, torture } from './torture.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    campaigns: { type: 'string', default: '10' },
    first: { type: 'string', default: '1' },
    strikes: { type: 'string', default: 'kill,crash' },
    executors: { type: 'string', default: '3' },
    stores: { type: 'string', default: '6' },
  },
})

const all = new Map<string, number>()
for (let i = 0; i < Number(values.campaigns); i++) {
  const seed = `${Number(values.first) + i}`
  const { strikes, acknowledged, longestWaitMs, cells } = await torture({
    seed,
    rounds: Number(values.rounds),
    strikes: values.strikes.split(',') as Strike[],
    executors: Number(values.executors),
    stores: Number(values.stores),
    say: (line) => console.log(`  ${line}`),
  })
  for (const [what, count] of strikes) all.set(what, (all.get(what) ?? 0) + count)
  const wait = `nobody waited longer than ${Math.round(longestWaitMs)} ms`
  console.log(`campaign ${seed}: ${acknowledged} writes acknowledged and there, ${cells} cells whole, ${wait}`)
}
console.log([...all].map(([what, count]) => `${count} × ${what}`).join(', '))
