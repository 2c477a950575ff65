import { type ActorContext, actor, type Ref, type Timer } from '../actor/index.ts'
import { unreachable } from '../base/index.ts'
import {
  actorNames,
  type CommandBatch,
  type GatewayMessage,
  gatewayProtocol,
  type PdMessage,
  type SettingChanged,
  type StoresMessage,
} from '../model/index.ts'
import { debugEdge, listenerEdge, processEdge, settingsEdge } from './edges.ts'
import { Gateway } from './gateway.ts'
import type { GatewayArgs, GatewayEdges } from './host.ts'

function edgesOf(ctx: ActorContext<GatewayMessage>, args: GatewayArgs): GatewayEdges {
  const pd = ctx.named<PdMessage>(actorNames.pd)
  const stores: Ref<StoresMessage>[] = []
  for (let i = 0; i < args.topology.executors; i++) stores.push(ctx.named<StoresMessage>(actorNames.stores(i)))
  const others = new Map((args.others ?? []).map((name) => [name, ctx.named<GatewayMessage>(name)]))
  let timer: Timer | null = null
  return {
    clock: ctx.clock,
    random: ctx.random,
    executor: ctx.executor,
    listener: ctx.edge(listenerEdge),
    process: ctx.edge(processEdge),
    settings: ctx.edge(settingsEdge),
    debug: args.options.enableDebugCommand === 'yes' ? ctx.edge(debugEdge) : null,
    requestTurn: () => ctx.requestTurn(),
    wakeAfter(delayMs) {
      timer?.cancel()
      timer = ctx.after(delayMs, { kind: 'tick' })
    },
    sendCommands: (executor, batch) => ctx.tell(stores[executor] as Ref<StoresMessage>, batch),
    askForRoutes() {
      ctx.tell(pd, { kind: 'routesWanted', origin: args.name })
    },
    tellGateway: (name, message) => ctx.tell(others.get(name) as Ref<GatewayMessage>, message),
  }
}

export const gateway = actor<GatewayMessage, GatewayArgs>({
  module: import.meta.url,
  name: 'gateway',
  protocol: gatewayProtocol,
  start(ctx, args) {
    const host = new Gateway(args, edgesOf(ctx, args))
    ctx.watchExecutors()
    return {
      receive(message) {
        switch (message.kind) {
          case 'answers':
            return host.takeAnswers(message)
          case 'routes':
            return host.takeRoutes(message)
          case 'facts':
            host.facts = message
            return
          case 'settingChanged':
            return host.settingChanged(message)
          case 'drain':
            return host.drain(message)
          case 'tick':
            return host.tick()
          case 'world':
            return
          default:
            return unreachable(message)
        }
      },
      turn: () => host.turn(),
      stop: () => host.stop(),
      executorLost: (executor) => host.executorLost(executor),
      executorUp: (executor) => host.executorUp(executor),
      undelivered(_to, message) {
        const lost = message as CommandBatch | SettingChanged
        if (lost.kind === 'commands') host.undelivered(lost)
        else if (lost.kind === 'settingChanged') host.news.lost(lost.name)
      },
    }
  },
})
