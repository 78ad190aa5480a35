/** What the writer says: namespaces, prefixes, escapes; and that the reader reads it back. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ns } from './namespaces.ts'
import { type Xml, xml } from './xml.ts'
import { XmlError } from './xml-error.ts'
import { readXml } from './xml-reader.ts'
import { escapeValue, renderXml } from './xml-writer.ts'

test('a namespace is said once, where it changes', () => {
  const tree = xml('a', 'u:a', {}, xml('b', 'u:a', {}, xml('c', 'u:c')), xml('d', ''))
  assert.equal(renderXml(tree), `<a xmlns='u:a'><b><c xmlns='u:c'/></b><d xmlns=''/></a>`)
  assert.equal(renderXml(xml('a', 'u:a'), { parentNs: 'u:a' }), '<a/>')
  assert.equal(renderXml(xml('a', ''), { parentNs: 'u:a' }), `<a xmlns=''/>`)
})

test('W-002 B-042 stanzas say their namespace, whatever is around them', () => {
  for (const name of ['iq', 'message', 'presence']) {
    const stanza = xml(name, ns.client, { id: '1' }, xml('body', ns.client))
    assert.equal(renderXml(stanza, { parentNs: ns.client }), `<${name} xmlns='jabber:client' id='1'><body/></${name}>`)
  }
})

test('W-002 what belongs to the stream has its prefix and declares it', () => {
  const features = xml('features', ns.stream, {}, xml('bind', ns.bind), xml('x', ns.stream))
  assert.equal(
    renderXml(features),
    `<stream:features xmlns:stream='${ns.stream}'><bind xmlns='${ns.bind}'/><stream:x/></stream:features>`,
  )
})

test('attributes of a namespace get a prefix', () => {
  const keys = [`{${ns.xml}}lang`, `{${ns.xbosh}}restart`, '{u:a}b', '{u:a}c', '{u:d}b', `{${ns.stream}}x`]
  const tree = xml('a', 'u:a', Object.fromEntries(keys.map((key) => [key, '1'])))
  const declared = `xmlns:xmpp='${ns.xbosh}' xmlns:ns0='u:a' xmlns:ns1='u:d' xmlns:stream='${ns.stream}'`
  const attributes = `xml:lang='1' xmpp:restart='1' ns0:b='1' ns0:c='1' ns1:b='1' stream:x='1'`
  assert.equal(renderXml(tree), `<a xmlns='u:a' ${declared} ${attributes}/>`)
})

test('text and values are escaped so that they come back as they were', () => {
  const awkward = `<&>'"\t\n\r]]> \u20ac\u{1F600}\x7f`
  const tree = xml('a', 'u:a', { b: awkward }, awkward)
  assert.equal(
    renderXml(tree),
    `<a xmlns='u:a' b='&lt;&amp;&gt;&apos;&quot;&#9;&#10;&#13;]]&gt; \u20ac\u{1F600}\x7f'>&lt;&amp;&gt;'"\t\n&#13;]]&gt; \u20ac\u{1F600}\x7f</a>`,
  )
  assert.deepEqual(readXml(renderXml(tree)), tree)
})

test('what XML cannot carry is not written', () => {
  const bad: Xml[] = [
    xml('a b', ''),
    xml('', ''),
    xml('1', ''),
    xml('a:b', ''),
    xml('a', '', { 'b c': '' }),
    xml('a', '', { 'b:c': '' }),
    xml('a', '', { xmlns: 'u:a' }),
    xml('a', '', { '{}b': '' }),
    xml('a', '', { '{u:a': '' }),
    xml('a', '', { '{u a}b': '' }),
    xml('a', '', { '{http://www.w3.org/2000/xmlns/}b': 'u:a' }),
    xml('a', 'u"a'),
    xml('a', 'u:a>'),
    xml('a', 'http://www.w3.org/2000/xmlns/'),
    xml('a', '', {}, '\0'),
    xml('a', '', {}, '\ud800'),
    xml('a', '', { b: '\uffff' }),
    xml('a', '', {}, xml('b', '', {}, xml('c', '', { d: '\x1b' }))),
  ]
  for (const tree of bad) assert.throws(() => renderXml(tree), XmlError)
})

const name = fc.oneof(
  fc.constantFrom('iq', 'body', 'constructor', '__proto__', 'xmlnsx', 'toString', 'xml'),
  fc.stringMatching(/^[A-Za-z_][A-Za-z0-9._-]{0,9}$/).filter((made) => made !== 'xmlns'),
)
const uri = fc.oneof(fc.constantFrom(...Object.values(ns)), fc.stringMatching(/^[a-z]{1,3}:[!#-;=?-Z_a-z~]{0,9}$/))
/** Anything XML can carry, the awkward more often. */
const text = fc
  .string({
    unit: fc.oneof(fc.constantFrom(...`<>&'"\t\n\r]!?-`), fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })),
  })
  .filter((made) => !/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.test(made))
const key = fc.oneof(
  name,
  fc.tuple(uri, name).map(([space, local]) => `{${space}}${local}`),
)

const tree = fc.letrec<{ element: Xml; child: Xml | string }>((tie) => ({
  element: fc
    .record({
      name,
      ns: fc.oneof(fc.constant(''), uri),
      attributes: fc.array(fc.tuple(key, text), { maxLength: 5 }).map((pairs) => new Map(pairs)),
      children: fc.array(tie('child'), { maxLength: 4 }),
    })
    .map((made): Xml => ({ ...made, children: joined(made.children) })),
  child: fc.oneof({ depthSize: 'small' }, text, tie('element')),
})).element

/** As the reader would have it: adjacent text is one string, never empty. */
function joined(children: (Xml | string)[]): (Xml | string)[] {
  const made: (Xml | string)[] = []
  for (const child of children) {
    const last = made.at(-1)
    if (typeof child === 'string' && typeof last === 'string') made[made.length - 1] = last + child
    else if (child !== '') made.push(child)
  }
  return made
}

test('S-X3 whatever is written is read back the same, and is written the same again', () => {
  fc.assert(
    fc.property(tree, (made) => {
      const written = renderXml(made)
      const read = readXml(written)
      assert.deepEqual(read, made)
      assert.equal(renderXml(read), written)
    }),
    { numRuns: 500 },
  )
})

test('S-X3 nothing written holds <! or <?, whatever the place it goes to', () => {
  fc.assert(
    fc.property(tree, fc.option(uri, { nil: '' }), (made, parentNs) => {
      assert.doesNotMatch(renderXml(made, { parentNs }), /<[!?]/)
      if (parentNs === ns.xml) return
      const around = `<around xmlns='${escapeValue(parentNs)}'>`
      assert.deepEqual(readXml(`${around}${renderXml(made, { parentNs })}</around>`).children, [made])
    }),
    { numRuns: 300 },
  )
})
