/** Device IDs become names that NATS takes, and no two the same one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkSubject, deviceSubject, nodeSubject } from './subjects.ts'

test('every ID of up to four characters is a name of its own', () => {
  const letters = ['a', 'z', '0', '.', '_', '-']
  let ids = ['']
  const all: string[] = []
  for (let length = 1; length <= 4; length++) {
    ids = ids.flatMap((id) => letters.map((letter) => id + letter))
    all.push(...ids)
  }
  const subjects = all.map((id) => checkSubject(deviceSubject(id)))
  assert.equal(new Set(subjects).size, all.length)
  assert.ok(subjects.every((subject) => subject.split('.').length === 2))
})

test('no device has the name of a node', () => {
  assert.notEqual(deviceSubject('x'), nodeSubject('x'))
})

test('names that mean several, or that NATS does not take, are refused', () => {
  for (const subject of ['', '.', 'a.', '.a', 'a..b', '*', 'a.>', 'a b', 'a\r\nb', 'ü', 'x'.repeat(257)])
    assert.throws(() => checkSubject(subject), RangeError)
  assert.equal(checkSubject('x'.repeat(256)).length, 256)
})
