/** What people read: the table, and what to look at when it would be empty. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { tableOf } from '../../cli/table.ts'
import type { FoundDevice } from './discovery.ts'
import { showFound } from './shown.ts'

const office: FoundDevice = {
  name: 'Office',
  model: 'Ardea LaserWriter 40',
  place: '2nd floor',
  isPrinter: true,
  isScanner: true,
  uuid: null,
  serial: null,
  hosts: ['office.local'],
  addresses: [{ address: '192.168.1.20', isLocal: true }],
  services: [],
  snmp: 'answers',
  driver: 'ipps://192.168.1.20:631/ipp/print',
}
const show = (devices: FoundDevice[], isCut = false) =>
  showFound({ devices, interfaces: ['eth0', 'wlan0'], isCut }, 5, tableOf).join('\n')

test('what there is, the words to copy, and what an agent is started with', () => {
  assert.equal(
    show([office]),
    `ADDRESS       NAME    MODEL                 PLACE      WHAT              SNMP
192.168.1.20  Office  Ardea LaserWriter 40  2nd floor  printer, scanner  yes

DRIVER                             OF
ipps://192.168.1.20:631/ipp/print  Office

Start an agent with one: fairlead agent --relay URL --id ID --secret S --driver DRIVER`,
  )
})

test('each device without a driver has its reason in place of it', () => {
  const none: FoundDevice = { ...office, driver: null, isPrinter: false, snmp: 'silent' }
  const nowhere: FoundDevice = { ...none, addresses: [], snmp: 'not-asked' }
  const elsewhere = { ...nowhere, addresses: [{ address: '203.0.113.9', isLocal: false }] }
  assert.match(
    show([none]),
    / scanner {2}no answer\n.*\nnone: no usable IPP, no answer to SNMP {2}Office\n\nWhere there is none, switch/s,
  )
  assert.match(show([nowhere]), /\noffice\.local .*not asked.*\nnone: nobody told its address {2}Office$/s)
  assert.match(show([elsewhere]), /\n203\.0\.113\.9 .*\nnone: in no network of this machine {2}Office$/s)
  assert.match(show([office], true), /More was announced than is shown/)
  assert.doesNotMatch(show([office]), /none|More/)
})

test('an IPv6 address and options stand in quotes, since brackets and question marks are patterns to some shells', () => {
  assert.match(show([{ ...office, driver: 'snmp://[2001:db8::20]' }]), /\n'snmp:\/\/\[2001:db8::20\]' {2}Office\n/)
  assert.match(show([{ ...office, driver: 'ipp://h:631/ipp/print?community=public' }]), /\n'ipp:.*=public' {2}Office\n/)
})

test('where nothing was found it says what to look at; where there is no network, that', () => {
  const text = show([])
  assert.match(
    text,
    /^No printer has announced itself within 5 s on eth0, wlan0\. What to look at:\n- Is the printer on/,
  )
  for (const word of ['client isolation', 'UDP port 5353', 'container', '--driver snmp://ADDRESS'])
    assert.ok(text.includes(word), word)
  const [line, ...more] = showFound({ devices: [], interfaces: [], isCut: false }, 5, tableOf)
  assert.match(line ?? '', /this machine has no network/)
  assert.deepEqual(more, [])
})
