/** Rows D-001 and D-002: how clients find the doors. */
import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { isElement, readXml } from '@fairlead/protocol/xmpp'
import { hostMeta, hostMetaJson } from './host-meta.ts'

const expected = [
  { rel: 'urn:xmpp:alt-connections:xbosh', href: 'https://relay.example/http-bind' },
  { rel: 'urn:xmpp:alt-connections:websocket', href: 'wss://relay.example/xmpp-websocket' },
]

test('D-001 the XRD names both doors', () => {
  const { content, contentType, headers } = hostMeta('https://relay.example')
  assert.equal(contentType, 'application/xrd+xml; charset=utf-8')
  assert.equal(headers['Access-Control-Allow-Origin'], '*')
  const root = readXml(content)
  assert.deepEqual([root.name, root.ns], ['XRD', 'http://docs.oasis-open.org/ns/xri/xrd-1.0'])
  const links = root.children.filter(isElement).map(({ attributes }) => Object.fromEntries(attributes))
  assert.deepEqual(links, expected)
})

test('D-001 the JSON names the same', () => {
  const { content, contentType, headers } = hostMetaJson('https://relay.example/')
  assert.equal(contentType, 'application/json; charset=utf-8')
  assert.equal(headers['Access-Control-Allow-Origin'], '*')
  assert.deepEqual(JSON.parse(content), { links: expected })
})

test('D-001 a port and a path of the public address are kept', () => {
  const { links } = JSON.parse(hostMetaJson('https://relay.example:8443/fleet/').content)
  assert.equal(links[0].href, 'https://relay.example:8443/fleet/http-bind')
  assert.equal(links[1].href, 'wss://relay.example:8443/fleet/xmpp-websocket')
})

test('D-001 doors without TLS are named on loopback only', () => {
  assert.deepEqual(JSON.parse(hostMetaJson('http://relay.example:8080').content), { links: [] })
  for (const host of ['localhost:8080', '127.0.0.1:8080', '[::1]:8080']) {
    const { links } = JSON.parse(hostMetaJson(`http://${host}`).content)
    assert.deepEqual(
      links.map((link: { href: string }) => link.href),
      [`http://${host}/http-bind`, `ws://${host}/xmpp-websocket`],
    )
  }
})

test('D-002 nothing in this room asks DNS: a spoofed TXT record leads nowhere', async () => {
  const room = new URL('.', import.meta.url)
  const files = (await readdir(room)).filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
  assert.ok(files.includes('host-meta.ts'))
  for (const name of files)
    assert.doesNotMatch(await readFile(new URL(name, room), 'utf8'), /from '(node:)?dns|resolveTxt/, name)
})
