/** The cookie as it is set and read, and where a call says that it is from. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  clearCookie,
  isFromElsewhere,
  isFromOurPage,
  readCookie,
  readReturnCookie,
  returnCookie,
  setCookie,
} from './cookie.ts'

const publicUrl = 'https://relay.example'
const host = 'relay.example'

test('S-A7 a cookie is for this host alone, over TLS, and for no script; what is set is what is read', () => {
  const { 'set-cookie': set = '' } = setCookie('token', 60)
  assert.equal(set, '__Host-fairlead=token; Max-Age=60; Path=/; Secure; HttpOnly; SameSite=Strict')
  assert.equal(readCookie({ cookie: `a=b; ${set.split(';')[0]}; c=d` }), 'token')
  assert.match(clearCookie()['set-cookie'] ?? '', /^__Host-fairlead=; Max-Age=0; /)
})

test('S-A7 the cookie of a sign-in under way comes along from another site, and is never taken for one that has signed in', () => {
  const set = returnCookie('sealed', 60)
  assert.equal(set, '__Host-fairlead-oidc=sealed; Max-Age=60; Path=/; Secure; HttpOnly; SameSite=Lax')
  const cookie = set.split(';')[0] ?? ''
  assert.equal(readReturnCookie({ cookie }), 'sealed')
  assert.equal(readCookie({ cookie }), undefined)
  assert.equal(readReturnCookie({ cookie: `${cookie}; ${cookie}` }), undefined)
  assert.equal(readReturnCookie({ cookie: '__Host-fairlead=token' }), undefined)
})

test('what is no cookie of ours, is empty, or is there twice is none', () => {
  for (const cookie of ['', 'fairlead=x', 'x__Host-fairlead=x', '__host-fairlead=x', '__Host-fairlead='])
    assert.equal(readCookie({ cookie }), undefined, cookie)
  assert.equal(readCookie({ cookie: '__Host-fairlead=a; __Host-fairlead=b' }), undefined)
  assert.equal(readCookie({}), undefined)
})

test('S-A7 our page is known by its origin, or where there is none by what the browser says of it', () => {
  for (const headers of [
    { origin: publicUrl },
    { origin: 'https://inside.example:8443', host: 'inside.example:8443' },
    { origin: 'http://[::1]:8080', host: '[::1]:8080' },
    { host, 'sec-fetch-site': 'same-origin' },
  ]) {
    assert.ok(isFromOurPage(headers, publicUrl), JSON.stringify(headers))
    assert.ok(!isFromElsewhere(headers, publicUrl))
  }
  for (const headers of [
    { origin: 'null', host },
    { origin: 'https://relay.example.evil.example', host },
    { origin: 'https://sub.relay.example', host },
    { origin: 'https://relay.example:444', host },
    { origin: 'https://evil.example', host, 'sec-fetch-site': 'same-origin' },
    { host, 'sec-fetch-site': 'same-site' },
    { host, 'sec-fetch-site': 'cross-site' },
  ]) {
    assert.ok(!isFromOurPage(headers, publicUrl), JSON.stringify(headers))
    assert.ok(isFromElsewhere(headers, publicUrl), JSON.stringify(headers))
  }
  // A program, or somebody who typed the address: no page of ours, and none of another site.
  for (const headers of [{ host }, { host, 'sec-fetch-site': 'none' }])
    assert.deepEqual([isFromOurPage(headers, publicUrl), isFromElsewhere(headers, publicUrl)], [false, false])
})
