/** Recovery where a majority of copies is gone for good: shown to whoever asks, done for whoever says what it costs. */
import type { RecoveryAnswer } from './recovery.ts'
import type { RecoveredCell } from './recovery-plan.ts'
import { HttpError, type HttpOptions, type Row } from './rows.ts'
import { keyShape } from './shapes.ts'

const PATH = '/api/v1/unsafe-recover'

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
function recovery(options: HttpOptions, given: readonly unknown[] | null): Promise<RecoveryAnswer> {
  return new Promise((resolve, reject) => {
    const silent = () =>
      reject(
        new HttpError(
          503,
          'UNAVAILABLE',
          'not all stores have answered, and one of them may have what is looked for',
          'ask again in a moment',
        ),
      )
    const desk = options.desk()
    if (desk === null) {
      silent()
      return
    }
    desk.recover(given, (answer) => {
      if (answer === null) silent()
      else if (answer.refused !== null) {
        reject(new HttpError(409, 'ERR', answer.refused, `GET ${PATH} shows what would be done`))
      } else resolve(answer)
    })
  })
}

function recoveryShape({ lost, cells, outcomes }: RecoveryAnswer) {
  return { lost, cells: cells.map(cellShape), outcomes }
}

function cellShape({ cell, survivor, others, lost }: RecoveredCell) {
  return {
    id: cell.id,
    system: cell.system,
    start: cell.start.length === 0 ? null : keyShape(cell.start),
    end: cell.end === null ? null : keyShape(cell.end),
    epoch: { version: cell.epoch.version, confVer: cell.epoch.confVer },
    lost,
    survivor: logShape(survivor),
    others: others.map(logShape),
  }
}

function logShape(survivor: RecoveredCell['survivor']) {
  const { store, peer, lastTerm, lastIndex, committed, applied, keys, sizeBytes } = survivor
  return { store, peer, lastTerm, lastIndex, committed, applied, keys, sizeBytes }
}
