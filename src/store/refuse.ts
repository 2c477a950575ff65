/** Commands that nobody will look at: each is told at once that it was not executed, so that it may go elsewhere. */
import type { ActorContext } from '../actor/index.ts'
import { EMPTY } from '../base/index.ts'
import {
  type AnswerBatch,
  AnswerWriter,
  type CommandBatch,
  CommandFlag,
  CommandReader,
  encodeCell,
  Fate,
  Refusal,
  type StoresMessage,
} from '../model/index.ts'
import type { Peer } from './peer.ts'
import type { Stores } from './stores.ts'

/** Without stores: they are not open yet, or have stopped. */
export function refuseBatch(ctx: ActorContext<StoresMessage>, batch: CommandBatch, refusal: Refusal): void {
  const answers = new AnswerWriter()
  writeRefusals(answers, batch.records, refusal)
  const { origin, generation } = batch
  ctx.named<AnswerBatch>(origin).tell({ kind: 'answers', generation, records: answers.take() })
}

/** Stores that stop say what they know: what never ran was not executed, and of the rest nobody will hear more. */
export function answerLast(stores: Stores): void {
  for (const peer of stores.peers()) {
    stores.evaluator.refuseParked(peer, Refusal.storeStopped)
    peer.pending.abandon()
  }
  for (const { origin, records } of stores.commandBatches) {
    writeRefusals(origin.answers(), records, Refusal.storeStopped)
  }
  stores.commandBatches.length = 0
  stores.sendAnswers()
}

function writeRefusals(answers: AnswerWriter, records: Uint8Array, refusal: Refusal): void {
  const reader = new CommandReader()
  reader.reset(records)
  while (reader.next()) {
    if ((reader.flags & CommandFlag.farewell) !== 0) continue
    answers.add(reader.session, reader.sequence, Fate.notExecuted, refusal, EMPTY, 0, 0)
  }
}

/** What the answer tells beside the refusal; see `Refusal`. */
export function payloadOf(refusal: Refusal, peer: Peer | null): Uint8Array {
  if (refusal === Refusal.notLeader && peer !== null) {
    const hint = Buffer.alloc(8)
    hint.writeDoubleLE(peer.leaderStore)
    return hint
  }
  return refusal === Refusal.epochNotMatch && peer !== null ? encodeCell(peer.cell) : EMPTY
}
