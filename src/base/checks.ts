/**
 * What programs hand in, looked at before anything is done with it. Types say all of this; a program without types, or
 * with a cast, is told by name what is wrong, and not by what breaks further down.
 */

/** An object of options, none of which is one that nobody would read. */
export function checkOptions(of: string, options: unknown, names: Readonly<Record<string, true>>): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`${of} takes an object of options, not ${shown(options)}`)
  }
  for (const name of Object.keys(options)) {
    if (!Object.hasOwn(names, name)) {
      throw new TypeError(`${of} has no option '${name}', but ${Object.keys(names).join(', ')}`)
    }
  }
}

/** A time that can come. */
export function checkMs(what: string, value: unknown): void {
  if (typeof value !== 'number' || !(value >= 0)) {
    throw new TypeError(`${what} is a number of milliseconds from 0 on, not ${shown(value)}`)
  }
}

export function checkFunction(what: string, value: unknown): void {
  if (typeof value !== 'function') throw new TypeError(`${what} is a function, not ${shown(value)}`)
}

export function checkSeed(seed: unknown): void {
  if (typeof seed === 'string' || (typeof seed === 'number' && Number.isFinite(seed))) return
  throw new TypeError(`a seed is a number or text, not ${shown(seed)}`)
}

export function isWhole(value: unknown, min: number, max: number): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
}

/** A value in a message: what it is, in a line. */
export function shown(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `'${value.slice(0, 60)}'`
    case 'function':
      return 'a function'
    case 'object':
      if (value === null) return 'null'
      return Array.isArray(value) ? `a list of ${value.length}` : `{ ${Object.keys(value).slice(0, 5).join(', ')} }`
    default:
      return String(value)
  }
}
