/** What is kept of announcements, what is asked for still, and what is too much. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createAnnouncements } from './announcements.ts'
import { readResponse } from './dns-message.ts'
import { addressRecord, type FixtureRecord, serviceRecords, writeResponse } from './fixture-announcements.ts'

const sender = { address: '192.168.1.20', zone: 'eth0' }
const read = (...records: FixtureRecord[]) => readResponse(writeResponse(records))
const office = {
  type: '_ipp',
  instance: 'Dr. Who 4.0',
  host: 'Office',
  texts: ['RP=ipp/print', 'rp=other', 'Color', '=x'],
}

test('what answers leave out is asked for, by the name with its dots, and what still does not come is left alone', () => {
  const announcements = createAnnouncements()
  const [ptr, srv, txt] = serviceRecords(office)
  assert.ok(ptr && srv && txt)
  announcements.take(read(ptr), sender)
  assert.deepEqual(announcements.services(), [])
  const name = ['Dr. Who 4.0', '_ipp', '_tcp', 'local']
  assert.deepEqual(announcements.missing(), [
    { name, type: 'SRV' },
    { name, type: 'TXT' },
  ])
  announcements.take(read(srv, txt), sender)
  const host = ['Office', 'local']
  for (let tries = 0; tries < 3; tries++)
    assert.deepEqual(announcements.missing(), [
      { name: host, type: 'A' },
      { name: host, type: 'AAAA' },
    ])
  assert.deepEqual(announcements.missing(), [])

  announcements.take(
    read(addressRecord('OFFICE', '192.168.1.20'), addressRecord('office', `fe80${'0'.repeat(27)}1`)),
    sender,
  )
  const [service] = announcements.services()
  assert.deepEqual(service, {
    type: '_ipp',
    instance: 'Dr. Who 4.0',
    host: 'office.local',
    port: 631,
    texts: new Map([['rp', 'ipp/print']]),
    addresses: ['192.168.1.20', 'fe80::1%eth0'],
  })
})

test('of a host that has told an IPv6 address alone, the one of IPv4 is asked for', () => {
  const announcements = createAnnouncements()
  announcements.take(read(...serviceRecords(office), addressRecord('office', `20010db8${'0'.repeat(23)}1`)), sender)
  assert.deepEqual(announcements.missing(), [{ name: ['Office', 'local'], type: 'A' }])
})

test('the first word stands: a neighbour cannot take a printer over by saying something else', () => {
  const announcements = createAnnouncements()
  announcements.take(read(...serviceRecords(office)), sender)
  announcements.take(read(...serviceRecords({ ...office, host: 'mallory', port: 4444, texts: ['rp=evil'] })), {
    address: '192.168.1.66',
    zone: 'eth0',
  })
  const services = announcements.services()
  assert.deepEqual(
    services.map(({ host, port, texts }) => [host, port, texts.get('rp')]),
    [['office.local', 631, 'ipp/print']],
  )
})

test('services of other kinds, and names that are none of a service, are not kept', () => {
  const announcements = createAnnouncements()
  const others = ['_http', '_airplay', '_services'].flatMap((type) => serviceRecords({ ...office, type }))
  announcements.take(read(...others, ...serviceRecords({ ...office, instance: '' })), sender)
  assert.deepEqual(announcements.services(), [])
  assert.deepEqual(announcements.missing(), [])
})

test('a neighbour that floods fills its own share alone: the printers of others are kept, and it is told', () => {
  const announcements = createAnnouncements()
  for (let i = 0; i < 5000; i++)
    announcements.take(
      read(
        ...serviceRecords({ ...office, instance: `flood ${i}`, host: `flood-${i}` }),
        addressRecord(`flood-${i}`, '10.0.0.1'),
      ),
      { address: '192.168.1.66', zone: 'eth0' },
    )
  assert.equal(announcements.services().length, 300)
  announcements.take(read(...serviceRecords(office), addressRecord('office', '192.168.1.20')), sender)
  assert.ok(announcements.services().some(({ addresses }) => addresses.includes('192.168.1.20')))
  assert.ok(announcements.isCut())
})

test('a flood from forged senders has an end too, and so has what is asked because of it', () => {
  const announcements = createAnnouncements()
  for (let i = 0; i < 5000; i++) {
    const [ptr] = serviceRecords({ ...office, instance: `flood ${i}` })
    announcements.take(ptr ? read(ptr) : [], { address: `192.168.${i >> 8}.${i & 255}`, zone: undefined })
  }
  let asked = 0
  for (let i = 0; i < 20; i++) asked += announcements.missing().length
  assert.ok(asked <= 1002, `${asked} questions`)
})

test('a host tells sixteen addresses, and no more are kept', () => {
  const announcements = createAnnouncements()
  const addresses = Array.from({ length: 40 }, (_, i) => addressRecord('office', `192.168.1.${i + 1}`))
  announcements.take(read(...serviceRecords(office), ...addresses), sender)
  assert.equal(announcements.services()[0]?.addresses.length, 16)
})
