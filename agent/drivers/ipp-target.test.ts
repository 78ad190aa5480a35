/** The address of a printer over IPP, right and wrong. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UsageError } from '@fairlead/base'
import { namesSnmp, readIppAndSnmpUrl } from './ipp-and-snmp-target.ts'
import { readIppUrl } from './ipp-target.ts'

test('N7 the address of a printer over IPP: its port and path are the usual ones where they are not given', () => {
  const office = {
    host: 'office.example',
    port: 631,
    path: '/ipp/print',
    isTls: false,
    login: undefined,
    fingerprint: undefined,
  }
  assert.deepEqual(readIppUrl('ipp://office.example'), { ...office, uri: 'ipp://office.example:631/ipp/print' })
  assert.deepEqual(readIppUrl('IPPS://Office.Example:80/printers/2%20nd'), {
    ...office,
    ...{ port: 80, path: '/printers/2%20nd', isTls: true, uri: 'ipps://office.example:80/printers/2%20nd' },
  })
  assert.equal(readIppUrl('ipp://[2001:db8::7]:8631/').uri, 'ipp://[2001:db8::7]:8631/')
  assert.equal(readIppUrl('ipp://[2001:db8::7]').host, '2001:db8::7')
})

test('N7 its credentials stand in no URI and in no error', () => {
  const { login, uri } = readIppUrl('ipp://ann%40x:se%3Acret@192.0.2.7/ipp/print')
  assert.deepEqual(login, { user: 'ann@x', password: 'se:cret' })
  assert.equal(uri, 'ipp://192.0.2.7:631/ipp/print')
  for (const wrong of [
    'ipp://',
    'ipp:x',
    'ipp://ann:hidden@/x',
    'ipp://ann:hidden@host/x?y=1',
    'ipp://ann:hidden@host:99999',
  ])
    assert.throws(
      () => readIppUrl(wrong),
      (error) => error instanceof UsageError && !error.message.includes('hidden'),
      wrong,
    )
})

test('N7 the fingerprint of its key is named as people write it, for TLS alone, with SNMP beside it and without', () => {
  const digits = '0123456789abcdef'.repeat(4)
  const inPairs = (digits.toUpperCase().match(/../g) ?? []).join(':')
  const word = `ipps://ann:hidden@host/x?fingerprint`
  for (const written of [`SHA256:${digits}`, `sha-256:${inPairs}`, encodeURIComponent(`SHA256:${digits}`)]) {
    assert.equal(readIppUrl(`${word}=${written}`).fingerprint, `SHA256:${digits}`, written)
    const both = readIppAndSnmpUrl(`ipps://host?community=public&fingerprint=${written}`)
    assert.deepEqual([both.ipp.fingerprint, both.snmp.host], [`SHA256:${digits}`, 'host'])
  }
  const wrong = ['', '=', `=SHA256:${digits}0`, `=MD5:${digits}`, `=SHA256:${digits}&fingerprint=SHA256:${digits}`]
  for (const text of [...wrong.map((each) => word + each), `ipp://ann:hidden@host?fingerprint=SHA256:${digits}`])
    assert.throws(
      () => readIppUrl(text),
      (error) => error instanceof UsageError && !error.message.includes('hidden'),
      text,
    )
  assert.deepEqual(
    ['ipps://h', 'ipps://h?fingerprint=x', 'ipps://h?', 'ipps://h?fingerprint=x&version=1'].map(namesSnmp),
    [false, false, true, true],
  )
})
