/** What the tests need is found, and what cannot be installed is said in one line. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findMissingPackages, sentenceFor } from './test-setup.ts'

test('a program counts as there wherever servers live', () => {
  const exists = (path: string) => path === '/usr/sbin/nginx'
  assert.deepEqual(findMissingPackages({ 'nginx-light': 'nginx', snmpd: 'snmpd' }, exists), ['snmpd'])
})

test('a file is looked for where it is said to be', () => {
  assert.deepEqual(
    findMissingPackages({ a: '/etc/a', b: '/etc/b' }, (path) => path === '/etc/a'),
    ['b'],
  )
})

test('without root there is one line with the command to run', () => {
  assert.equal(
    sentenceFor(['snmpd', 'openssl'], { isRoot: false, hasApt: true }),
    'The tests need snmpd, openssl; only root may install them. Run: sudo apt-get install -y --no-install-recommends snmpd openssl',
  )
})

test('without apt there is one line that says so', () => {
  const sentence = sentenceFor(['snmpd'], { isRoot: true, hasApt: false }) ?? ''
  assert.match(sentence, /no apt-get here/)
  assert.equal(sentence.split('\n').length, 1)
})
