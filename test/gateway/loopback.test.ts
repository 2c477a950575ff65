import { expect, test } from 'vitest'
import { isLoopback } from '../../src/gateway/index.ts'

test.each(['127.0.0.1', '127.8.9.10', '::1', '0:0:0:0:0:0:0:1', '::ffff:127.0.0.1', 'localhost', 'LocalHost'])(
  '%s is reached from this machine alone',
  (host) => expect(isLoopback(host)).toBe(true),
)

test.each([
  '0.0.0.0',
  '::',
  '10.0.0.1',
  '128.0.0.1',
  '::2',
  '::ffff:10.0.0.1',
  'example.org',
  '127.0.0.1.example.org',
  '',
])('%s may be reached from elsewhere', (host) => expect(isLoopback(host)).toBe(false))
