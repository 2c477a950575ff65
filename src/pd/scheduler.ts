import type { Random } from '../base/index.ts'
import type { Wish } from './operator.ts'
import type { Influence, Operators } from './operators.ts'
import type { View } from './view.ts'

/** What a scheduler looks at. It changes nothing: it returns wishes. */
export interface Survey {
  readonly view: View
  readonly operators: Operators
  readonly influence: ReadonlyMap<number, Influence>
  readonly nowMs: number
  readonly random: Random
}

/** One kind of balance, in one file. A wish that is not taken up is derived again. */
export type Scheduler = (survey: Survey) => Wish[]
