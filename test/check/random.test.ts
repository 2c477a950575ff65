import { expect, test } from 'vitest'
import { Random } from '../../src/base/index.ts'
import { bruteForce } from './brute-force.ts'
import { formatOperation, type Operation, type Reply } from './history.ts'
import { checkHistory } from './index.ts'

/** Draws of commands; few keys and few values, so that much of what comes out is nearly right. */
const untimed = [
  (random: Random) => ['SET', random.pick(['{t}a', '{t}b']), random.pick(['1', '2', '3'])],
  (random: Random) => ['SET', '{t}a', random.pick(['1', '2']), 'NX'],
  (random: Random) => ['GET', random.pick(['{t}a', '{t}b'])],
  () => ['GET', '{t}a'],
  (random: Random) => ['APPEND', '{t}a', random.pick(['1', '2'])],
  (random: Random) => ['DEL', random.pick(['{t}a', '{t}b'])],
  () => ['EXISTS', '{t}a'],
  () => ['FLUSHALL'],
  (random: Random) => ['MSET', '{t}a', random.pick(['1', '2']), '{t}b', random.pick(['1', '2'])],
  () => ['MGET', '{t}a', '{t}b'],
]
const timed = [
  (random: Random) => ['SET', '{t}a', '1', 'PX', String(random.between(1, 5))],
  (random: Random) => ['PEXPIRE', '{t}a', String(random.between(1, 5))],
  () => ['PTTL', '{t}a'],
  () => ['GET', '{t}a'],
  () => ['EXISTS', '{t}a'],
  () => ['SET', '{t}a', '2'],
]

function drawReply(random: Random, command: readonly string[]): Reply {
  switch (command[0]) {
    case 'GET':
      return random.pick([null, '1', '2', '3', '12'])
    case 'SET':
      return command[3] === 'NX' ? random.pick([null, 'OK']) : 'OK'
    case 'APPEND':
      return random.pick([1, 2, 2, 3])
    case 'DEL':
    case 'EXISTS':
    case 'PEXPIRE':
      return random.pick([0, 1])
    case 'PTTL':
      return random.pick([-2, -1, 0, 1, 2, 3, 4])
    case 'MGET':
      return [random.pick([null, '1', '2']), random.pick([null, '1', '2'])]
    default:
      return 'OK'
  }
}

/** Several connections that pipeline, windows that overlap, and every fate. */
function drawHistory(random: Random, draws: readonly ((random: Random) => string[])[], most: number): Operation[] {
  const operations: Operation[] = []
  const connections = random.between(1, 3)
  const count = random.between(2, most)
  const sent = new Array<number>(connections).fill(0)
  const returned = new Array<number>(connections).fill(0)
  let at = 0
  for (let i = 0; i < count; i++) {
    at += random.below(3)
    const connection = random.below(connections)
    const command = random.pick(draws)(random)
    const fate = random.below(10)
    const outcome = fate === 0 ? 'notExecuted' : fate <= 2 ? 'unknown' : 'done'
    // Replies of one connection come in order.
    const until = Math.max(at + random.below(4), returned[connection] as number)
    if (outcome === 'done') returned[connection] = until
    const returnedAt = outcome === 'done' ? until + 0.5 : Number.POSITIVE_INFINITY
    const sequence = (sent[connection] as number) + 1
    sent[connection] = sequence
    operations.push({
      connection,
      sequence,
      command,
      invokedAt: at + i / 1000,
      returnedAt,
      invokedMs: at,
      returnedMs: outcome === 'done' ? until : Number.POSITIVE_INFINITY,
      outcome,
      reply: drawReply(random, command),
    })
  }
  return operations
}

function compare(
  seed: string,
  histories: number,
  draws: readonly ((random: Random) => string[])[],
  most: number,
): void {
  const random = new Random(seed)
  let accepted = 0
  for (let i = 0; i < histories; i++) {
    const history = drawHistory(random, draws, most)
    const legal = bruteForce(history, 1)
    const verdict = checkHistory(history, { toleranceMs: 1 })
    if ((verdict.violations.length === 0) !== legal) {
      throw new Error(`history ${i} is ${legal ? 'legal' : 'illegal'}:\n${history.map(formatOperation).join('\n')}`)
    }
    if (legal) accepted++
  }
  expect(accepted).toBeGreaterThan(histories / 20)
  expect(accepted).toBeLessThan((histories * 19) / 20)
}

test('tiny histories of random commands are judged as by trying every order', () =>
  compare('orders', 15_000, untimed, 6))

test('tiny histories of keys that die are judged as by trying every order and every instant', () =>
  compare('instants', 1_500, timed, 4))

/** A correct store under many clients that pipeline, as a history: each operation takes effect at a drawn instant of its window. */
function correctHistory(random: Random, count: number, unknownShare: number): Operation[] {
  const values = new Map<string, string>()
  const operations: Operation[] = []
  const clients = 24
  const pending: { operation: Operation; effectAt: number }[] = []
  const freeAt = new Array<number>(clients).fill(0)
  const sent = new Array<number>(clients).fill(0)
  const connection = Array.from({ length: clients }, (_, i) => i)
  let connections = clients
  let at = 0
  while (operations.length < count) {
    at += 1
    pending.sort((a, b) => a.effectAt - b.effectAt)
    while (pending.length > 0 && (pending[0] as { effectAt: number }).effectAt <= at) {
      apply((pending.shift() as { operation: Operation }).operation)
    }
    const client = random.below(clients)
    // The next of a pipeline takes effect, and returns, after the one before it.
    const depth = random.chance(0.3) ? random.between(2, 8) : 1
    if ((freeAt[client] as number) > at) continue
    let effectAt = at
    for (let i = 0; i < depth; i++) {
      effectAt += 1 + random.below(20)
      const key = random.chance(0.3) ? `hot${random.below(4)}` : `cold${random.below(2000)}`
      const roll = random.below(10)
      const value = `v${operations.length}`
      const command =
        roll < 4 ? ['GET', key] : roll < 8 ? ['SET', key, value] : roll < 9 ? ['APPEND', key, value] : ['DEL', key]
      const unknown = random.chance(unknownShare)
      const returnedAt = unknown ? Number.POSITIVE_INFINITY : effectAt + random.below(10) + 0.5
      const sequence = (sent[client] as number) + 1
      sent[client] = sequence
      const operation: Operation = {
        connection: connection[client] as number,
        sequence,
        command,
        invokedAt: at + i / 100,
        returnedAt,
        invokedMs: at,
        returnedMs: returnedAt,
        outcome: unknown ? 'unknown' : 'done',
        reply: null,
      }
      operations.push(operation)
      if (!unknown || random.chance(0.5)) pending.push({ operation, effectAt })
      freeAt[client] = Math.max(freeAt[client] as number, unknown ? effectAt : returnedAt)
      if (unknown) {
        // It reconnects, and does not hear of it.
        connection[client] = connections++
        sent[client] = 0
        break
      }
    }
  }
  pending.sort((a, b) => a.effectAt - b.effectAt)
  for (const { operation } of pending) apply(operation)
  return operations

  function apply(operation: Operation): void {
    const [name, key, argument] = operation.command as [string, string, string]
    const old = values.get(key)
    if (name === 'GET') operation.reply = old ?? null
    else if (name === 'SET') {
      values.set(key, argument)
      operation.reply = 'OK'
    } else if (name === 'APPEND') {
      const whole = (old ?? '') + argument
      values.set(key, whole)
      operation.reply = whole.length
    } else operation.reply = values.delete(key) ? 1 : 0
  }
}

test('a correct history of a hundred thousand operations, some on few hot keys, is accepted in few steps', () => {
  const history = correctHistory(new Random('long'), 100_000, 0)
  const verdict = checkHistory(history)
  expect(verdict.violations).toEqual([])
  expect(verdict.undecided).toEqual([])
  expect(verdict.configurations).toBeLessThan(300_000)
})

test('a correct history in which one write of two hundred is of unknown fate is accepted in few steps', () => {
  const history = correctHistory(new Random('unknown'), 20_000, 0.005)
  const verdict = checkHistory(history)
  expect(verdict.violations).toEqual([])
  expect(verdict.undecided).toEqual([])
})

test('one reply exchanged in a long history is found', () => {
  const history = correctHistory(new Random('spoilt'), 20_000, 0)
  const reads = history.filter((operation) => operation.command[0] === 'GET' && operation.reply !== null)
  const [first, last] = [reads[10] as Operation, reads[reads.length - 10] as Operation]
  first.reply = last.reply
  expect(checkHistory(history).violations).toHaveLength(1)
})
