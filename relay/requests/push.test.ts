/** The push is written out by hand: it reads as what it is, and as the writer of XML writes it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ns, renderXml, xml } from '@fairlead/protocol/xmpp'
import { renderPush } from './push.ts'

test('a push is what the writer of XML makes of it, whatever is in it', () => {
  const words = ['it\'s <b>&amp;</b> "this" ]]>', 'zeile\r\nzwei\t', 'ü 日本 😀', '']
  for (const kind of ['get', 'set', 'command'] as const)
    for (const word of words) {
      const text = { set: { location: word }, timeoutSeconds: 5 }
      const [requestId, from, to] = ["r'1", 'relay.example', "mfp@relay.example/o'brien & <co>"]
      const type = kind === 'get' ? 'get' : 'set'
      const request = xml('request', ns.request, {}, JSON.stringify(text))
      assert.equal(
        renderPush({ requestId, kind, from, to, text }),
        renderXml(xml('iq', ns.client, { type, id: requestId, from, to }, request)),
      )
    }
})
