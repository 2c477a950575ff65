/**
 * From a key to the leader of its cell, and back with the reply: what may be sent again, and what must not. Pure.
 *
 * **For** whoever has commands for cells: a gateway for its clients, PD (`system: true`) for its own keys.
 *
 * **Promises.** Each command given in is answered exactly once, with RESP bytes, at the latest ten seconds after its
 * deadline. A command is executed at most once: what a store refused before executing it is sent again until its
 * deadline (`UNAVAILABLE`), what nobody knows the fate of is sent again only if it is a read, and is `UNKNOWN` else.
 * Commands of one session that share a key or lie in one cell take effect in the order given in; in `strict` order, all
 * of them do. So one that came back after a command behind it took effect is answered `UNAVAILABLE` at once.
 *
 * **Refuses** commands over several cells that cannot be cut (`CROSSCELL`).
 *
 * **The caller**, in each pass: `begin(now)`; then answers, routes and news of executors as they came; requests; at the
 * end `flush()`. And `tick()` when `nextTickMs` is reached, `begin` and `flush` around it as in any pass. It bounds what
 * a session may have in flight. From within `RouterClient.reply` nothing here may be called.
 */
export { RangeMap, type RouteEntry } from './range-map.ts'
export { GRACE_MS, Router, type RouterOptions, type RouterSettings, type RouterSink } from './router.ts'
export type { RouterClient, RouterSession } from './session.ts'
