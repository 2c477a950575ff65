/**
 * Let it crash: an actor that throws begins anew, with its address and its mailbox; one that throws too often is given up;
 * and who watches it is told.
 */
import { type AnyRef, actor, createSystem, type Ref } from 'cellarium/actor'

/** Parses what it is told, and has no plan for what cannot be parsed. */
export const parser = actor<{ text: string; replyTo: Ref<string> }, { clerk: Ref<ClerkMessage> }>({
  module: import.meta.url,
  name: 'parser',
  start(ctx, { clerk }) {
    clerk.tell({ kind: 'note', line: 'a parser begins' })
    return {
      receive({ text, replyTo }) {
        replyTo.tell(`it is ${typeof JSON.parse(text)}`)
      },
      stop(why) {
        clerk.tell({ kind: 'note', line: `a parser ends: ${why}` })
        ctx.log('info', 'a parser ends', { why })
      },
    }
  },
})

type ClerkMessage =
  | { kind: 'parse'; text: string; replyTo: Ref<string> }
  | { kind: 'note'; line: string }
  | { kind: 'notes'; replyTo: Ref<string[]> }

/** Has a parser as its child: the child's thrown errors are no business of the clerk, its end is. */
export const clerk = actor<ClerkMessage>({
  module: import.meta.url,
  name: 'clerk',
  start(ctx) {
    const notes: string[] = []
    const supervise = { onThrow: 'restart', restartsMax: 2, windowMs: 60_000, onLimit: 'stop' } as const
    let child: Ref<{ text: string; replyTo: Ref<string> }> = ctx.spawn(parser, { clerk: ctx.self }, { supervise })
    ctx.watch(child)
    return {
      receive(message) {
        if (message.kind === 'parse') child.tell({ text: message.text, replyTo: message.replyTo })
        else if (message.kind === 'note') notes.push(message.line)
        else message.replyTo.tell(notes)
      },
      terminated(_ref: AnyRef, why) {
        notes.push(`the clerk hears of it: ${why}`)
        child = ctx.spawn(parser, { clerk: ctx.self }, { supervise })
        ctx.watch(child)
      },
    }
  },
})

export async function example(print: (line: string) => void): Promise<void> {
  const system = await createSystem({ executors: 1, log: () => {} })
  const ref = await system.spawn(clerk, undefined, { executor: 0 })
  const parse = (text: string) =>
    ref.ask<string>((replyTo) => ({ kind: 'parse', text, replyTo }), { timeoutMs: 200 }).catch((error) => error.code)
  print(await parse('5'))
  // Three that throw: the parser is started again twice, and given up at the third.
  for (let i = 0; i < 3; i++) print(await parse('five'))
  print(await parse('{}'))
  const notes = await ref.ask<string[]>((replyTo) => ({ kind: 'notes', replyTo }), { timeoutMs: 5000 })
  for (const note of notes) print(note)
  await system.stop()
}
