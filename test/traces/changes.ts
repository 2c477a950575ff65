import { type ConfChangeSingle, ConfChangeType } from '../../src/raft/index.ts'

const TYPES: Record<string, ConfChangeType> = {
  v: ConfChangeType.addNode,
  l: ConfChangeType.addLearnerNode,
  r: ConfChangeType.removeNode,
  u: ConfChangeType.updateNode,
}

/** `v1 l2 r3 u4`: add a voter, add a learner, remove, update. */
export function parseChanges(text: string): ConfChangeSingle[] {
  const words = text.split(/\s+/).filter((word) => word !== '')
  return words.map((word) => {
    const type = TYPES[word[0]!]
    if (type === undefined || !/^\d+$/.test(word.slice(1))) throw new Error(`unknown input: ${word}`)
    return { type, nodeId: Number(word.slice(1)) }
  })
}
