/**
 * Failures for which other systems are known, each played out on the simulated cluster. What is asserted in all of them is
 * that the history of the clients has an order; what else, stands in the scenario.
 */
import { expect, test } from 'vitest'
import type { Operation } from '../check/index.ts'
import { EXECUTORS, Stage } from './stage.ts'

const seeds = ['1', '2', '3']

function scenario(name: string, play: (stage: Stage) => void, change = {}): void {
  test(name, async () => {
    for (const seed of seeds) play(await Stage.open(`museum/${name}/${seed}`, change))
  }, 120_000)
}

const done = (operation: Operation) => operation.outcome === 'done'
const elsewhere = (executor: number) => (executor + 1) % EXECUTORS

scenario('a leader elected a moment ago reads nothing that is stale', (stage) => {
  for (let round = 0; round < 6; round++) {
    const leader = stage.settledLeader()
    let replied = false
    stage.cluster.whenReplying(() => {
      replied = true
      if (stage.cluster.isUp(leader)) stage.crash(leader, 300)
    })
    for (let i = 0; i < 4; i++) stage.send(elsewhere(leader), 'SET', 'k', `${round}.${i}`)
    stage.until(() => replied, 'a reply')
    // The others read while they elect.
    for (let i = 0; i < 5; i++) {
      stage.send(elsewhere(leader), 'GET', 'k')
      stage.send(EXECUTORS, 'GET', 'k')
      stage.run(40)
    }
    stage.run(1000)
  }
  stage.finish(['k'])
})

scenario('a leader whose thread stood still for longer than its lease answers no read from then', (stage) => {
  for (let round = 0; round < 3; round++) {
    const leader = stage.settledLeader()
    stage.ask(leader, 'SET', 'k', `old ${round}`)
    stage.cluster.pauseExecutor(leader, 2500)
    stage.cutOff(leader, 3000)
    stage.until(() => stage.leader() !== leader && stage.leader() >= 0, 'another leader')
    const writer = stage.leader()
    expect(done(stage.ask(writer, 'SET', 'k', `new ${round}`))).toBe(true)
    // It wakes up deaf, and is asked at once.
    for (let i = 0; i < 30; i++) {
      stage.send(leader, 'GET', 'k')
      stage.run(80)
    }
    stage.run(2000)
  }
  stage.finish(['k'])
})

scenario('a leader that is parted from all others stops answering reads before another can write', (stage) => {
  for (let round = 0; round < 8; round++) {
    const leader = stage.settledLeader()
    stage.ask(leader, 'SET', 'k', `old ${round}`)
    stage.run(stage.random.below(500))
    stage.cutOff(leader, 1500)
    let written = false
    for (let i = 0; i < 90; i++) {
      stage.send(leader, 'GET', 'k')
      const others = stage.leaders().filter((other) => other !== leader)
      if (!written && others.length > 0) {
        stage.send(others[0] as number, 'SET', 'k', `new ${round}`)
        written = true
      }
      stage.run(15)
    }
    stage.run(2500)
  }
  stage.finish(['k'])
})

scenario('when the whole process dies right after the last reply, everything acknowledged is there', (stage) => {
  const keys: string[] = []
  for (let i = 0; i < 40; i++) {
    keys.push(`k${i}`)
    expect(done(stage.ask(i % EXECUTORS, 'SET', `k${i}`, `v${i}`))).toBe(true)
  }
  stage.cluster.crashProcess()
  stage.run(50)
  stage.cluster.restartProcess()
  const reads = stage.finish(keys)
  expect(reads.map(({ reply }) => reply)).toEqual(keys.map((_, i) => `v${i}`))
})

scenario(
  'no update is lost when a partition meets a change of members',
  (stage) => {
    for (let round = 0; round < 4; round++) {
      const leader = stage.settledLeader()
      stage.cluster.orders.changeMembers(stage.random)
      for (let i = 0; i < 10; i++) {
        for (let gateway = 0; gateway <= EXECUTORS; gateway++) stage.send(gateway, 'INCR', 'n')
        if (i === 3) stage.cutOff(leader, 1500, round % 2 === 0)
        stage.run(60)
      }
      stage.run(2500)
    }
    const [read] = stage.finish(['n'])
    expect(Number(read?.reply)).toBeGreaterThan(0)
  },
  { stores: EXECUTORS * 2 },
)

scenario(
  'a thread that dies at any moment between a snapshot and the end of the log loses nothing',
  (stage) => {
    const value = 'x'.repeat(1500)
    for (let round = 0; round < 5; round++) {
      const leader = stage.settledLeader()
      const away = elsewhere(leader)
      stage.cluster.crashExecutor(away)
      for (let i = 0; i < 150; i++) stage.send(leader, 'SET', `k${i}`, `${round}${value}`)
      stage.run(4000)
      // It gets a snapshot, and dies somewhere on its way; so does whoever sends it.
      stage.cluster.restartExecutor(away)
      stage.run(20 + stage.random.below(1500))
      stage.crash(round % 2 === 0 ? away : stage.settledLeader(), 100)
      stage.run(1500)
    }
    const reads = stage.finish(Array.from({ length: 150 }, (_, i) => `k${i}`))
    expect(reads.every((read) => typeof read.reply === 'string')).toBe(true)
  },
  { segmentBytes: 512 * 1024, options: { memory: '16mb' } },
)

scenario('nobody reads that there is nothing while logs and engines are being opened', (stage) => {
  for (let i = 0; i < 10; i++) expect(done(stage.ask(0, 'SET', `k${i}`, 'v'))).toBe(true)
  for (let round = 0; round < 3; round++) {
    stage.cluster.crashProcess()
    stage.run(20)
    stage.cluster.restartProcess()
    for (let i = 0; i < 60; i++) {
      stage.send(i % (EXECUTORS + 1), 'GET', `k${i % 10}`)
      stage.run(10)
    }
  }
  stage.finish(['k0', 'k9'])
})

scenario('what was told not to be executed is never found to have been', (stage) => {
  for (let round = 0; round < 5; round++) {
    const leader = stage.settledLeader()
    // It proposes, is not heard, steps down, and its entries are overwritten or not.
    for (let i = 0; i < 5; i++) stage.send(leader, 'INCR', 'n')
    stage.cutOff(leader, 2200, round % 2 === 0)
    for (let i = 0; i < 20; i++) {
      stage.send(leader, 'INCR', 'n')
      stage.send(elsewhere(leader), 'INCR', 'n')
      stage.run(100)
    }
    stage.run(2000)
  }
  stage.finish(['n'])
})

scenario('replies are never those of another request, whatever dies between', (stage) => {
  for (let i = 0; i < 20; i++) expect(done(stage.ask(0, 'SET', `k${i}`, `v${i}`))).toBe(true)
  for (let round = 0; round < 5; round++) {
    const reads: Operation[] = []
    for (let i = 0; i < 60; i++) reads.push(stage.send(i % (EXECUTORS + 1), 'GET', `k${(i * 7) % 20}`))
    stage.crash(round % EXECUTORS, 200)
    stage.run(3000)
    for (const read of reads.filter(done)) expect(read.reply).toBe(`v${read.command[1]?.slice(1)}`)
  }
  stage.finish(['k0'])
})
