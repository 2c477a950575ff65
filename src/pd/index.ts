/**
 * The placement driver: sees every cell and store through their heartbeats, and orders what brings the world nearer to
 * the wish: enough copies, on stores that do not fail together, cells and leaders in equal numbers everywhere.
 *
 * **For** the main thread, which spawns the actor `pd` on one executor, and again on another when that thread dies.
 *
 * **Promises.** At most one operator per cell. Every operator has a reason, and can be seen. An id is never given twice,
 * by any PD that ever ran. Nothing is remembered that the world does not show: a lost order, or a lost PD, costs time
 * and nothing else. What it costs does not grow with the number of cells that are idle.
 *
 * **Refuses** to balance before the reports tile the keyspace, to order anything under a generation that it has not
 * raised, and to believe that an order was carried out.
 *
 * **The caller** sees to it that there is one at a time. Two are safe: the older one is found out by its generation.
 *
 * The policies are pure, `(survey) → wishes`, and tested with tables; only `pd.ts` and `system-range.ts` speak to others.
 */
export { type PdArgs, pd } from './pd.ts'
export { type PdSettings, pdDefaults } from './settings.ts'
