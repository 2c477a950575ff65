/**
 * `npm run torture [-- --rounds N --first F --campaigns C --strikes kill,crash --executors E]`
 *
 * `npm run torture -- --merges N`: no strikes; cells are cut and made one again N times while clients write.
 *
 * So many campaigns of so many rounds each, the first with the seed F. Not a part of `npm test`: a round takes a second
 * or two. Ends with 1 at the first thing that is wrong.
 */
import { parseArgs } from 'node:util'
import { splitAndMerge } from './rounds.ts'
import { type Strike, torture } from './torture.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '20' },
    campaigns: { type: 'string', default: '10' },
    first: { type: 'string', default: '1' },
    strikes: { type: 'string', default: 'kill,crash' },
    executors: { type: 'string', default: '3' },
    stores: { type: 'string', default: '6' },
    merges: { type: 'string', default: '0' },
  },
})

const rounds = Number(values.merges)
if (rounds > 0) {
  const told = await splitAndMerge({ rounds, say: (line) => console.log(`  ${line}`) })
  const refused = [...told.errors].map(([word, count]) => `${count} × ${word}`).join(', ') || 'none'
  console.log(
    `${told.splits} splits and ${told.merges} merges (${told.givenUp} more given up), ${told.acknowledged} writes acknowledged and there, ` +
      `${told.keys} keys; nobody waited longer than ${Math.round(told.longestWaitMs)} ms; refused: ${refused}`,
  )
}

const all = new Map<string, number>()
for (let i = 0; i < (rounds > 0 ? 0 : Number(values.campaigns)); i++) {
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
