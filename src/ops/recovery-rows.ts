/** Recovery where a majority of copies is gone for good: shown to whoever asks, done for whoever says what it costs. */
import type { RecoveryAnswer } from './recovery.ts'
import type { RecoveredCell } from './recovery-plan.ts'
import { fromDesk, HttpError, type HttpOptions, type Row } from './rows.ts'
import { rangeShape } from './shapes.ts'

const PATH = '/api/v1/unsafe-recover'
const SILENCE = 'not all stores have answered, and one of them may have what is looked for'

export const recoveryRows: readonly Row[] = [
  {
    method: 'GET',
    path: PATH,
    answer: async (options) => ({ status: 200, value: recoveryShape(await recovery(options, null)) }),
  },
  {
    method: 'POST',
    path: PATH,
    async answer(options, { body }) {
      const { loseData, lost } = ((await body()) ?? {}) as Record<string, unknown>
      if (loseData !== true || !Array.isArray(lost)) {
        throw new HttpError(
          400,
          'ERR',
          'loseData is true, and lost the stores that are given up: what only they had is lost',
          `GET ${PATH} shows what would be done; for instance {"loseData": true, "lost": [2, 3]}`,
        )
      }
      const answer = await recovery(options, lost as readonly unknown[])
      return { status: 200, value: recoveryShape(answer) }
    },
  },
]

/** With `given`: it is an order, of someone who has seen that these stores are lost. */
async function recovery(options: HttpOptions, given: readonly unknown[] | null): Promise<RecoveryAnswer> {
  const answer = await fromDesk<RecoveryAnswer>(options, (desk, done) => desk.recover(given, done), SILENCE)
  if (answer.refused !== null) throw new HttpError(409, 'ERR', answer.refused, `GET ${PATH} shows what would be done`)
  return answer
}

function recoveryShape({ lost, cells, outcomes }: RecoveryAnswer) {
  return { lost, cells: cells.map(cellShape), outcomes }
}

function cellShape({ cell, survivor, others, lost }: RecoveredCell) {
  return {
    id: cell.id,
    system: cell.system,
    ...rangeShape(cell),
    lost,
    survivor: logShape(survivor),
    others: others.map(logShape),
  }
}

function logShape(survivor: RecoveredCell['survivor']) {
  const { store, peer, lastTerm, lastIndex, committed, applied, keys, sizeBytes } = survivor
  return { store, peer, lastTerm, lastIndex, committed, applied, keys, sizeBytes }
}
