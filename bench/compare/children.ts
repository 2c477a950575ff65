/** Processes that we have started, and must not leave behind. */
import type { ChildProcess } from 'node:child_process'

/** They end when this process does; what comes back is to be called when they have ended before. */
export function tie(children: readonly ChildProcess[]): () => void {
  const kill = (): void => {
    for (const child of children) child.kill('SIGKILL')
  }
  process.once('exit', kill)
  return () => process.removeListener('exit', kill)
}

/** Resolves when the process is gone, and asks it to go. */
export async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await exit
}
