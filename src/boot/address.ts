import { isIP } from 'node:net'
import { SetUpError } from '../base/index.ts'
import { isLoopback } from '../gateway/index.ts'

/** Nothing listens beyond this machine without a password. */
export function refuseOpenDoor(bind: string, password: string): void {
  if (isLoopback(bind) || password !== '') return
  throw new SetUpError(
    `--bind ${bind} can be reached from other machines: give a password with --requirepass (CELLARIUM_REQUIREPASS keeps it out of the process list)`,
  )
}

/** 0 picks a free one, each time another. */
export function refuseOnePortForTwo({ port, httpPort }: { port: number; httpPort: number }): void {
  if (port === 0 || port !== httpPort) return
  throw new SetUpError(`--port and --http-port are both ${port}: give another --port or --http-port`)
}

/** `host:port` as one would type it. */
export function addressText(host: string, port: number): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`
}

/** What a failed `listen` means to whoever started the program. */
export function listenError(error: unknown, flag: string, host: string, port: number): Error {
  const { code } = error as NodeJS.ErrnoException
  const where = addressText(host, port)
  switch (code) {
    case 'EADDRINUSE':
      return new SetUpError(`${where} is taken by another program: stop it, or give another --${flag}`)
    case 'EACCES':
      return new SetUpError(`${where} may not be listened on by this user: give a --${flag} above 1023`)
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
      return new SetUpError(`this machine has no address ${host}: give another --bind`)
    default:
      return error instanceof Error ? error : new Error(String(error))
  }
}
