/** The bodies of BOSH requests and answers, row by row. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readAnswer } from './bosh-answer.ts'
import { BodyError, readBody } from './bosh-body.ts'
import { renderBody } from './bosh-render.ts'
import { ns } from './namespaces.ts'
import { isElement, xml } from './xml.ts'
import { renderXml } from './xml-writer.ts'

/** A request with these attributes and this content, which has a sid and a rid. */
function request(attributes = '', content = ''): Uint8Array {
  return Buffer.from(`<body rid='7' sid='s1' xmlns='${ns.body}' ${attributes}>${content}</body>`)
}

/** A request without a sid. */
function creation(attributes = ''): Uint8Array {
  return Buffer.from(`<body rid='7' xmlns='${ns.body}' xmlns:xmpp='${ns.xbosh}' ${attributes}/>`)
}

function refuses(bytes: Uint8Array, whose: { sid?: string; rid?: number } = { sid: 's1', rid: 7 }): void {
  assert.throws(
    () => readBody(bytes),
    (error) => {
      assert.ok(error instanceof BodyError)
      assert.deepEqual([error.condition, error.sid, error.rid], ['bad-request', whose.sid, whose.rid], String(bytes))
      return true
    },
  )
}

test('a creation request has all its attributes', () => {
  const body = readBody(
    creation(
      `to='a.example' from='d@a.example' xml:lang='de' ver='1.10' wait='30' hold='1' content='text/xml' ack='1' ` +
        `newkey='${'0aF1'.repeat(10)}' route='xmpp:b.example:5222' secure='true' xmpp:version='1.0'`,
    ),
  )
  assert.deepEqual(body, {
    sid: undefined,
    rid: 7,
    to: 'a.example',
    from: 'd@a.example',
    lang: 'de',
    ver: { major: 1, minor: 10 },
    wait: 30,
    hold: 1,
    content: 'text/xml',
    ack: 1,
    pause: undefined,
    newkey: '0aF1'.repeat(10),
    key: undefined,
    type: undefined,
    route: 'xmpp:b.example:5222',
    xmppVersion: '1.0',
    restart: false,
    children: [],
  })
})

test('B-030 the root is a body of the namespace, nothing else', () => {
  for (const root of [
    `<body rid='7' sid='s1'/>`,
    `<body rid='7' sid='s1' xmlns='jabber:client'/>`,
    `<b xmlns='${ns.body}'/>`,
  ])
    refuses(Buffer.from(root), {})
  assert.equal(readBody(Buffer.from(`<b:body rid='7' xmlns:b='${ns.body}'/>`)).rid, 7)
})

test('B-031 what is not well-formed is refused', () => {
  for (const content of ['<a>', '<a></b>', '</a>', '&', '<a b/>', '<a:b/>']) refuses(request('', content))
  for (const bytes of ['', ' ', '<', 'body', '{}', `<body rid='7' sid='s1' xmlns='${ns.body}'`])
    refuses(Buffer.from(bytes), {})
})

test('B-032 partial elements, comments, instructions, DTDs and entities are refused', () => {
  for (const content of ['<iq', '<!-- c -->', '<?pi?>', '<!DOCTYPE a>', '&nbsp;', '<a>&x;</a>'])
    refuses(request('', content))
  refuses(Buffer.concat([Buffer.from('<!DOCTYPE body>'), request()]), {})
  refuses(Buffer.concat([Buffer.from('<!-- c -->'), request()]), {})
})

test('B-033 text directly in the body is refused, white space is not', () => {
  for (const content of ['x', '&#65;', '<a/>x<a/>', '<![CDATA[x]]>', '\u00a0']) refuses(request('', content))
  assert.equal(readBody(request('', ' \r\n\t<a/>\n<a/>\n')).children.length, 2)
})

test('B-034 any elements of any namespaces may be in it, in order', () => {
  const { children } = readBody(request('', `<a xmlns='u:a'/><b xmlns=''/><c:d xmlns:c='u:c'>x<e/></c:d>`))
  assert.deepEqual(
    children.map(({ name, ns: uri }) => [name, uri]),
    [
      ['a', 'u:a'],
      ['b', ''],
      ['d', 'u:c'],
    ],
  )
})

test('B-035 an XML declaration and a byte order mark are tolerated', () => {
  const before = Buffer.from(`\ufeff<?xml version='1.0' encoding='UTF-8'?>\n`)
  assert.equal(readBody(Buffer.concat([before, request()])).sid, 's1')
  refuses(Buffer.concat([Buffer.from(`<?xml version='1.0' encoding='latin1'?>`), request()]), {})
})

test('B-036 bytes that are not UTF-8 are refused, and the session is still known', () => {
  for (const bad of [0xff, 0xc0, 0x00])
    refuses(Buffer.concat([request().subarray(0, -7), Uint8Array.of(bad), Buffer.from('</body>')]))
})

test('B-037 a sid that is empty is told from none', () => {
  assert.equal(readBody(Buffer.from(`<body rid='7' sid='' xmlns='${ns.body}'/>`)).sid, '')
  assert.equal(readBody(creation()).sid, undefined)
})

test('B-038 the rid is an integer from 1 to 2^53 - 1 and nothing else', () => {
  const read = (rid: string) => readBody(Buffer.from(`<body rid='${rid}' sid='s1' xmlns='${ns.body}'/>`)).rid
  assert.equal(read('1'), 1)
  assert.equal(read('9007199254740991'), 9007199254740991)
  for (const rid of [
    '',
    '0',
    '-5',
    '+5',
    ' 5',
    '5 ',
    '5.0',
    '1e3',
    '0x5',
    'abc',
    '9007199254740992',
    '1e20',
    '99999999999999999',
    '\u0665',
  ])
    refuses(Buffer.from(`<body rid='${rid}' sid='s1' xmlns='${ns.body}'/>`), { sid: 's1' })
  refuses(Buffer.from(`<body sid='s1' xmlns='${ns.body}'/>`), { sid: 's1' })
})

test('B-039 unknown attributes are ignored', () => {
  assert.equal(readBody(request(`secure='true' authid='x' __proto__='y' xmlns:p='u:p' p:sid='other'`)).sid, 's1')
})

test('B-040 duplicate attributes and undeclared prefixes are refused', () => {
  refuses(request(`rid='7'`), {})
  refuses(request(`p:x='7'`), {})
  refuses(request('', `<a b='1' b='2'/>`))
  refuses(request('', `<a p:b='1'/>`))
})

test('B-041 a malformed body still says whose it is, if its start tag could be read', () => {
  refuses(request('', '<a></b>'), { sid: 's1', rid: 7 })
  refuses(request('', 'x'), { sid: 's1', rid: 7 })
  refuses(request(`wait='x'`), { sid: 's1', rid: 7 })
  refuses(request('', `<a>${'b'.repeat(262_144)}</a>`), { sid: 's1', rid: 7 })
  refuses(Buffer.from(`<body sid='s1' rid='7' xmlns='u:x'><`), {})
  refuses(Buffer.from(`<body sid='s1' rid='7' xmlns='${ns.body}' <`), {})
})

test('B-042 stanzas that took over the namespace of the body are in jabber:client, with all that is in them', () => {
  const { children } = readBody(
    request('', `<message><body>x</body><y xmlns='u:y'/></message><iq/><presence/><other/>`),
  )
  assert.deepEqual(
    children.map((child) => child.ns),
    [ns.client, ns.client, ns.client, ns.body],
  )
  const inner = children[0]?.children.filter(isElement) ?? []
  assert.deepEqual(
    inner.map((child) => child.ns),
    [ns.client, 'u:y'],
  )
})

test('B-054 ver is two integers', () => {
  assert.deepEqual(readBody(creation(`ver='1.6'`)).ver, { major: 1, minor: 6 })
  assert.equal(readBody(creation()).ver, undefined)
})

test('B-055 a malformed ver is refused', () => {
  for (const ver of ['', '1', '1.', '.6', '1.6.1', '1,6', '-1.6', '1.6 ', '1.1000000', 'x'])
    refuses(creation(`ver='${ver}'`), { rid: 7 })
})

test('B-056 wait is a number without a sign, and may be huge', () => {
  assert.equal(readBody(creation(`wait='0'`)).wait, 0)
  assert.equal(readBody(creation(`wait='99999999999999999999'`)).wait, 65_535)
  for (const name of ['wait', 'hold', 'pause'])
    for (const value of ['', '-1', '+1', '1.5', 'x', ' 1', '1e3']) refuses(creation(`${name}='${value}'`), { rid: 7 })
})

test('B-061 an ack at creation is 1, or ignored', () => {
  assert.equal(readBody(creation(`ack='1'`)).ack, 1)
  for (const ack of ['0', '2', 'yes', '']) assert.equal(readBody(creation(`ack='${ack}'`)).ack, undefined)
})

test('B-062 newkey is 40 hexadecimal digits', () => {
  for (const newkey of ['', 'g'.repeat(40), 'a'.repeat(39), 'a'.repeat(41)])
    refuses(creation(`newkey='${newkey}'`), { rid: 7 })
})

test('B-063 xmpp attributes count by their namespace, and also with the prefix undeclared', () => {
  assert.equal(readBody(Buffer.from(`<body rid='7' xmlns='${ns.body}' xmpp:version='1.0'/>`)).xmppVersion, '1.0')
  const other = `<body rid='7' xmlns='${ns.body}' xmlns:x='${ns.xbosh}' x:version='1.0' xmlns:xmpp='u:x' xmpp:version='2'/>`
  assert.equal(readBody(Buffer.from(other)).xmppVersion, '1.0')
  assert.equal(readBody(creation(`version='1.0'`)).xmppVersion, undefined)
})

test('B-124 an ack in a session is a rid, or 0', () => {
  assert.equal(readBody(request(`ack='0'`)).ack, 0)
  assert.equal(readBody(request(`ack='6'`)).ack, 6)
  for (const ack of ['', '-1', 'x', '1.5', '1e20']) refuses(request(`ack='${ack}'`))
})

test('B-171 a key that cannot be right is for the session to judge', () => {
  assert.equal(readBody(request(`key='nonsense'`)).key, 'nonsense')
})

test('B-190 a restart is asked for by true or 1', () => {
  const restart = (value: string) => readBody(request(`xmpp:restart='${value}'`)).restart
  assert.deepEqual(['true', '1', 'false', '0', '', 'TRUE'].map(restart), [true, true, false, false, false, false])
})

test('B-042 an answer declares the prefixes that it uses', () => {
  assert.equal(renderBody({}), `<body xmlns='${ns.body}'/>`)
  assert.equal(
    renderBody({ sid: `a'<`, wait: 30, type: undefined, 'xmpp:version': '1.0', 'xmpp:restartlogic': true }),
    `<body xmlns='${ns.body}' xmlns:xmpp='${ns.xbosh}' sid='a&apos;&lt;' wait='30' xmpp:version='1.0' xmpp:restartlogic='true'/>`,
  )
  const features = renderXml(xml('features', ns.stream))
  assert.equal(
    renderBody({}, features),
    `<body xmlns='${ns.body}' xmlns:stream='${ns.stream}'><stream:features xmlns:stream='${ns.stream}'/></body>`,
  )
})

test('B-161 an answer that ends a stream is read as it was rendered', () => {
  const error = xml('error', ns.stream, {}, xml('conflict', ns.streamErrors))
  const answer = readAnswer(
    Buffer.from(renderBody({ type: 'terminate', condition: 'remote-stream-error' }, renderXml(error))),
  )
  assert.equal(answer.type, 'terminate')
  assert.equal(answer.condition, 'remote-stream-error')
  assert.deepEqual(answer.children, [error])
})

test('an answer has all its attributes', () => {
  const attributes = {
    sid: 's1',
    from: 'a.example',
    wait: 30,
    hold: 1,
    requests: 2,
    inactivity: 60,
    polling: 2,
    maxpause: 120,
    authid: 'x',
    ack: 7,
    report: 6,
    time: 100,
  }
  const more = {
    ver: '1.11',
    'xmpp:version': '1.0',
    'xmpp:restartlogic': true,
    type: 'error',
    condition: 'see-other-uri',
  }
  const answer = readAnswer(Buffer.from(renderBody({ ...attributes, ...more }, `<uri>https://b.example/</uri>`)))
  assert.deepEqual(answer, {
    ...attributes,
    ver: { major: 1, minor: 11 },
    xmppVersion: '1.0',
    restartLogic: true,
    type: 'error',
    condition: 'see-other-uri',
    uri: 'https://b.example/',
    children: [xml('uri', ns.body, {}, 'https://b.example/')],
  })
  assert.throws(() => readAnswer(Buffer.from('<html></html>')), BodyError)
  assert.throws(() => readAnswer(Buffer.from(renderBody({ type: 'other' }))), BodyError)
  assert.throws(() => readAnswer(Buffer.from(renderBody({ ack: -1 }))), BodyError)
})
