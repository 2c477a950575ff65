/** What `strace -f -y` wrote, as far as it tells whether an answer left before its entry was safe. */

/** A log's file was written to, a log's file was synced (as of the return of the call), or a client was answered. */
export type Event =
  | { readonly kind: 'write'; readonly file: string; readonly data: string }
  | { readonly kind: 'sync'; readonly file: string; readonly began: number }
  | { readonly kind: 'answer'; readonly data: string }

const CALL = /^(\d+)\s+(?:<\.\.\. (\w+) resumed>(.*)|(\w+)\((.*))$/

/** In order. `began` of a sync is the number of events that had happened when the call was entered. */
export function readTrace(text: string): Event[] {
  const events: Event[] = []
  /** By thread: a call that another thread's line has interrupted. */
  const unfinished = new Map<string, { call: string; args: string; began: number }>()
  for (const line of text.split('\n')) {
    const match = CALL.exec(line)
    if (match === null) continue
    const [, thread, resumed, rest, call, args] = match as unknown as [string, string, string, string, string, string]
    if (resumed !== undefined) {
      const began = unfinished.get(thread)
      unfinished.delete(thread)
      if (began?.call === resumed) finish(events, resumed, began.args + rest, began.began)
    } else if (args.endsWith('<unfinished ...>')) {
      unfinished.set(thread, { call, args: args.slice(0, -'<unfinished ...>'.length), began: events.length })
      // An answer counts from when its call begins: the bytes may be on their way from then on.
      if (call !== 'fdatasync' && call !== 'pwrite64') {
        finish(events, call, `${args} = 1`, events.length)
        unfinished.delete(thread)
      }
    } else {
      finish(events, call, args, events.length)
    }
  }
  return events
}

function finish(events: Event[], call: string, args: string, began: number): void {
  const target = /^\d+<([^>]*)>/.exec(args)?.[1] ?? ''
  const succeeded = !/= -1 /.test(args)
  if (call === 'fdatasync') {
    if (succeeded && target.endsWith('.segment')) events.push({ kind: 'sync', file: target, began })
  } else if (target.endsWith('.segment')) {
    if (succeeded) events.push({ kind: 'write', file: target, data: args })
  } else if (/^(socket|TCP|UNIX)/.test(target)) {
    events.push({ kind: 'answer', data: args })
  }
}

/**
 * For each marker, in order of the answers: whether the answer left only after a sync, on at least `logsMin` logs, that
 * was entered after the marker had been written there. Returns what is wrong.
 */
export function unsafeAnswers(events: readonly Event[], markers: readonly string[], logsMin: number): string[] {
  const wrong: string[] = []
  let next = 0
  for (const [at, event] of events.entries()) {
    if (event.kind !== 'answer') continue
    for (let oks = event.data.split('+OK').length - 1; oks > 0 && next < markers.length; oks--) {
      const marker = markers[next++] as string
      const logs = safeLogs(events.slice(0, at), marker)
      if (logs < logsMin) wrong.push(`${marker} was answered when it was synced on ${logs} logs`)
    }
  }
  if (next < markers.length) wrong.push(`only ${next} of ${markers.length} answers are in the trace`)
  return wrong
}

function safeLogs(events: readonly Event[], marker: string): number {
  const written = new Map<string, number>()
  const safe = new Set<string>()
  for (const [at, event] of events.entries()) {
    if (event.kind === 'write' && event.data.includes(marker)) written.set(event.file, at)
    if (event.kind === 'sync') {
      const since = written.get(event.file)
      if (since !== undefined && event.began > since) safe.add(event.file.replace(/\/[^/]*$/, ''))
    }
  }
  return safe.size
}
