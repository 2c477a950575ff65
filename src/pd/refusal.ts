/** Why an order of a person is not taken up. */
import type { OperatorAnswer } from '../model/index.ts'

export interface Refusal {
  readonly refusal: Exclude<OperatorAnswer['refusal'], 'none'>
  readonly message: string
}

export const justBegun: Refusal = { refusal: 'notReady', message: 'the placement driver has just begun' }

export function notPossible(message: string): Refusal {
  return { refusal: 'notPossible', message }
}

export function noCell(id: number): Refusal {
  return { refusal: 'notFound', message: `there is no cell ${id}` }
}

export function noStore(id: number): Refusal {
  return { refusal: 'notFound', message: `there is no store ${id}` }
}
