/**
 * A child that goes on with one copy (`--split-peers one`). Phases: born on all stores of its parent → led by one of its
 * peers → what that one was born with made durable → the others removed, in one change.
 *
 * Why not born on one store: a birth is an entry of the parent's log. A peer of the parent that was away gets a snapshot
 * in place of it, or hears that it was removed, and then nothing is born there. If that was to be the one copy, its half
 * of the keys would be nowhere, though no disk has failed. Born everywhere, it is there as soon as most are, as any cell;
 * and as Raft counts it, the one that stays has the change, and all before it, on its disk.
 *
 * Only what is in memory tells of it: if there is a crash before it is done, the child keeps the copies that it has.
 */
import { removeNode } from '../raft/index.ts'
import { proposeChange } from './membership.ts'
import type { Peer } from './peer.ts'
import type { Stores } from './stores.ts'

export class Single {
  /** As the child was born. Where members have come or gone since, it has its own way already. */
  readonly confVer: number
  /** Until the engine has what it was born with for good, that is in the parent's log only, which may give it up. */
  birth: 'written' | 'flushing' | 'durable' = 'written'

  constructor(confVer: number) {
    this.confVer = confVer
  }
}

/** Called at each tick; whoever leads does it. */
export function keepOne(stores: Stores, peer: Peer, single: Single): void {
  if (peer.cell.epoch.confVer !== single.confVer) {
    peer.single = null
    return
  }
  if (peer.working === null || peer.bornOf !== null) return
  if (single.birth === 'written') {
    single.birth = 'flushing'
    stores.flushes.flush(peer.store, () => {
      single.birth = 'durable'
    })
  }
  if (single.birth !== 'durable' || peer.transferTo !== 0 || peer.merging !== null || peer.isAdministered) return
  const others = peer.cell.peers.filter(({ id }) => id !== peer.id)
  const changes = others.map(({ id }) => removeNode(id))
  if (changes.length === 0 || proposeChange(peer, changes, [])) peer.single = null
}
