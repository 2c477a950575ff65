import { readFileSync } from 'node:fs'

/** Of the package that this file was shipped in. */
export function ownVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}
