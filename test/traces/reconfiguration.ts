import { describeConfiguration, describeProgress } from '../../src/raft/index.ts'
import { enterJoint, leaveJoint, type Reconfiguration, simpleChange } from '../../src/raft/reconfigure.ts'
import { Tracker } from '../../src/raft/tracker.ts'
import { parseChanges } from './changes.ts'
import { booleanOf, type Directive } from './format.ts'

/** The commands of the `confchange` files: one configuration, changed step by step, without logs or messages. */
export function reconfiguration(): (directive: Directive) => string {
  const tracker = new Tracker(10, 0)
  let lastIndex = 0
  return (directive) => {
    try {
      const result = change(tracker, directive, lastIndex)
      if (result.refused !== null) return result.refused
      tracker.adopt(result.configuration, result.progress)
      const lines = tracker.progress.map((progress) => `${progress.id}: ${describeProgress(progress)}\n`)
      return `${describeConfiguration(tracker.configuration)}\n${lines.join('')}`
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    } finally {
      lastIndex++
    }
  }
}

function change(tracker: Tracker, directive: Directive, lastIndex: number): Reconfiguration {
  const changes = parseChanges(directive.input)
  switch (directive.command) {
    case 'simple':
      return simpleChange(tracker, changes, lastIndex)
    case 'enter-joint':
      return enterJoint(tracker, booleanOf(directive, 'autoleave') ?? false, changes, lastIndex)
    case 'leave-joint':
      return changes.length > 0 ? { refused: 'this command takes no input' } : leaveJoint(tracker)
    default:
      return { refused: `unknown command ${directive.command}` }
  }
}
