/**
 * What piscina runs on each of its threads: an executor, until the system stops. It is apart from `src/` only because a
 * thread begins at a file of its own.
 */
import { type ExecutorTask, runExecutor } from '../src/actor/index.ts'

export default function executor(task: ExecutorTask): Promise<void> {
  return runExecutor(task)
}
