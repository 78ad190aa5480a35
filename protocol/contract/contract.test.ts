/** The schemas of the contract: what they take and in which words they refuse. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Code, Failure } from '@fairlead/base'
import { z } from 'zod'
import * as contract from './index.ts'
import {
  AccountParams,
  check,
  DeviceEvents,
  DeviceInquiry,
  DeviceParams,
  DeviceResponse,
  isObjectName,
  NewDevice,
  NewKey,
  RegisterBody,
  readIdempotencyKey,
  ServiceRequest,
} from './index.ts'

const ok = <T>(schema: z.ZodType<T>, value: unknown): T => check(schema, value, 'body')

function refused(schema: z.ZodType, value: unknown, words: RegExp, code: Code = 'invalid-request') {
  assert.throws(
    () => check(schema, value, 'body'),
    (error) => {
      assert.ok(error instanceof Failure)
      assert.match(error.message, words)
      assert.equal(error.code, code)
      return true
    },
  )
}

const names = (count: number) => Array.from({ length: count }, (_, index) => `o${index}`)

test('a request holds exactly one of get, set and command', () => {
  assert.deepEqual(ok(ServiceRequest, { get: ['toner.black'] }), { get: ['toner.black'], deliverWithinSeconds: 0 })
  ok(ServiceRequest, { set: { location: '2nd floor' }, timeoutSeconds: 300, deliverWithinSeconds: 604_800 })
  ok(ServiceRequest, { command: 'identify', arguments: { blink: true } })
  refused(ServiceRequest, {}, /exactly one of get, set and command/i)
  refused(ServiceRequest, { get: ['a'], set: { a: 1 } }, /exactly one of get, set and command/i)
  refused(ServiceRequest, { get: ['a'], arguments: {} }, /body\.arguments: only a command/)
})

test('an unknown field of a request is refused by its name', () => {
  refused(ServiceRequest, { get: ['a'], timeout: 3 }, /body: unknown field timeout/)
})

test('a request names 1 to 100 objects; more are too large', () => {
  ok(ServiceRequest, { get: names(100) })
  ok(ServiceRequest, { set: Object.fromEntries(names(100).map((name) => [name, 1])) })
  refused(ServiceRequest, { get: [] }, /body\.get: name at least one object/)
  refused(ServiceRequest, { set: {} }, /body\.set: name at least one object/)
  refused(ServiceRequest, { get: names(101) }, /at most 100/, 'too-large')
  refused(ServiceRequest, { set: Object.fromEntries(names(101).map((name) => [name, 1])) }, /at most 100/, 'too-large')
})

test('times of a request have their bounds', () => {
  for (const timeoutSeconds of [0, 301, 1.5, '30', null])
    refused(ServiceRequest, { get: ['a'], timeoutSeconds }, /time/)
  for (const deliverWithinSeconds of [-1, 604_801])
    refused(ServiceRequest, { get: ['a'], deliverWithinSeconds }, /deliverWithinSeconds/)
})

test('an object is named by an OID without a leading dot, or by a friendly name', () => {
  for (const good of ['toner.black.1', 'status', '1.3.6.1.2.1.1.5.0', `1.${4294967295}`, 'n'.repeat(128)])
    assert.ok(isObjectName(good), good)
  const tooLong = Array(129).fill('1').join('.')
  for (const bad of ['', '.1.3.6', '1', '1..3', '1.3.', `1.${4294967296}`, tooLong, 'n'.repeat(129), 'a b', 'a\n'])
    assert.ok(!isObjectName(bad), bad)
  for (const special of ['__proto__', 'constructor', 'prototype']) assert.ok(!isObjectName(special), special)
  refused(ServiceRequest, { get: ['.1.3.6'] }, /body\.get\.0: an object is named by an OID \(dotted, no leading dot\)/)
  refused(ServiceRequest, { set: { '.1.3.6': 1 } }, /body\.set\..*an object is named by an OID/i)
})

test('a device ID is 1 to 64 of a-z 0-9 . _ -', () => {
  for (const id of ['a', 'x'.repeat(64), 'mfp-1._2']) ok(NewDevice, { id })
  for (const id of ['', 'x'.repeat(65), 'MFP', 'a b', 'a/b', 'ä', 'a\n', 'a@b'])
    refused(NewDevice, { id }, /body\.id: a device ID/)
})

test('a secret is 16 to 128 printable ASCII characters, and is not repeated in the refusal', () => {
  ok(NewDevice, { id: 'a', secret: 'x'.repeat(16) })
  ok(NewDevice, { id: 'a', secret: 'x'.repeat(128) })
  for (const secret of ['short-canary', 'canary'.repeat(30), `canary${'ü'.repeat(16)}`])
    assert.throws(
      () => ok(NewDevice, { id: 'a', secret }),
      (error: Error) => !error.message.includes('canary'),
    )
})

test('an ID in a path that no device can have is an unknown device; one at a peer is well formed', () => {
  assert.equal(ok(DeviceParams, { id: 'mfp-1@peer.example' }).id, 'mfp-1@peer.example')
  for (const id of ['MFP', 'a'.repeat(65), 'a@', 'a@b@c', 'a@-b'])
    refused(DeviceParams, { id }, /no device/, 'unknown-device')
})

test('an account in a path that cannot exist has no device', () => {
  assert.equal(ok(AccountParams, { account: 'acme' }).account, 'acme')
  refused(AccountParams, { account: 'ACME' }, /no account/, 'unknown-device')
})

test('the inquiry refuses a filter it does not know, and takes tags one by one or several', () => {
  assert.deepEqual(ok(DeviceInquiry, { tag: 'berlin' }), { tag: ['berlin'], limit: 50 })
  assert.deepEqual(ok(DeviceInquiry, { tag: ['a', 'b'], limit: '500' }), { tag: ['a', 'b'], limit: 500 })
  refused(DeviceInquiry, { stat: 'online' }, /unknown field stat/)
  refused(DeviceInquiry, { state: 'on' }, /body\.state/)
  for (const limit of ['0', '501', 'x', '', '1.5']) refused(DeviceInquiry, { limit }, /body\.limit/)
})

test('a key names scopes that exist, and at least one if it names any', () => {
  ok(NewKey, { account: 'acme', scopes: ['devices:read'], expiresAt: '2030-01-01T00:00:00Z' })
  refused(NewKey, { account: 'acme', scopes: [] }, /body\.scopes/)
  refused(NewKey, { account: 'acme', scopes: ['devices:own'] }, /body\.scopes\.0/)
  refused(NewKey, { account: 'acme', expiresAt: 'tomorrow' }, /body\.expiresAt/)
})

test('a device may tell nothing when it registers; padding of its firmware is dropped, newer fields are ignored', () => {
  assert.deepEqual(ok(RegisterBody, {}), {})
  assert.deepEqual(ok(RegisterBody, { capabilities: { model: 'M 1\u0000\u0000', colour: true } }), {
    capabilities: { model: 'M 1' },
  })
})

test('a response is objects, a result or a refusal, and nothing in between', () => {
  ok(DeviceResponse, { values: { a: 1 }, errors: {} })
  ok(DeviceResponse, { errors: { a: { code: 'read-only', message: 'It is.' } } })
  ok(DeviceResponse, { result: null })
  ok(DeviceResponse, { refused: 'The lid is open.' })
  refused(DeviceResponse, {}, /a response has/)
  refused(DeviceResponse, { result: 1, refused: 'no' }, /a response has/)
  refused(DeviceResponse, { errors: { a: { code: 'odd', message: '' } } }, /body\.errors\.a\.code/)
})

test('device events have a type each, and more than 100 are too large', () => {
  const event = { id: '1', at: '2026-01-01T00:00:00.000Z', type: 'printed', pages: 3 }
  ok(DeviceEvents, { events: Array(100).fill(event) })
  refused(DeviceEvents, { events: Array(101).fill(event) }, /at most 100 events/, 'too-large')
  refused(DeviceEvents, { events: [{ ...event, type: 'odd' }] }, /body\.events\.0\.type/)
  refused(DeviceEvents, { events: [{ ...event, at: 'now' }] }, /body\.events\.0\.at/)
})

test('an idempotency key may be bare or quoted', () => {
  assert.equal(readIdempotencyKey('"abc"'), 'abc')
  assert.equal(readIdempotencyKey('abc'), 'abc')
  for (const bad of ['', '""', 'a b', 'a"b', 'x'.repeat(256), 'ä'])
    assert.equal(readIdempotencyKey(bad), undefined, bad)
})

test('every schema can be told as JSON Schema, in both directions', () => {
  const schemas = Object.entries(contract).filter(([, value]) => value instanceof z.ZodType)
  assert.ok(schemas.length > 30)
  for (const [name, schema] of schemas)
    assert.doesNotThrow(() => z.toJSONSchema(schema as z.ZodType, { io: 'input', target: 'draft-2020-12' }), name)
})
