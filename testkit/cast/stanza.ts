/** stanza, unmodified, as a device: over BOSH or WebSocket. */
import { createClient, JXT } from 'stanza'
import { answerRequest } from './answer.ts'
import { readDeviceSettings, tell } from './settings.ts'

interface FairleadIQ {
  fairleadRequest?: { text?: string }
}

const { url, transport, domain, id, secret, resource, objects, comesBack = false } = readDeviceSettings()

const client = createClient({
  jid: `${id}@${domain}`,
  password: secret,
  resource,
  server: domain,
  transports: { websocket: false, bosh: false, [transport]: url },
  autoReconnect: comesBack,
  // Seconds; what it grows to where a device is moved several times.
  maxReconnectBackoff: 2,
})

// stanza turns XML into objects by description: ours is one element with text in it, in each direction.
for (const element of ['request', 'response']) {
  const path = element === 'request' ? 'iq.fairleadRequest' : 'iq.fairleadResponse'
  client.stanzas.define({ namespace: 'urn:fairlead:request:1', element, path, fields: { text: JXT.text() } })
}

for (const kind of ['get', 'set'] as const)
  client.on(`iq:${kind}:fairleadRequest` as 'iq', (iq) => {
    const text = answerRequest((iq as FairleadIQ).fairleadRequest?.text ?? '', objects)
    client.sendIQResult(iq as Parameters<typeof client.sendIQResult>[0], { fairleadResponse: { text } } as object)
  })

client.on('session:started', () => tell('online', { jid: client.jid }))
client.on('stream:management:resumed', () => tell('resumed'))
client.on('auth:failed', () => tell('gone', { reason: 'authentication' }))
client.on('stream:error', (error) => tell('gone', { reason: error.condition }))
client.on('disconnected', () => tell('gone', { reason: 'disconnected' }))
client.connect()

process.on('SIGTERM', () => client.disconnect())
