/**
 * The turn: one pass over everything that has come to the stores of an executor (rule 28).
 *
 * ```
 * mailboxes drained ─ clock ─ disk's words ─ raft steps ─ commits ─ evaluate, propose ─ early messages ─┐
 *        ┌──────────────────────────────────────────────────────────────────────────────────────────────┘
 *        └─ one write, one sync, unless one is in flight ─ answers ─ (later) acknowledgements, late messages
 * ```
 */
import { hear } from './hear.ts'
import type { Peer } from './peer.ts'
import { acknowledge, settle } from './settle.ts'
import type { Stores } from './stores.ts'
import { tick } from './tick.ts'
import { continueTransfer } from './transfer.ts'

export function turn(stores: Stores): void {
  if (stores.failed !== null) return
  stores.turnNumber++
  stores.readClock()

  runCompletions(stores)
  if (stores.failed !== null) return
  if (stores.ticks > 0) {
    // One that was late counts once: elections would begin for want of messages that are read only behind the ticks.
    if (stores.ticks > 1) stores.meters.late((stores.ticks - 1) * stores.options.tick)
    stores.ticks = 0
    stores.liveness.tick()
    tick(stores)
  }
  stepMessages(stores)
  stores.wakings.advance()
  // What is committed takes effect before any command is evaluated: ranges and members as of now (rule 17).
  const looked = settleTouched(stores)
  stores.sleep.hear()

  evaluate(stores, looked)
  settleTouched(stores)

  stores.loads.send()
  stores.absorptions.advance()
  stores.removals.advance()
  stores.snapshots.advance()
  stores.snapshotsIn.advance()
  if (stores.writeBack.advance()) stores.again()
  stores.sleep.ask()
  stores.transport.flush()
  sync(stores)
  stores.sendAnswers()
  if (stores.meters.hasServed) stores.meters.charge(stores.sinceTurnBegan())
  stores.heartbeats.advance()
  endTurn(stores)
  if (stores.transport.hasLocal || stores.touchedPeers.length > 0) stores.again()
  stores.pace.keep()
}

function runCompletions(stores: Stores): void {
  const steps = stores.completions
  if (steps.length === 0) return
  stores.completions = []
  for (const step of steps) {
    // Stores that have failed have no log any more, nor anything to say.
    if (stores.failed === null) step()
  }
}

function stepMessages(stores: Stores): void {
  const { envelopes } = stores
  stores.envelopes = []
  for (const envelope of envelopes) hear(stores, envelope)
  for (const envelope of stores.transport.takeLocal()) hear(stores, envelope)
  for (const note of stores.transport.takeLocalNotes()) stores.sleep.receive(note, stores.executor, 0)
}

function settleTouched(stores: Stores): readonly Peer[] {
  const peers = stores.touchedPeers
  stores.touchedPeers = []
  for (const peer of peers) {
    peer.touched = false
    if (!peer.destroyed) settle(stores, peer)
  }
  return peers
}

/** Commands: first those that were parked at peers to which something has happened, then the new ones. */
function evaluate(stores: Stores, looked: readonly Peer[]): void {
  for (const peer of looked) {
    if (peer.transferTo !== 0) continueTransfer(stores, peer)
    if (!peer.parked.isEmpty) stores.evaluator.unpark(peer)
  }
  for (const { origin, records } of stores.commandBatches) stores.evaluator.batch(origin, records)
  stores.commandBatches.length = 0
  stores.evaluator.entries.propose()
}

function endTurn(stores: Stores): void {
  if (stores.turnEnd.length === 0) return
  const steps = stores.turnEnd
  stores.turnEnd = []
  for (const step of steps) step()
}

/** All records gathered since the last sync: one write, one sync, one in flight. */
function sync(stores: Stores): void {
  if (!stores.wantsSync || stores.rawLog.flushing) return
  stores.wantsSync = false
  stores.inFlight = stores.gathered
  for (const { peer } of stores.gathered) peer.gathered = 0
  stores.gathered = []
  stores.inFlightCallbacks = stores.gatheredCallbacks
  stores.gatheredCallbacks = []
  stores.meters.syncBegan(stores.nowMs)
  stores.rawLog.flush((error) => {
    stores.complete(() => {
      stores.meters.syncEnded(stores.nowMs)
      if (error !== null) {
        stores.fail(error)
        return
      }
      const synced = stores.inFlight
      const callbacks = stores.inFlightCallbacks
      stores.inFlight = []
      stores.inFlightCallbacks = []
      for (const { peer, ready } of synced) acknowledge(stores, peer, ready)
      for (const callback of callbacks) callback()
    })
  })
}
