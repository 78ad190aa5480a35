/** What the reader takes and what it refuses, one construct each. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ns } from './namespaces.ts'
import { isElement, textOf } from './xml.ts'
import { XmlError, type XmlErrorKind } from './xml-error.ts'
import { readXml, readXmlStart } from './xml-reader.ts'

function refuses(document: string | Uint8Array, kind: XmlErrorKind): void {
  assert.throws(
    () => readXml(document),
    (error) => error instanceof XmlError && error.kind === kind,
    `${JSON.stringify(String(document))} is ${kind}`,
  )
}

test('an element has its name, its namespace, its attributes and its children in order', () => {
  const read = readXml(`<a xmlns='urn:a' b='1' xml:lang="en">x<p:c xmlns:p='urn:c' p:d='2'/>y<e xmlns=''/></a>`)
  assert.equal(read.name, 'a')
  assert.equal(read.ns, 'urn:a')
  assert.deepEqual(
    [...read.attributes],
    [
      ['b', '1'],
      [`{${ns.xml}}lang`, 'en'],
    ],
  )
  assert.deepEqual(
    read.children.map((child) => (isElement(child) ? [child.ns, child.name] : child)),
    ['x', ['urn:c', 'c'], 'y', ['', 'e']],
  )
  const [, inner] = read.children
  assert.ok(inner !== undefined && isElement(inner))
  assert.deepEqual([...inner.attributes], [['{urn:c}d', '2']])
})

test('S-X1 DTD, processing instructions and comments are refused wherever they stand', () => {
  const dtd = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
  for (const markup of [dtd, '<!DOCTYPE a SYSTEM "http://x.example/">', '<!-- c -->', '<?php x?>', '<!ELEMENT a ANY>'])
    for (const document of [`${markup}<a/>`, `<a>${markup}</a>`, `<a/>${markup}`, `<a>x${markup}y</a>`])
      refuses(document, 'restricted')
})

test('S-X1 only the five predefined entities and numeric references are expanded', () => {
  assert.equal(textOf(readXml('<a>&lt;&gt;&amp;&apos;&quot;&#65;&#x42;&#x1F600;&#0067;</a>')), `<>&'"AB\u{1F600}C`)
  assert.equal(readXml(`<a b='&lt;&gt;&amp;&apos;&quot;&#65;'/>`).attributes.get('b'), `<>&'"A`)
  for (const name of ['foo', 'nbsp', 'LT', ' lt', 'constructor', '__proto__', ''])
    refuses(`<a>&${name};</a>`, 'restricted')
  for (const reference of ['&', '&lt', '&#65', '&#x41 ', '& amp', '&&amp;']) refuses(`<a>${reference}</a>`, 'malformed')
  for (const code of [
    '#0',
    '#8',
    '#xD800',
    '#xFFFE',
    '#xFFFF',
    '#x110000',
    '#',
    '#x',
    '#-1',
    '#1e3',
    '#99999999999999',
  ])
    refuses(`<a>&${code};</a>`, 'malformed')
})

test('S-X1 references are not expanded twice', () => {
  assert.equal(textOf(readXml('<a>&amp;lt;&#38;#60;</a>')), '&lt;&#60;')
})

test('CDATA sections are text, joined with the text around them', () => {
  assert.deepEqual(readXml('<a>x<![CDATA[<&]]]>y</a>').children, ['x<&]y'])
  assert.deepEqual(readXml('<a><![CDATA[]]></a>').children, [])
  assert.deepEqual(readXml('<a><![CDATA[]]]]><![CDATA[>]]></a>').children, [']]>'])
  for (const broken of ['<a><![CDATA[</a>', '<a><![CDATA[\u0001]]></a>']) refuses(broken, 'malformed')
  for (const misplaced of ['<![CDATA[x]]>', '<a/><![CDATA[x]]>', '<a><![cdata[x]]></a>'])
    refuses(misplaced, 'restricted')
})

test('text holds no raw control characters, no half surrogates, no ]]>', () => {
  for (const character of [
    '\0',
    '\x01',
    '\x08',
    '\x0b',
    '\x0c',
    '\x0e',
    '\x1f',
    '\ufffe',
    '\uffff',
    '\ud800',
    '\udc00',
  ])
    for (const document of [`<a>x${character}y</a>`, `<a b='x${character}y'/>`, `${character}<a/>`, `<a/>${character}`])
      refuses(document, 'malformed')
  refuses('<a>]]></a>', 'malformed')
  assert.equal(textOf(readXml('<a>]] > ]&gt; \x7f\u0085\u{10ffff}</a>')), ']] > ]> \x7f\u0085\u{10ffff}')
})

test('B-036 bytes that are not UTF-8 are refused, never replaced', () => {
  const broken = [[0xff], [0xc0, 0x80], [0xe0, 0x80, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82]]
  for (const bytes of broken)
    refuses(Buffer.concat([Buffer.from('<a>'), Buffer.from(bytes), Buffer.from('</a>')]), 'malformed')
  assert.equal(textOf(readXml(Buffer.from('<a>\ufffd\u20ac\u{1F600}</a>'))), '\ufffd\u20ac\u{1F600}')
})

test('B-035 an XML declaration of 1.0 and UTF-8, and a byte order mark, may come first', () => {
  const declarations = [
    '<?xml version="1.0"?>',
    `\ufeff<?xml version='1.0' encoding='utf-8' ?>\r\n`,
    '<?xml\tversion = "1.0"\nencoding="UTF-8" standalone="yes"?>',
    '\ufeff \n',
  ]
  for (const declaration of declarations) assert.equal(readXml(`${declaration}<a/>`).name, 'a')
  assert.equal(readXml(Buffer.from(`${declarations[1]}<a/>`)).name, 'a')
  for (const declaration of [
    '<?xml version="1.1"?>',
    '<?xml version="1.0" encoding="UTF-16"?>',
    '<?xml version="1.0" encoding="ISO-8859-1"?>',
    '<?xml encoding="UTF-8"?>',
    '<?xml VERSION="1.0"?>',
    '<?XML version="1.0"?>',
    `<?xml version="1.0'?>`,
    '<?xml version="1.0"',
    ' <?xml version="1.0"?>',
    '<?xml version="1.0"?><?xml version="1.0"?>',
  ])
    refuses(`${declaration}<a/>`, 'restricted')
  refuses('\ufeff\ufeff<a/>', 'malformed')
  refuses(Buffer.from('\ufeff<a/>', 'utf16le'), 'malformed')
})

test('B-040 duplicate attributes and undeclared prefixes are refused', () => {
  for (const document of [
    `<a b='1' b='1'/>`,
    `<a xmlns='u:x' xmlns='u:x'/>`,
    `<a xmlns:p='u:x' xmlns:p='u:y'/>`,
    `<a xmlns:p='u:x' xmlns:q='u:x' p:b='1' q:b='2'/>`,
    `<p:a/>`,
    `<a p:b='1'/>`,
    `<a><b xmlns:p='u:x'/><p:c/></a>`,
  ])
    refuses(document, 'malformed')
  assert.equal(readXml(`<a xmlns='u:x' xmlns:p='u:x' b='1' p:b='2'/>`).attributes.size, 2)
})

test('namespace declarations that say what they may not are refused', () => {
  const xmlnsUri = 'http://www.w3.org/2000/xmlns/'
  for (const declaration of [
    `xmlns:p=''`,
    `xmlns:xmlns='u:x'`,
    `xmlns:p='${xmlnsUri}'`,
    `xmlns='${xmlnsUri}'`,
    `xmlns:xml='u:x'`,
    `xmlns:p='${ns.xml}'`,
    `xmlns='${ns.xml}'`,
    `xmlns:='u:x'`,
    `:p='1'`,
    `p:='1'`,
    `a:b:c='1'`,
  ])
    refuses(`<a ${declaration}/>`, 'malformed')
  for (const uri of ['a b', 'a}b', '{', '\u00e9', 'a&#10;b', '&lt;']) refuses(`<a xmlns='${uri}'/>`, 'restricted')
  for (const name of ['xmlns:a', ':a', 'a:', 'a:b:c', 'a:1']) refuses(`<${name} xmlns:a='u:x'/>`, 'malformed')
  assert.equal(readXml(`<a xmlns:xml='${ns.xml}'/>`).name, 'a')
})

test('tags must be whole, nested and alone', () => {
  for (const document of [
    '',
    ' ',
    'x',
    '<',
    '<a',
    '<a ',
    '<a b',
    '<a b=',
    '<a b=c/>',
    `<a b='`,
    `<a b='c'`,
    `<a b='c"/>`,
    `<a b='<'/>`,
    `<a b='1'c='2'/>`,
    '<a/',
    '<a / >',
    '< a/>',
    '<a>',
    '<a></',
    '<a></a',
    '<a></b>',
    '<a></ab>',
    '<ab></a>',
    '<a></ a>',
    '<a><b></a></b>',
    '<a/><b/>',
    '<a/>x',
    'x<a/>',
    '</a>',
    '<1/>',
    '<-a/>',
    '<a></a b="1">',
    '<a/></a>',
  ])
    refuses(document, 'malformed')
  refuses('<\u00e9/>', 'restricted')
  assert.equal(readXml(' <a ></a \r\n>\n').name, 'a')
})

test('line ends and white space in values are normalised as XML 1.0 says', () => {
  assert.equal(textOf(readXml('<a>1\r\n2\r3\n4&#13;5<![CDATA[\r\n6\r]]></a>')), '1\n2\n3\n4\r5\n6\n')
  assert.equal(readXml('<a b="1\r\n2\r3\n4\t5&#9;6&#10;7&#13;8  9 "/>').attributes.get('b'), '1 2 3 4 5\t6\n7\r8  9 ')
})

test('S-X4 names of the object prototype are names like any other', () => {
  const read = readXml(
    `<constructor __proto__='1' constructor='2' hasOwnProperty='3' toString='4'><__proto__/></constructor>`,
  )
  assert.deepEqual([...read.attributes.keys()], ['__proto__', 'constructor', 'hasOwnProperty', 'toString'])
  assert.equal(({} as Record<string, unknown>)['1'], undefined)
})

test('prefixes that are tolerated are bound unless the document binds them', () => {
  const tolerate = { xmpp: ns.xbosh }
  assert.deepEqual(
    [...readXml(`<a xmpp:restart='true'/>`, { tolerate }).attributes],
    [[`{${ns.xbosh}}restart`, 'true']],
  )
  assert.deepEqual([...readXml(`<a xmlns:xmpp='u:x' xmpp:b='1'/>`, { tolerate }).attributes], [['{u:x}b', '1']])
  assert.throws(() => readXml(`<a constructor:b='1'/>`, { tolerate }), XmlError)
})

test('the start of a root is read whatever follows it', () => {
  assert.equal(readXmlStart(`<a b='1'><c`).attributes.get('b'), '1')
  assert.throws(() => readXmlStart(`<a b='1'`), XmlError)
  assert.throws(() => readXmlStart(`<!-- --><a b='1'>`), XmlError)
})

test('a refusal says where', () => {
  assert.throws(() => readXml('<a>x<b></c></a>'), { name: 'XmlError', kind: 'malformed', offset: 9 })
})
