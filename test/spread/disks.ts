/**
 * Two disks that differ in all their labels. Each cell has copies on both; one disk is taken offline, store by store, and
 * all copies lie on the other; then there are new stores on the former one, and each cell has copies on both again.
 */
import { until } from '../boot/process.ts'
import { type CellShape, isWhole } from './cells.ts'
import { REPLICAS, type Stage } from './stage.ts'

const LABELS = ['zone=a host=1', 'zone=b host=2']
const DISKS = ['a', 'b']

export async function disksTrial(stage: Stage): Promise<void> {
  const { stores, storesLater } = stage.options
  const flags = LABELS.flatMap((labels) => ['--labels', labels])
  await stage.start(stores, flags, DISKS)
  await stage.load()
  await untilPlaced(stage, 'copies of each cell on both disks', (zones) => zones.size === 2)
  await stage.look('with both disks')

  const leaving = (await stage.storeItems()).filter(({ labels }) => labels.zone === 'b')
  for (const { id } of leaving) await stage.order(`/api/v1/stores/${id}/offline`, {})
  await untilPlaced(stage, 'all copies on the disk that stays', (zones) => zones.size === 1 && zones.has('a'))
  const states = await until(
    async () => (await stage.storeItems()).filter(({ labels }) => labels.zone === 'b').map(({ state }) => state),
    (all) => all.every((state) => state === 'tombstone'),
    stage.options.evenWithinMs,
  )
  stage.tell('stores of the disk that left', states.join(' '))
  await stage.look('with one disk')

  await stage.stop()
  await stage.start(storesLater, flags, DISKS)
  await untilPlaced(stage, 'copies on both disks again', (zones) => zones.size === 2)
  await stage.look('with new stores')
}

/** Every cell is whole, and its copies lie in zones as wished. */
async function untilPlaced(
  stage: Stage,
  what: string,
  isRight: (zones: ReadonlySet<string>) => boolean,
): Promise<void> {
  const { evenWithinMs, progress } = stage.options
  const beganMs = performance.now()
  const look = async () => {
    const zones = new Map((await stage.storeItems()).map(({ id, labels }) => [id, labels.zone ?? '']))
    const cells = await stage.cells()
    const zonesOf = ({ peers }: CellShape) => new Set(peers.map(({ store }) => zones.get(store) ?? ''))
    const wrong = cells.filter((cell) => !isWhole(cell, REPLICAS) || !isRight(zonesOf(cell))).length
    progress(`${what}: not yet for ${wrong} of ${cells.length} cells`)
    return { wrong, cells: cells.length }
  }
  const { wrong, cells } = await until(look, ({ wrong }) => wrong === 0, evenWithinMs).catch(look)
  const seconds = ((performance.now() - beganMs) / 1000).toFixed(1)
  stage.check(what, `${cells} of ${cells} cells`, wrong === 0, `${cells - wrong} after ${seconds} s`)
}
