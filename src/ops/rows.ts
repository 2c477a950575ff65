/** What a row of HTTP's table is made of, and how it asks PD. */
import type { ServerResponse } from 'node:http'
import type { ExecutorInspection } from '../actor/index.ts'
import type { OperatorAnswer } from '../model/index.ts'
import type { Desk } from './desk.ts'

export interface HttpOptions {
  readonly bind: string
  /** 0 picks a free one. */
  readonly port: number
  /** Asked for when it is not empty; the probes are open. */
  password(): string | Promise<string>
  /** Null before the desk is there, and after it has closed. */
  desk(): Desk | null
  executors(): Promise<readonly ExecutorInspection[]>
  /** Users' keys are being served. */
  isReady(): boolean
}

/** What goes wrong in a way that the one who asked can read. */
export class HttpError extends Error {
  readonly status: number
  readonly code: string
  readonly hint: string
  /** Of a 405: the methods that the path takes. */
  readonly allow: string | undefined

  constructor(status: number, code: string, message: string, hint: string, allow?: string) {
    super(message)
    this.status = status
    this.code = code
    this.hint = hint
    this.allow = allow
  }
}

export interface Asked {
  readonly query: URLSearchParams
  /** What stands for `:id` in the path. */
  readonly id: number
  body(): Promise<unknown>
}

export interface Answered {
  readonly status: number
  readonly value: unknown
  /** Instead of a value, as it is. */
  readonly text?: string
  /** Instead of a value: goes on writing until the connection ends. */
  readonly stream?: (response: ServerResponse) => void
}

export interface Row {
  readonly method: 'GET' | 'POST'
  readonly path: string
  /** Without a password: whoever watches a process need not know its secrets. */
  readonly open?: boolean
  answer(options: HttpOptions, asked: Asked): Answered | Promise<Answered>
}

/** 202, or the refusal as an error. */
export function operatorAnswered(answer: OperatorAnswer): Answered {
  refuse(answer)
  return { status: 202, value: { id: answer.operator } }
}

export function refuse(answer: Pick<OperatorAnswer, 'refusal' | 'message'>, hint?: string): void {
  switch (answer.refusal) {
    case 'none':
      return
    case 'notFound':
      throw new HttpError(404, 'ERR', answer.message, hint ?? 'GET /api/v1/cells and /api/v1/stores list what there is')
    case 'notPossible':
      throw new HttpError(
        409,
        'ERR',
        answer.message,
        hint ?? 'GET /api/v1/cells shows ranges and peers, /api/v1/operators the plans',
      )
    case 'notReady':
      throw new HttpError(503, 'LOADING', answer.message, 'ask again in a moment')
  }
}

export function fromDesk<T>(
  options: HttpOptions,
  ask: (desk: Desk, done: (answer: T | null) => void) => void,
  silence = 'the placement driver does not answer',
): Promise<T> {
  return new Promise((resolve, reject) => {
    const refused = () => reject(new HttpError(503, 'UNAVAILABLE', silence, 'ask again in a moment'))
    const desk = options.desk()
    if (desk === null) refused()
    else ask(desk, (answer) => (answer === null ? refused() : resolve(answer)))
  })
}
