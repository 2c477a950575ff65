/**
 * HTTP for people and tools: the cells, stores, executors and operators as JSON, the probes, and orders by hand.
 *
 * **For** the main thread: it spawns `opsDesk` there, hands it a `deskEdge`, and opens the server with `openHttp`.
 *
 * **Promises.** A page is made in a few milliseconds at most, whatever the cluster holds. Whoever asks is answered within
 * two seconds, also when PD is between two threads. Every error has a stable code, a sentence and a hint.
 *
 * **Refuses** to change anything for a request that another site's page could have sent, and everything but the probes
 * without the password where there is one.
 *
 * **The caller** sees to it that a bind beyond this machine has a password, and closes the server before the system.
 */
export { type Desk, type DeskEdge, deskEdge, opsDesk } from './desk.ts'
export { type HttpServer, openHttp } from './http.ts'
export type { RecoveryAnswer } from './recovery.ts'
export { planRecovery } from './recovery-plan.ts'
export type { HttpOptions } from './rows.ts'
export { type CellShape, cellShapes, type StoreShape, storeShape } from './shapes.ts'
