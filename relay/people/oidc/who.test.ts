/** What claims of a provider are worth: an address counts only where the provider says that it is theirs. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hasFactorIn, nameOf, provenAtOf, verifiedEmailOf } from './who.ts'

const entra = 'https://login.microsoftonline.com/00000000-0000-0000-0000-000000000000/v2.0'
const claims = { iss: 'https://id.example', sub: 'ann', email: 'Ann@Firm.example' }

test('S-A7 an address that is not said to be verified is none', () => {
  for (const verified of [true, 'true'])
    assert.equal(verifiedEmailOf({ ...claims, email_verified: verified }), 'Ann@Firm.example')
  for (const verified of [undefined, false, 'false', null, 1, 'yes', {}])
    assert.equal(verifiedEmailOf({ ...claims, email_verified: verified }), undefined, String(verified))
  assert.equal(verifiedEmailOf({}), undefined)
})

test('S-A7 what is no address of ASCII is none: other letters fold into ours', () => {
  for (const email of [
    'ann',
    'ann@',
    '@firm.example',
    'ann@firm.example\n',
    'ann@\u212Afirm.example',
    ['a@b.example'],
    7,
  ])
    assert.equal(verifiedEmailOf({ ...claims, email, email_verified: true }), undefined, String(email))
})

test('Entra ID says it with a claim of its own, which counts from there only, and never against the other', () => {
  for (const ownsDomain of [true, 'true', 1, '1'])
    assert.equal(verifiedEmailOf({ ...claims, iss: entra, xms_edov: ownsDomain }), 'Ann@Firm.example')
  for (const ownsDomain of [undefined, false, 0, '0', 'false'])
    assert.equal(verifiedEmailOf({ ...claims, iss: entra, xms_edov: ownsDomain }), undefined, String(ownsDomain))
  assert.equal(verifiedEmailOf({ ...claims, iss: entra, xms_edov: true, email_verified: false }), undefined)
  for (const iss of ['https://id.example', `${entra.replace('.com', '.com.evil.example')}`, undefined])
    assert.equal(verifiedEmailOf({ ...claims, iss, xms_edov: true }), undefined, String(iss))
})

test('a name is one line, or the next best there is', () => {
  assert.equal(nameOf({ name: ' Ann ' }), 'Ann')
  assert.equal(nameOf({ name: 'A\nnn', preferred_username: 'ann' }), 'ann')
  assert.equal(nameOf({ name: 'x'.repeat(129) }), undefined)
  assert.equal(nameOf({ name: 7 }), undefined)
})

test('a second factor is what the provider calls so with one word, and a moment of signing in is a number', () => {
  assert.equal(hasFactorIn({ ...claims, amr: ['pwd', 'mfa'] }), true)
  for (const amr of [undefined, [], ['pwd', 'otp'], ['MFA'], 'mfa', { 0: 'mfa' }, null])
    assert.equal(hasFactorIn({ ...claims, amr }), false, JSON.stringify(amr))
  assert.equal(provenAtOf({ ...claims, auth_time: 1_764_000_000 }), 1_764_000_000_000)
  for (const auth_time of [undefined, '1764000000', null]) assert.equal(provenAtOf({ ...claims, auth_time }), undefined)
})
