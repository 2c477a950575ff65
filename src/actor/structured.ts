/**
 * The default codec: any plain data, references to actors included.
 *
 * It knows undefined, null, booleans, numbers, bigints, strings, Uint8Array (a Buffer arrives as Uint8Array), Date, Map,
 * Set, arrays, plain objects and Ref. It refuses functions, symbols and instances of other classes, and says where in the
 * message they are; also cycles, as nesting that is too deep. Bytes are copied, so a decoded message may be kept.
 */
import type { Executor } from './executor.ts'
import { type FrameReader, type FrameWriter, Memory } from './frame.ts'
import { isRef } from './refs.ts'

const UNDEFINED = 0
const NULL = 1
const FALSE = 2
const TRUE = 3
const INT32 = 4
const FLOAT64 = 5
const BIGINT = 6
const STRING = 7
const BYTES = 8
const ARRAY = 9
const OBJECT = 10
const MAP = 11
const SET = 12
const DATE = 13
const REF = 14

const DEPTH_MAX = 200

/** Where the value being written lies; only read when it is refused. */
const path: (string | number)[] = []

export function encodeStructured(out: FrameWriter, value: unknown): void {
  path.length = 0
  write(out, value, 0)
}

/** A value by itself, not on the way to an actor. */
export function encodeAlone(here: Executor, value: unknown): Uint8Array {
  here.out.beginOnHeap()
  encodeStructured(here.out, value)
  return here.out.take().bytes
}

/** The value again, its references those of `here`. */
export function decodeAlone(here: Executor, bytes: Uint8Array): unknown {
  here.reader.begin(new Memory(bytes.buffer, bytes.byteOffset, bytes.byteLength), 0, bytes.byteLength)
  return decodeStructured(here.reader)
}

function refuse(what: string): never {
  let where = 'message'
  for (const step of path) where += typeof step === 'number' ? `[${step}]` : `.${step}`
  path.length = 0
  throw new TypeError(`${where}: ${what} cannot be sent to another thread`)
}

function write(out: FrameWriter, value: unknown, depth: number): void {
  switch (typeof value) {
    case 'undefined':
      out.u8(UNDEFINED)
      return
    case 'boolean':
      out.u8(value ? TRUE : FALSE)
      return
    case 'number':
      if ((value | 0) === value && !Object.is(value, -0)) {
        out.u8(INT32)
        out.i32(value)
      } else {
        out.u8(FLOAT64)
        out.f64(value)
      }
      return
    case 'bigint':
      out.u8(BIGINT)
      out.text(value.toString(16))
      return
    case 'string':
      out.u8(STRING)
      out.text(value)
      return
    case 'object':
      if (value === null) out.u8(NULL)
      else writeObject(out, value, depth + 1)
      return
    default:
      refuse(`a ${typeof value}`)
  }
}

function writeObject(out: FrameWriter, value: object, depth: number): void {
  if (depth > DEPTH_MAX) refuse(`nesting deeper than ${DEPTH_MAX} (a cycle?)`)
  if (Array.isArray(value)) {
    out.u8(ARRAY)
    out.u32(value.length)
    for (let i = 0; i < value.length; i++) writeAt(out, i, value[i], depth)
    return
  }
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype === Object.prototype || prototype === null) {
    writePlain(out, value as Record<string, unknown>, depth)
  } else if (isRef(value)) {
    out.u8(REF)
    out.ref(value)
  } else if (value instanceof Uint8Array) {
    out.u8(BYTES)
    out.u32(value.length)
    out.bytes(value)
  } else if (prototype === Map.prototype) {
    const map = value as Map<unknown, unknown>
    out.u8(MAP)
    out.u32(map.size)
    let index = 0
    for (const [key, element] of map) {
      writeAt(out, index, key, depth)
      writeAt(out, index++, element, depth)
    }
  } else if (prototype === Set.prototype) {
    const set = value as Set<unknown>
    out.u8(SET)
    out.u32(set.size)
    let index = 0
    for (const element of set) writeAt(out, index++, element, depth)
  } else if (prototype === Date.prototype) {
    out.u8(DATE)
    out.f64((value as Date).getTime())
  } else {
    refuse(`an instance of ${(value.constructor as { name?: string } | undefined)?.name ?? 'a class'}`)
  }
}

function writePlain(out: FrameWriter, value: Record<string, unknown>, depth: number): void {
  out.u8(OBJECT)
  const countAt = out.position
  out.u32(0)
  let count = 0
  for (const key in value) {
    out.text(key)
    writeAt(out, key, value[key], depth)
    count++
  }
  out.patchU32(countAt, count)
}

function writeAt(out: FrameWriter, step: string | number, value: unknown, depth: number): void {
  path.push(step)
  write(out, value, depth)
  path.pop()
}

export function decodeStructured(frame: FrameReader): unknown {
  const tag = frame.u8()
  switch (tag) {
    case UNDEFINED:
      return undefined
    case NULL:
      return null
    case FALSE:
      return false
    case TRUE:
      return true
    case INT32:
      return frame.i32()
    case FLOAT64:
      return frame.f64()
    case BIGINT: {
      const digits = frame.text()
      return digits.startsWith('-') ? -BigInt(`0x${digits.slice(1)}`) : BigInt(`0x${digits}`)
    }
    case STRING:
      return frame.text()
    case BYTES:
      return frame.copy(frame.u32())
    case ARRAY: {
      const length = frame.u32()
      const array: unknown[] = []
      for (let i = 0; i < length; i++) array.push(decodeStructured(frame))
      return array
    }
    case OBJECT: {
      const count = frame.u32()
      const object: Record<string, unknown> = {}
      for (let i = 0; i < count; i++) {
        const key = frame.text()
        // Assigning it would set the prototype instead.
        if (key === '__proto__') Object.defineProperty(object, key, property(decodeStructured(frame)))
        else object[key] = decodeStructured(frame)
      }
      return object
    }
    case MAP: {
      const size = frame.u32()
      const map = new Map<unknown, unknown>()
      for (let i = 0; i < size; i++) {
        const key = decodeStructured(frame)
        map.set(key, decodeStructured(frame))
      }
      return map
    }
    case SET: {
      const size = frame.u32()
      const set = new Set<unknown>()
      for (let i = 0; i < size; i++) set.add(decodeStructured(frame))
      return set
    }
    case DATE:
      return new Date(frame.f64())
    case REF:
      return frame.ref()
    default:
      throw new TypeError(`a structured message has no such tag: ${tag}`)
  }
}

function property(value: unknown): PropertyDescriptor {
  return { value, writable: true, enumerable: true, configurable: true }
}
