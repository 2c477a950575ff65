/** `store-ID/identity.json` and the database beside it: what makes a directory a store, and which one (rule 16). */
import { join } from 'node:path'
import { SetUpError, utf8 } from '../base/index.ts'
import { type Engine, FORMAT_VERSION, nodeDisk, openRocksEngine } from '../storage/index.ts'
import { readIfThere } from './directory.ts'

export interface Identity {
  readonly cluster: string
  readonly store: number
  readonly incarnation: string
}

const IDENTITY_FILE = 'identity.json'

export function writeIdentity(directory: string, identity: Identity): void {
  nodeDisk.replace(
    join(directory, IDENTITY_FILE),
    utf8(`${JSON.stringify({ format: FORMAT_VERSION, ...identity }, null, 2)}\n`),
  )
}

/** Null when the directory has none: it is a new store then, whatever it holds. */
export function readIdentity(directory: string): Identity | null {
  const file = join(directory, IDENTITY_FILE)
  const text = readIfThere(file)
  if (text === null) return null
  let found: Partial<Identity & { format: number }>
  try {
    found = JSON.parse(text)
  } catch {
    throw new SetUpError(`${file} is not JSON: restore it, or remove the directory to begin that store anew`)
  }
  if ((found.format ?? 0) > FORMAT_VERSION) {
    throw new SetUpError(`${file} was written by a newer cellarium (format ${found.format}): upgrade`)
  }
  return { cluster: found.cluster ?? '', store: found.store ?? 0, incarnation: found.incarnation ?? '' }
}

export function databaseDirectory(storeDirectory: string): string {
  return join(storeDirectory, 'db')
}

export function openDatabase(storeDirectory: string): Promise<Engine> {
  return new Promise((resolve, reject) => {
    openRocksEngine(databaseDirectory(storeDirectory), {}, (error, engine) => {
      if (engine === null) reject(error)
      else resolve(engine)
    })
  })
}

export function closeDatabase(engine: Engine): Promise<void> {
  return new Promise((resolve, reject) => engine.close((error) => (error === null ? resolve() : reject(error))))
}

/** So that a database that is missing later is known to have been there. */
export async function createDatabase(storeDirectory: string): Promise<void> {
  await closeDatabase(await openDatabase(storeDirectory))
}
