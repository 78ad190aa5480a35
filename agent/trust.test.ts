/** Whose key is accepted by somebody's word: of one device, at its address, and never against its driver. */
import assert from 'node:assert/strict'
import { after, before, beforeEach, test } from 'node:test'
import { systemClock } from '@fairlead/base'
import { type Folder, openFolder } from '../testkit/folder.ts'
import { type Memory, openMemory } from './memory/memory.ts'
import { recordOf } from './settings.ts'
import { trustKey } from './trust.ts'

const [one, other] = ['1', '2'].map((digit) => `SHA256:${digit.repeat(64)}`) as [string, string]
let folder: Folder
let memory: Memory

before(async () => {
  folder = await openFolder()
  memory = openMemory(folder.path, systemClock)
})
after(async () => {
  memory[Symbol.dispose]()
  await folder[Symbol.asyncDispose]()
})
beforeEach(() => {
  keep('heron', 'ipps://10.0.0.7')
  keep('crane', `ipps://10.0.0.8:8631/x?community=public&fingerprint=${one}`)
  keep('stork', 'ipps://10.0.0.9/ipp/print?community=public')
  keep('rook', 'ipp://10.0.0.10')
})

function keep(id: string, driver: string): void {
  const record = recordOf({ id, relay: 'https://relay.example', secret: 'x', driver }, undefined, undefined)
  memory.keep(record)
}

const refusing = (id: string) =>
  id === 'stork' ? { at: '10.0.0.9:631', expected: one, shown: other, isNamed: false } : undefined

test('N7 each printer over TLS is told with its key, and the others are not', () => {
  memory.change('heron', { printerKey: { at: '10.0.0.7:631', fingerprint: one } })
  memory.change('stork', { printerKey: { at: '10.0.0.99:631', fingerprint: one } })
  assert.deepEqual(trustKey(memory, {}, refusing), [
    { id: 'crane', at: '10.0.0.8:8631', key: one, isNamed: true, shown: null },
    { id: 'heron', at: '10.0.0.7:631', key: one, isNamed: false, shown: null },
    { id: 'stork', at: '10.0.0.9:631', key: null, isNamed: false, shown: other },
  ])
  assert.deepEqual(trustKey(memory, { id: 'rook' }), [])
})

test('N7 a key is accepted for whom it is meant: the one that is named, or else the one that shows it', () => {
  assert.deepEqual(trustKey(memory, { key: other.toUpperCase() }, refusing), [
    { id: 'stork', at: '10.0.0.9:631', key: other, isNamed: false, shown: null },
  ])
  assert.deepEqual(memory.find('stork')?.printerKey, { at: '10.0.0.9:631', fingerprint: other })
  trustKey(memory, { id: 'heron', key: one })
  assert.equal(memory.find('heron')?.printerKey?.fingerprint, one)
  for (const [order, why] of [
    [{ key: one }, /Say with --id which printer has this key: that of crane, heron, stork\./],
    [{ id: 'rook', key: one }, /only those are known by a key/],
    [{ id: 'raven', key: one }, /no device raven/],
    [{ id: 'crane', key: other }, /names the key of its printer/],
    [{ id: 'heron', key: 'SHA256:1' }, /is no fingerprint/],
  ] as const)
    assert.throws(() => trustKey(memory, order), why)
  assert.equal(memory.find('crane')?.printerKey, null)
})
