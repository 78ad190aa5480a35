/** strophe.js, unmodified, as a device: over BOSH or WebSocket, in a page of jsdom as in a browser. Started with `--conditions=browser`. */
import { JSDOM } from 'jsdom'
import { answerRequest } from './answer.ts'
import { readDeviceSettings, tell } from './settings.ts'

const { url, domain, id, secret, resource, objects } = readDeviceSettings()
const requestNs = 'urn:fairlead:request:1'

// The page stands at the relay itself, as a device's would; its XMLHttpRequest fills `responseXML`, which strophe lives by.
const { window } = new JSDOM('', { url: url.replace(/^ws/, 'http') })
const { document, DOMParser, XMLSerializer, XMLHttpRequest } = window
Object.assign(globalThis, { window, document, DOMParser, XMLSerializer, XMLHttpRequest })

// Only now: the module looks for the page's globals while it loads.
const { Strophe, $iq } = await import('strophe.js')

const connection = new Strophe.Connection(url)

connection.addHandler(
  (stanza: Element) => {
    const request = stanza.getElementsByTagName('request')[0]
    const answer = answerRequest(request?.textContent ?? '', objects)
    const [to, requestId] = [stanza.getAttribute('from') ?? domain, stanza.getAttribute('id') ?? '']
    connection.send($iq({ type: 'result', to, id: requestId }).c('response', { xmlns: requestNs }).t(answer))
    return true
  },
  requestNs,
  'iq',
)

connection.connect(`${id}@${domain}/${resource}`, secret, (status: number, condition?: string | null) => {
  if (status === Strophe.Status.CONNECTED) tell('online', { jid: connection.jid })
  if (status === Strophe.Status.DISCONNECTED) tell('gone', { reason: condition ?? 'disconnected' })
  if (status === Strophe.Status.AUTHFAIL) tell('gone', { reason: 'authentication', condition })
})

process.on('SIGTERM', () => connection.disconnect('bye'))
