/**
 * The server's side of the Redis protocol: connections, what a client says about itself, and replies in order.
 *
 * **For** whoever serves clients on a thread: the actor `gateway`, and a listener for it.
 *
 * **Promises.** Replies leave in the order of the requests, whatever takes longer. Each command is answered once or its
 * connection is closed. Replies of a pass leave in one write per connection. A client that does not read, sends too much,
 * or is one too many costs a bounded amount of memory. The same code runs under the simulator: sockets, time, chance and
 * the process are edges.
 *
 * **Refuses** what is not the protocol, commands before the password, clients beyond `--max-clients`; closes a client
 * whose unread replies exceed `--client-output-max`.
 *
 * **The caller** puts `listenerEdge`, `processEdge` and `settingsEdge` among the edges of the executor, and `debugEdge` with
 * `--enable-debug-command yes`; spawns `gateway` under its name; sends it `facts` about once a second; before the system
 * stops, asks it to `drain`.
 */
export { gateway } from './actor.ts'
export {
  type Accept,
  type Connection,
  type ConnectionHandler,
  type DebugPort,
  debugEdge,
  type Listener,
  listenerEdge,
  type ProcessPort,
  processEdge,
  type SettingsPort,
  settingsEdge,
} from './edges.ts'
export type { GatewayArgs } from './host.ts'
export { openListener, type TcpListener } from './listener.ts'
export { isLoopback } from './loopback.ts'
export { requestLimits } from './settings.ts'
