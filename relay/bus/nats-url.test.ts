/** The bus's URL as people write it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readNatsUrl } from './nats-url.ts'

test('ports, hosts, users and tokens are read', () => {
  assert.deepEqual(readNatsUrl('nats://bus.example'), {
    servers: ['bus.example:4222'],
    tls: false,
    user: undefined,
    logIn: {},
  })
  assert.deepEqual(readNatsUrl('tls://u:p%40@[::1]:1'), {
    servers: ['[::1]:1'],
    tls: true,
    user: 'u',
    logIn: { user: 'u', pass: 'p@' },
  })
  assert.deepEqual(readNatsUrl('nats://token@bus').logIn, { token: 'token' })
})

test('several servers of one cluster stand with commas between', () => {
  const { servers, logIn } = readNatsUrl('nats://u:p@one:1, nats://two:2')
  assert.deepEqual([servers, logIn], [['one:1', 'two:2'], { user: 'u', pass: 'p' }])
})
