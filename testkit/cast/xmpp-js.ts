/** @xmpp/client, unmodified, as a device over WebSocket; BOSH it does not speak. */
import { client, xml } from '@xmpp/client'
import { answerRequest } from './answer.ts'
import { readDeviceSettings, tell } from './settings.ts'

const { url, domain, id, secret, resource, objects } = readDeviceSettings()
const requestNs = 'urn:fairlead:request:1'

const device = client({ service: url, domain, resource, username: id, password: secret })

for (const kind of ['get', 'set'] as const)
  device.iqCallee[kind](requestNs, 'request', ({ element }) =>
    xml('response', { xmlns: requestNs }, answerRequest(element.text(), objects)),
  )

device.on('online', (jid) => tell('online', { jid: String(jid) }))
device.streamManagement.on('resumed', () => tell('resumed'))
device.on('offline', () => tell('gone', { reason: 'disconnected' }))
device.on('error', ({ condition, message }) =>
  tell('gone', { reason: condition === 'not-authorized' ? 'authentication' : (condition ?? message) }),
)
// It tries again by itself; its first failure has been told as `error`.
await device.start().catch(() => {})

process.on('SIGTERM', () => void device.stop().finally(() => process.exit()))
