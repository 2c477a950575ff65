import { expect, test } from 'vitest'
import { FIRST_USER_CELL } from '../../src/model/index.ts'
import { StoreHarness } from './harness.ts'

/** Three copies, and a way to hold back the end of every sync of some executors. */
async function threeCopies() {
  const harness = new StoreHarness(3)
  await harness.startWith(3)
  const leader = harness.leader(FIRST_USER_CELL)?.executor as number
  const slow = new Set<number>()
  const ends: (() => void)[] = []
  harness.logs.forEach((log, executor) => {
    const flush = log.flush.bind(log)
    log.flush = (done) => flush((error) => (slow.has(executor) ? ends.push(() => done(error)) : done(error)))
  })
  const letGo = () => {
    slow.clear()
    for (const end of ends.splice(0)) end()
  }
  const isAnswered = (sequence: number) => harness.answers.some((answer) => answer.sequence === sequence)
  return { harness, leader, followers: [0, 1, 2].filter((executor) => executor !== leader), slow, letGo, isAnswered }
}

test('a SET is not answered while only the disk of its leader has it', async () => {
  const { harness, followers, slow, letGo, isAnswered } = await threeCopies()
  for (const executor of followers) slow.add(executor)
  const write = harness.send(['SET', 'k', 'v'])
  await harness.run(100)
  expect(isAnswered(write)).toBe(false)
  letGo()
  await harness.until(() => isAnswered(write), 'the followers have it on disk')
})

test('a SET is answered when the disks of both followers have it, and that of its leader not yet', async () => {
  const { harness, leader, slow, letGo, isAnswered } = await threeCopies()
  slow.add(leader)
  const write = harness.send(['SET', 'k', 'v'])
  await harness.until(() => isAnswered(write), 'two of three have it')
  letGo()
  expect((await harness.ask(['GET', 'k'])).text).toBe('$1\r\nv\r\n')
})
