/** `--labels`: once for each `--dir`, in their order, `host=a zone=1`. The number of its disk is a label of its own. */
import { SetUpError } from '../base/index.ts'

export type Labels = Readonly<Record<string, string>>

/** By directory, as they were given. Fewer than directories: the rest has none. */
export function readLabels(given: readonly string[], directories: readonly string[]): ReadonlyMap<string, Labels> {
  if (given.length > directories.length) {
    throw new SetUpError(
      `--labels is given ${given.length} times and --dir ${directories.length}: give one for each --dir`,
    )
  }
  return new Map(given.map((words, i) => [directories[i] as string, parseLabels(words)]))
}

function parseLabels(words: string): Labels {
  const labels: Record<string, string> = {}
  for (const word of words.split(/[\s,]+/).filter(Boolean)) {
    const [, name, value] = /^([\w.-]+)=([\w.-]+)$/.exec(word) ?? []
    if (name === undefined || value === undefined) {
      throw new SetUpError(`--labels are names and values such as 'host=a zone=1', not '${word}'`)
    }
    if (name === 'executor') throw new SetUpError('the label executor is that of the thread: give it another name')
    labels[name] = value
  }
  return labels
}
