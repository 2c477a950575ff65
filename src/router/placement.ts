/**
 * Where a command goes, and whether it may go there now (rules 9 and 10).
 *
 * The order of a session's commands to one cell is kept by the lane. Between cells order matters only for commands that
 * share a key, and two such commands are in different lanes only when ranges have changed between them. So:
 *
 * 1. A lane keeps the range by which its commands were routed. While it is not empty, no command enters it by another
 *    range, and none whose key lies in that range enters another lane.
 * 2. A command over the whole key space waits until nothing of the session is under way, and what comes behind it waits
 *    for its reply; unless there is one cell, whose lane keeps the order.
 * 3. In `strict` order a command waits while any other lane has one.
 *
 * A command that may not go yet is *held*, and everything behind it is: that is rare, and short.
 */
import type { Cell } from '../model/index.ts'
import { type Arguments, type CommandRow, keysEnd } from '../redis/index.ts'
import type { Fates } from './fates.ts'
import { Join } from './join.ts'
import type { LaneKeeper } from './lane-keeper.ts'
import type { KeyRange, Pending } from './pending.ts'
import { compareKey, type RangeMap, type RouteEntry } from './range-map.ts'
import { crossCell, errorReply } from './replies.ts'
import type { Lane, RouterSession } from './session.ts'
import { encodePart, faultOfCut, keyPlace, liesInOneCell, type Part, partsByCell } from './spread.ts'

const ALL_KEYS: KeyRange = { start: new Uint8Array(0), end: null }

export class Placement {
  isStrict: boolean
  valueBytesMax: number
  readonly #map: RangeMap
  readonly #keeper: LaneKeeper
  readonly #fates: Fates
  readonly #owner: { wantRoutes(): void }
  readonly #isSystem: boolean

  constructor(map: RangeMap, keeper: LaneKeeper, fates: Fates, owner: { wantRoutes(): void }, isSystem: boolean) {
    this.isStrict = false
    this.valueBytesMax = Number.POSITIVE_INFINITY
    this.#map = map
    this.#keeper = keeper
    this.#fates = fates
    this.#owner = owner
    this.#isSystem = isSystem
  }

  /**
   * Puts the command into its lane, or its parts into theirs, or answers it; false: it must be held, with all behind
   * it. `args` are the command's.
   */
  place(session: RouterSession, pending: Pending, args: Arguments): boolean {
    const row = pending.row as CommandRow
    if (this.#isSystem) return this.#enter(session, pending, args, this.#map.system)
    if (row.firstKey === 0) return this.#placeWhole(session, pending, args)
    const route = this.#map.find(args.buffer, args.start(row.firstKey), args.end(row.firstKey))
    if (
      route !== null &&
      row.lastKey !== row.firstKey &&
      route !== this.#map.only &&
      !liesInOneCell(row, args, route)
    ) {
      return this.#placeCut(session, pending, args)
    }
    return this.#enter(session, pending, args, route)
  }

  #enter(session: RouterSession, pending: Pending, args: Arguments, route: RouteEntry | null): boolean {
    if (route === null) {
      this.#owner.wantRoutes()
      return false
    }
    if (session.active === 0) session.rangeVersion = this.#map.rangeVersion
    const lane = session.laneTo(route)
    if (!isOpen(lane, route)) return false
    if (session.rangeVersion !== this.#map.rangeVersion && !this.#isClear(session, pending, args)) return false
    if (session.barrier !== null) return false
    if (this.isStrict && pending.join === null && session.active !== lane.count) return false
    this.#append(session, lane, route, pending)
    return true
  }

  /** A command over all keys, or the part of one that is for a range. */
  #placeWhole(session: RouterSession, pending: Pending, args: Arguments): boolean {
    const only = this.#map.only
    if (only !== null && pending.range === null) return this.#enter(session, pending, args, only)
    const range = pending.range ?? ALL_KEYS
    const routes = this.#map.covering(range.start, range.end)
    if (routes !== null && pending.join !== null && !isTiled(range, routes)) {
      return this.#placeAnew(session, pending, pending.join, args)
    }
    if (routes === null || !isTiled(range, routes)) {
      this.#owner.wantRoutes()
      return false
    }
    if (session.barrier !== pending.join) return false
    if (pending.join === null && session.active > 0) return false
    if (!routes.every((route) => isOpen(session.laneTo(route), route))) return false
    const join = this.#joinFor(session, pending, routes.length)
    session.barrier = join
    for (const route of routes) {
      const part = this.#fates.beginPart(session, pending, join, null)
      part.range = route.cell
      this.#append(session, session.laneTo(route), route, part)
    }
    this.#fates.discard(pending)
    return true
  }

  /**
   * Two cells have become one while parts of a command over all keys were on their way: what is left of one part cannot be
   * told apart any more. The command begins anew, when the other parts have told, or it is over: what writes is never
   * executed twice anywhere.
   */
  #placeAnew(session: RouterSession, part: Pending, join: Join, args: Arguments): boolean {
    join.remaining--
    if (join.anew !== null) this.#fates.discard(join.anew)
    join.anew = part
    part.join = null
    part.range = null
    if (join.remaining > 0) return true
    join.anew = null
    session.barrier = null
    if (!join.mayBeginAnew) {
      this.#fates.giveUp(session, null, part, join.replyWithoutRest())
      return true
    }
    return this.#placeWhole(session, part, args)
  }

  /** A command whose keys lie in several cells. */
  #placeCut(session: RouterSession, pending: Pending, args: Arguments): boolean {
    const row = pending.row as CommandRow
    const fault = faultOfCut(row, args, this.valueBytesMax)
    if (fault !== null) {
      this.#fates.giveUp(session, null, pending, errorReply(fault))
      return true
    }
    const parts = partsByCell(row, args, this.#map)
    if (parts === null) {
      this.#owner.wantRoutes()
      return false
    }
    if (row.spread === 'none') {
      const [first, second] = parts as [Part, Part]
      this.#fates.giveUp(session, null, pending, crossCell(args.bytes(first.keys[0]!), args.bytes(second.keys[0]!)))
      return true
    }
    if (session.barrier !== null) return false
    if (this.isStrict && pending.join === null && session.active > 0) return false
    if (session.active === 0) session.rangeVersion = this.#map.rangeVersion
    if (session.rangeVersion !== this.#map.rangeVersion && !this.#isClear(session, pending, args)) return false
    if (!parts.every(({ route }) => isOpen(session.laneTo(route), route))) return false
    const join = this.#joinFor(session, pending, parts.length)
    for (const { route, keys } of parts) {
      const part = this.#fates.beginPart(session, pending, join, encodePart(row, args, keys))
      part.places = keys.map((index) => {
        const place = keyPlace(row, index)
        return pending.places === null ? place : pending.places[place]!
      })
      this.#append(session, session.laneTo(route), route, part)
    }
    this.#fates.discard(pending)
    return true
  }

  #joinFor(session: RouterSession, pending: Pending, parts: number): Join {
    if (pending.join === null) return new Join(session, pending.slot, pending.row as CommandRow, parts)
    // Cut anew: several parts in place of one.
    pending.join.remaining += parts - 1
    return pending.join
  }

  #append(session: RouterSession, lane: Lane, route: RouteEntry, pending: Pending): void {
    if (lane.count === 0) lane.renew(route)
    session.active++
    this.#keeper.append(lane, route, pending)
  }

  /**
   * Ranges have changed since commands of this session were routed: false when one of them may share a key with this
   * command and lie in another lane.
   */
  #isClear(session: RouterSession, pending: Pending, args: Arguments): boolean {
    let allAreCurrent = true
    for (const lane of session.lanes()) {
      if (lane.count === 0 || this.#map.byId(lane.cell)?.rangeVersion === lane.rangeVersion) continue
      if (touches(lane.range, pending.row as CommandRow, args)) return false
      allAreCurrent = false
    }
    if (allAreCurrent) session.rangeVersion = this.#map.rangeVersion
    return true
  }
}

/** An empty lane takes any range; one in use takes what is routed by its own. */
function isOpen(lane: Lane, route: RouteEntry): boolean {
  return lane.count === 0 || lane.rangeVersion === route.rangeVersion
}

/** Whether the cells hold exactly the range, none reaching over its bounds: else a key would be counted twice. */
function isTiled(range: KeyRange, routes: readonly RouteEntry[]): boolean {
  const first: Cell = routes[0]!.cell
  const last: Cell = routes[routes.length - 1]!.cell
  if (!sameBound(first.start, range.start)) return false
  return last.end === null || range.end === null ? last.end === range.end : sameBound(last.end, range.end)
}

function sameBound(a: Uint8Array, b: Uint8Array): boolean {
  return compareKey(a, 0, a.length, b) === 0
}

function touches(range: KeyRange, row: CommandRow, args: Arguments): boolean {
  if (row.firstKey === 0) return true
  const end = keysEnd(row, args)
  for (let i = row.firstKey; i < end; i += row.keyStep) {
    const isBelow = compareKey(args.buffer, args.start(i), args.end(i), range.start) < 0
    if (isBelow) continue
    if (range.end === null || compareKey(args.buffer, args.start(i), args.end(i), range.end) < 0) return true
  }
  return false
}
