/** Rows B-030 to B-042: what a body may be, as the door takes it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ns } from '@fairlead/protocol/xmpp'
import { bodyText } from './bosh-play.ts'
import { openStand, ping, type Stand } from './bosh-stand.ts'

const attributes = { to: 'localhost', rid: 1, wait: 30, hold: 1, ver: '1.6' }
const creation = bodyText(attributes)

async function isRefused(stand: Stand, body: string | Uint8Array): Promise<boolean> {
  const response = await fetch(stand.url, { method: 'POST', body: body as BodyInit })
  return response.status === 200 && (await response.text()).includes("condition='bad-request'")
}

/** Each of these is a bad request, and makes no session. */
function refuses(name: string, bodies: readonly (string | Uint8Array)[]): void {
  test(name, async () => {
    await using stand = await openStand()
    for (const body of bodies) assert.ok(await isRefused(stand, body), String(body))
    assert.equal(stand.bosh.sessions, 0)
  })
}

/** Each of these makes a session. */
function accepts(name: string, bodies: readonly (string | Uint8Array)[]): void {
  test(name, async () => {
    await using stand = await openStand()
    for (const body of bodies) {
      const response = await fetch(stand.url, { method: 'POST', body: body as BodyInit })
      assert.match(await response.text(), / sid='/, String(body))
    }
  })
}

const withPayload = (payload: string) => bodyText(attributes, payload)

refuses('B-030 another root, or another namespace, is refused', [
  creation.replaceAll('body', 'head'),
  creation.replace(ns.body, 'urn:x'),
  creation.replace(`xmlns='${ns.body}'`, ''),
])

refuses('B-031 what is not well-formed is refused', [
  creation.slice(0, -1),
  creation.replace("rid='1'", 'rid=1'),
  withPayload('<a><b></a></b>'),
  withPayload('a & b'),
])

refuses('B-032 comments, processing instructions, DTDs, foreign entities and partial elements are refused', [
  withPayload('<!-- c -->'),
  withPayload('<?php x?>'),
  `<!DOCTYPE b [<!ENTITY a "x">]>${withPayload('<m>&a;</m>')}`,
  `<!DOCTYPE b SYSTEM 'http://evil.example/x'>${creation}`,
  withPayload('<m>&nbsp;</m>'),
  withPayload("<message xmlns='jabber:client'>"),
])

accepts('B-032 the five entities and numbers are taken', [withPayload('<m>&lt;&gt;&amp;&quot;&apos;&#65;&#x42;</m>')])

refuses('B-033 text directly in the body is refused', [withPayload('hello'), withPayload('<a/>hello<b/>')])

accepts('B-033 white space directly in the body is tolerated', [withPayload(' \n\t'), withPayload('\n <a/>\n <b/>\n')])

test('B-034 none or several complete children of any namespace are taken, and only stanzas need one', async () => {
  await using stand = await openStand()
  const { sid, rid } = await stand.logIn()
  await stand.post(bodyText({ sid, rid }, `<a xmlns='urn:a'><b/></a>${ping('1')}<c xmlns='urn:c'/>`))
  const [stream] = stand.streams
  assert.deepEqual(
    stream?.heard.slice(-3).map((element) => [element.name, element.ns]),
    [
      ['a', 'urn:a'],
      ['iq', ns.client],
      ['c', 'urn:c'],
    ],
  )
})

accepts('B-035 an XML declaration and a byte order mark are tolerated', [
  `<?xml version='1.0'?>${creation}`,
  `<?xml version="1.0" encoding="UTF-8"?>\n${creation}`,
  Buffer.concat([Uint8Array.of(0xef, 0xbb, 0xbf), Buffer.from(creation)]),
])

refuses('B-035 other versions and encodings are refused', [
  `<?xml version='1.1'?>${creation}`,
  `<?xml version='1.0' encoding='ISO-8859-1'?>${creation}`,
  Buffer.from(`\ufeff${creation}`, 'utf16le'),
])

const inText = (...bytes: number[]) => {
  const [start, end] = withPayload('<m>|</m>').split('|')
  return Buffer.concat([Buffer.from(start ?? ''), Uint8Array.from(bytes), Buffer.from(end ?? '')])
}

refuses('B-036 bytes that are not UTF-8, or not characters of XML, are refused and never replaced', [
  inText(0xff),
  inText(0xc0, 0xaf),
  inText(0xed, 0xa0, 0x80),
  inText(0),
  inText(0xef, 0xbf, 0xbe),
  inText(0xe2, 0x82),
])

test('B-037 an empty sid names no session, and makes none', async () => {
  await using stand = await openStand()
  const answer = await stand.create({ sid: '' })
  assert.equal(answer.attribute('condition'), 'item-not-found')
  assert.equal(stand.bosh.sessions, 0)
})

const wrongRids = ['', 'abc', '-5', '+5', ' 5', '0', '1.0', '1e3', '9007199254740992', '100000000000000000000']
refuses(
  'B-038 a rid is a positive integer up to 2^53 - 1, in digits only, at creation',
  [...wrongRids, undefined].map((rid) => bodyText({ ...attributes, rid })),
)

test('B-038 a rid that is none is refused in a session, which goes on', async () => {
  await using stand = await openStand()
  const { sid, rid } = await stand.logIn()
  for (const wrong of [...wrongRids, undefined])
    assert.equal((await stand.post(bodyText({ sid, rid: wrong }))).attribute('condition'), 'bad-request', `${wrong}`)
  assert.match((await stand.post(bodyText({ sid, rid }, ping('1')))).text, /id='1'/)
})

accepts('B-038 the largest rid is taken', [bodyText({ ...attributes, rid: '9007199254740991' })])

accepts('B-039 unknown and obsolete attributes of the body are ignored', [
  bodyText({ ...attributes, secure: 'true', window: '5', 'xmlns:odd': 'urn:odd', 'odd:x': '1' }),
])

refuses('B-040 duplicate attributes and undeclared prefixes are refused', [
  creation.replace("rid='1'", "rid='1' rid='2'"),
  withPayload('<x:m/>'),
  withPayload("<m x:a='1'/>"),
])

test('B-041 a malformed request of a session is refused, and the session goes on with the same rid', async () => {
  await using stand = await openStand()
  const { sid, rid } = await stand.logIn()
  for (const broken of [`${bodyText({ sid, rid }).slice(0, -7)}<iq`, bodyText({ sid, rid }, 'text')]) {
    const answer = await stand.post(broken)
    assert.deepEqual([answer.status, answer.attribute('condition')], [200, 'bad-request'])
  }
  assert.match((await stand.post(bodyText({ sid, rid }, ping('after')))).text, /id='after'/)
})

test('B-041 a body over its limit is refused without harm to the session', async () => {
  await using stand = await openStand({ options: { maxBodyBytes: 4096 } })
  const { sid, rid } = await stand.logIn()
  const long = `<message xmlns='jabber:client'><body>${'a'.repeat(5000)}</body></message>`
  assert.equal((await stand.post(bodyText({ sid, rid }, long))).attribute('condition'), 'bad-request')
  assert.match((await stand.post(bodyText({ sid, rid }, ping('after')))).text, /id='after'/)
})

test('B-042 stanzas in the namespace of the body are taken for jabber:client', async () => {
  await using stand = await openStand()
  const { sid, rid } = await stand.logIn()
  const answer = await stand.post(bodyText({ sid, rid }, "<iq type='get' id='1'><ping xmlns='urn:xmpp:ping'/></iq>"))
  assert.match(answer.text, /<iq [^>]*xmlns='jabber:client'/)
  assert.equal(stand.streams[0]?.heard.at(-1)?.ns, ns.client)
})

test('B-042 stanzas out say jabber:client, and the stream prefix is declared where it is used', async () => {
  await using stand = await openStand()
  const created = await stand.create()
  assert.match(created.text, new RegExp(`<stream:features[^>]*xmlns:stream='${ns.stream}'`))
  const { sid, rid } = await stand.logIn()
  const echoed = await stand.post(bodyText({ sid, rid }, "<message xmlns='jabber:client'><body>x</body></message>"))
  assert.match(echoed.text, /<message xmlns='jabber:client'>/)
})
