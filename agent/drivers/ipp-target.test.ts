/** The address of a printer over IPP, right and wrong. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { UsageError } from '@fairlead/base'
import { readIppUrl } from './ipp-target.ts'

test('N7 the address of a printer over IPP: its port and path are the usual ones where they are not given', () => {
  const office = { host: 'office.example', port: 631, path: '/ipp/print', isTls: false, login: undefined }
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
