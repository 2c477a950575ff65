/**
 * What a worker thread says to the main thread beside its actors: that a store is lost, before it has any actor to say so,
 * what CONFIG SET has changed there, and the drills of DEBUG, which only the main thread can give.
 */
import { BroadcastChannel } from 'node:worker_threads'
import type { DebugPort } from '../gateway/index.ts'
import type { SettingChanged } from '../model/index.ts'

export interface Loss {
  readonly kind: 'loss'
  readonly stores: readonly number[]
  readonly reason: string
  /** False: what is on the disk can still be trusted, and another run may open it (a full disk, too many open files). */
  readonly forGood: boolean
}

export type WordToMain =
  | Loss
  | { readonly kind: 'setting'; readonly change: SettingChanged }
  | { readonly kind: 'say'; readonly message: string }
  | { readonly kind: 'crash'; readonly executor: number }
  | { readonly kind: 'pause'; readonly executor: number; readonly durationMs: number }

export function tellMain(channelName: string, word: WordToMain): void {
  const channel = new BroadcastChannel(channelName)
  channel.postMessage(word)
  channel.close()
}

export function remoteDebug(channelName: string): DebugPort {
  return {
    crashExecutor: (executor) => tellMain(channelName, { kind: 'crash', executor }),
    pauseExecutor: (executor, durationMs) => tellMain(channelName, { kind: 'pause', executor, durationMs }),
  }
}
