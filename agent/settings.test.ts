/** From what is said, remembered and left out to the devices that run. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeviceRecord } from './memory/device-record.ts'
import { type Flags, readAgentSettings, recordOf } from './settings.ts'

const read = (flags: Flags, environment: Record<string, string> = {}, file = '') =>
  readAgentSettings({ data: 'd', ...flags }, environment, () => file)

const flags = { relay: 'https://relay.example/', id: 'BRN-0421', secret: 's3cret-s3cret-s3cret', driver: 'virtual' }

/** The record of the first device that these say, over one that is remembered. */
function record(flags: Flags, environment: Record<string, string> = {}, file = '', known?: DeviceRecord): DeviceRecord {
  const settings = read(flags, environment, file)
  return recordOf(settings.named[0] ?? { ...settings.unnamed, id: known?.id ?? '' }, known, settings.modeFlag)
}

test('flags alone make a device; a serial number in capitals becomes its ID in lower case (A2)', () => {
  assert.deepEqual(record(flags), {
    id: 'brn-0421',
    relay: 'https://relay.example',
    code: null,
    claim: null,
    confirmationPages: { page: null, printedAt: [] },
    pairs: false,
    resetDueAt: null,
    services: [],
    scanner: null,
    secret: 's3cret-s3cret-s3cret',
    driver: 'virtual',
    printerKey: null,
    listen: null,
    sessionMaintenance: true,
    configuredMode: null,
    survivalMode: 'survival',
    survivalTimeoutSeconds: null,
    survivalAnswerTimeoutSeconds: 10,
    lookEverySeconds: 60,
    walkUp: null,
    learnedWaitSeconds: null,
  })
})

test('the secret may come from the environment, and the relay; what is meant for a relay is left alone', () => {
  const environment = { FAIRLEAD_SECRET: 'from-the-environment', FAIRLEAD_LISTEN: '0.0.0.0:80', FAIRLEAD_DATA: '/x' }
  const settings = read({ id: 'a' }, { ...environment, FAIRLEAD_RELAY: 'https://r' })
  assert.equal(settings.named[0]?.secret, 'from-the-environment')
  assert.equal(settings.named[0]?.relay, 'https://r')
  assert.equal(settings.named[0]?.listen, undefined)
  assert.equal(settings.data, 'd')
})

const file = `
relay: https://relay.example
survivalTimeout: 90
devices:
  - { id: a, secret: secret-of-a-secret, driver: virtual, listen: "127.0.0.1:0" }
  - id: b
    secret: secret-of-b-secret
    driver: { host: 192.0.2.1, user: reader }
    sessionMaintenance: off
    relay: https://other.example
`

test('a configuration file has several devices, each with its own over the common settings', () => {
  const { named, modeFlag } = read({ config: 'f' }, {}, file)
  const [a, b] = named.map((given) => recordOf(given, undefined, modeFlag))
  assert.equal(a?.relay, 'https://relay.example')
  assert.equal(a?.listen, '127.0.0.1:0')
  assert.equal(a?.survivalTimeoutSeconds, 90)
  assert.equal(a?.sessionMaintenance, true)
  assert.equal(b?.relay, 'https://other.example')
  assert.deepEqual(b?.driver, { host: '192.0.2.1', user: 'reader' })
  assert.equal(b?.sessionMaintenance, false)
})

test('A1b with nothing said, what is remembered is enough', () => {
  const known = record(flags)
  assert.deepEqual(record({}, {}, '', known), known)
})

test('what is said now beats what is remembered, and another relay forgets what was learned of the way', () => {
  const known = { ...record(flags), learnedWaitSeconds: 16 }
  assert.equal(record({}, {}, '', known).learnedWaitSeconds, 16)
  assert.equal(record({ relay: 'http://relay.example' }, {}, '', known).learnedWaitSeconds, 16)
  const moved = record({ relay: 'https://new.example' }, {}, '', known)
  assert.equal(moved.relay, 'https://new.example')
  assert.equal(moved.learnedWaitSeconds, null)
})

test('A1 the mode that was switched survives a restart with the same file; a new word in the file counts', () => {
  const factoryOff = 'sessionMaintenance: off'
  const first = record({ ...flags, config: 'f' }, {}, factoryOff)
  assert.equal(first.sessionMaintenance, false)
  const switched = { ...first, sessionMaintenance: true }
  assert.equal(record({ ...flags, config: 'f' }, {}, factoryOff, switched).sessionMaintenance, true)
  const factoryOn = { ...switched, configuredMode: true, sessionMaintenance: false }
  assert.equal(record({ ...flags, config: 'f' }, {}, factoryOff, factoryOn).sessionMaintenance, false)
  assert.equal(record({ ...flags, config: 'f' }, {}, 'sessionMaintenance: on', first).sessionMaintenance, true)
})

test('A1 a flag sets the mode, whatever is remembered', () => {
  const known = { ...record(flags), sessionMaintenance: false }
  assert.equal(record({ ...flags, sessionMaintenance: 'on' }, {}, '', known).sessionMaintenance, true)
  assert.equal(record({ ...flags, sessionMaintenance: 'off' }).sessionMaintenance, false)
})

test('what is wrong or missing is told in one sentence that names it', () => {
  const cases: [Flags, string, RegExp][] = [
    [{ ...flags, relay: 'relay.example' }, '', /--relay.*https:\/\//],
    [{ ...flags, relay: 'https://u:p@relay.example' }, '', /no user name/],
    [{ ...flags, id: 'no spaces' }, '', /--id/],
    [{ ...flags, secret: undefined }, '', /has no secret.*FAIRLEAD_SECRET/],
    [{ ...flags, driver: undefined }, '', /--driver/],
    [{ ...flags, relay: undefined }, '', /--relay URL/],
    [{ ...flags, code: 'ABCD' }, '', /is no factory code: compare it with the label/],
    [{ ...flags, survivalMode: 'pray' }, '', /survival or connection or session or nothing/],
    [{ ...flags, survivalTimeout: '86401' }, '', /0 to 86400/],
    [{ ...flags, sessionMaintenance: 'maybe' }, '', /on or off/],
    [{ ...flags, config: 'f' }, 'colour: red', /colour/],
    [{ ...flags, config: 'f' }, '{', /is not YAML/],
    [{ ...flags, config: 'f' }, 'devices: []', /names one device/],
    [{ config: 'f' }, 'devices: []', /at least one/],
    [{ config: 'f' }, 'devices: [{driver: virtual}]', /needs an id/],
    [{ config: 'f' }, 'devices: [{id: a, colour: red}]', /colour/],
    [{ config: 'f' }, 'devices: [{id: a}, {id: A}]', /twice/],
  ]
  for (const [given, text, sentence] of cases)
    assert.throws(() => record(given, {}, text), { name: 'UsageError', message: sentence })
})

test('a secret that does not fit is not repeated in the message', () => {
  assert.throws(
    () => record({ config: 'f' }, {}, 'devices: [{id: a, secret: 12345678}]'),
    (error: Error) => error.name === 'UsageError' && !error.message.includes('12345678'),
  )
  assert.throws(
    () => record({ config: 'f' }, {}, 'secret: *12345678'),
    (error: Error) => /is not YAML: [^\n]+\.$/.test(error.message) && !error.message.includes('12345678'),
  )
})

const services = `
relay: https://relay.example
id: a
secret: secret-of-a-secret
driver: virtual
scanner: "escl:https://192.0.2.7:443"
services:
  - { id: forms, title: Forms, download: "https://forms.example/next", authorization: Bearer of-the-forms }
  - { id: archive, title: Archive, upload: "http://archive.example/in", scan: { resolution: 200, color: gray } }
`

test('A14 pull services and the scanner come from the file, are remembered, and go when the file says so', () => {
  const known = record({ config: 'f' }, {}, services)
  assert.deepEqual(
    known.services.map(({ id }) => id),
    ['forms', 'archive'],
  )
  assert.equal(known.services[1]?.scan?.format, 'application/pdf')
  assert.equal(known.scanner, 'escl:https://192.0.2.7:443')
  assert.deepEqual(record({}, {}, '', known), known)
  assert.deepEqual(record({ config: 'f' }, {}, 'services: []', known).services, [])
  const own = read({ config: 'f' }, {}, 'devices: [{id: a, services: [{id: x, title: X, upload: "http://x.example"}]}]')
  assert.equal(own.named[0]?.services?.[0]?.id, 'x')
})

test('A14 a service that is named wrongly is told, without its secret', () => {
  const cases: [string, RegExp][] = [
    ['services: forms', /services.*is not as it must be/],
    ['services: [{id: a, title: A}]', /number 1 needs a download or an upload/],
    ['services: [{id: a, title: A, download: "ftp://x"}]', /number 1 download must be an http/],
    ['services: [{id: a, title: A, download: "https://u:p@x.example"}]', /takes no user name/],
    ['services: [{id: a, title: A, download: "http://x", upload: "http://x"}]', /a download or an upload/],
    ['services: [{id: a, title: A, download: "http://x", scan: {}}]', /scans for an upload only/],
    ['services: [{id: "../a", title: A, download: "http://x"}]', /number 1 id must be/],
    ['services: [{id: a, title: A, download: "http://x"}, {id: a, title: A, download: "http://x"}]', /one id twice/],
    [
      'services: [{id: a, title: A, download: "http://x", authorization: "s3cret-é"}]',
      /authorization must be printable/,
    ],
    ['scanner: --batch', /scanner/],
  ]
  for (const [text, sentence] of cases)
    assert.throws(
      () => record({ ...flags, config: 'f' }, {}, text),
      (error: Error) =>
        error.name === 'UsageError' && sentence.test(error.message) && !error.message.includes('s3cret'),
      text,
    )
})

test('H1 a sensor and how soon it sleeps are remembered, and given up by a word', () => {
  const first = record({ ...flags, walkUp: 'http://127.0.0.1:8090/somebody' })
  assert.deepEqual(first.walkUp, {
    ...{ sensor: 'http://127.0.0.1:8090/somebody', sleepAfterSeconds: 60, leaveAfterSeconds: 60 },
  })
  const then = (more: Flags) => record({ ...flags, ...more }, {}, '', first).walkUp
  assert.deepEqual(then({ sleepAfter: '5' }), { ...first.walkUp, sleepAfterSeconds: 5 })
  assert.deepEqual(then({ leaveAfter: '90' }), { ...first.walkUp, leaveAfterSeconds: 90 })
  assert.throws(() => then({ leaveAfter: '120' }), /leave-after/)
  assert.equal(then({ walkUp: 'off' }), null)
  assert.throws(() => then({ walkUp: 'http://192.0.2.1:1/' }), /give it a token/)
})
