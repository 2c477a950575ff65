/** One cell that holds all keys, led here, and answers at once or when it is told to; and a PD that knows where it is. */
import { actor, type EdgeToken, edge, type Ref } from '../../src/actor/index.ts'
import {
  type AnswerBatch,
  AnswerWriter,
  CommandFlag,
  CommandReader,
  Fate,
  FIRST_USER_CELL,
  type GatewayMessage,
  type PdMessage,
  pdProtocol,
  Refusal,
  type StoresMessage,
  storesProtocol,
} from '../../src/model/index.ts'
import { Arguments, lookupCommand, parseCommand, ReplyWriter } from '../../src/redis/index.ts'
import { ModelKeyspace } from '../redis/model-keyspace.ts'

/** What a test wants of the stores. */
export interface FakeStoresControl {
  /** Commands of which the first key begins with this are answered only by `release`. */
  holds: string | null
  /** Those that are held, for a test to count. */
  held: number
  executed: number
  /** Sessions that were closed with commands under way. */
  farewells: number
  /** Set by the actor. */
  release: () => void
}

export const controlEdge: EdgeToken<FakeStoresControl> = edge<FakeStoresControl>('control')

export const fakeStores = actor<StoresMessage>({
  module: import.meta.url,
  name: 'fakeStores',
  protocol: storesProtocol,
  start(ctx) {
    const control = ctx.edge(controlEdge)
    const keyspace = new ModelKeyspace()
    const reader = new CommandReader()
    const args = new Arguments()
    const reply = new ReplyWriter()
    const origins = new Map<string, Ref<AnswerBatch>>()
    const waiting: (() => void)[] = []
    control.release = () => {
      control.held = 0
      for (const go of waiting.splice(0)) go()
    }
    return {
      receive(message) {
        if (message.kind !== 'commands') return
        const { origin, generation } = message
        const ref = origins.get(origin) ?? ctx.named<GatewayMessage>(origin)
        origins.set(origin, ref)
        const answers = new AnswerWriter()
        reader.reset(message.records)
        while (reader.next()) {
          if (reader.flags === CommandFlag.farewell) {
            control.farewells++
            continue
          }
          parseCommand(reader.buffer, reader.start, args)
          const row = lookupCommand(args)
          if (row?.execute == null) throw new Error('not a command of cells')
          reply.reset()
          reply.protocol = reader.protocol as 2 | 3
          row.execute(args, keyspace, reply)
          control.executed++
          const { session, sequence } = reader
          const isHeld = control.holds !== null && args.count > 1 && args.text(1).startsWith(control.holds)
          if (!isHeld) {
            answers.add(session, sequence, Fate.done, Refusal.none, reply.buffer, 0, reply.length)
            continue
          }
          const bytes = Uint8Array.from(reply.bytes())
          control.held++
          waiting.push(() => {
            const late = new AnswerWriter()
            late.add(session, sequence, Fate.done, Refusal.none, bytes, 0, bytes.length)
            ctx.tell(ref, { kind: 'answers', generation, records: late.take() })
          })
        }
        if (answers.count > 0) ctx.tell(ref, { kind: 'answers', generation, records: answers.take() })
      },
    }
  },
})

export const fakePd = actor<PdMessage>({
  module: import.meta.url,
  name: 'fakePd',
  protocol: pdProtocol,
  start(ctx) {
    return {
      receive(message) {
        if (message.kind !== 'routesWanted') return
        const cell = {
          id: FIRST_USER_CELL,
          system: false,
          start: new Uint8Array(0),
          end: null,
          epoch: { version: 1, confVer: 1 },
          peers: [{ id: 11, store: 1, role: 'voter' as const }],
        }
        ctx.tell(ctx.named<GatewayMessage>(message.origin), {
          kind: 'routes',
          routes: [{ cell, leaderStore: 1, term: 1 }],
        })
      },
    }
  },
})
