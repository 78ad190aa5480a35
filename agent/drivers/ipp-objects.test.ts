/** What printers tell over IPP as the contract's objects: those that tell much, those that tell little, and those that lie. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { attributesFrom, type IppValue, ipp } from '@fairlead/protocol/ipp'
import { ippObjects } from './ipp-objects.ts'

const objectsOf = (told: Record<string, readonly IppValue[]>) => ippObjects(attributesFrom(told))
const octets = (...rows: string[]) => ipp.octetString(...rows.map((row) => new TextEncoder().encode(row)))

test('A12 who it is: from attributes of its own, or from its IEEE 1284 device ID', () => {
  const id = ipp.text('MFG:Ardea;MDL:Heron 5;SN:  HR-77 ;')
  assert.deepEqual(objectsOf({ 'printer-device-id': id }), { model: 'Heron 5', serial: 'HR-77' })
  const told = {
    'printer-device-id': id,
    'printer-make-and-model': ipp.text('Ardea Heron 5\0'),
    'printer-serial-number': ipp.text('HR-78'),
    'printer-firmware-string-version': ipp.text('1.2', 'b7'),
    'printer-location': ipp.text(''),
    'printer-name': ipp.name('ardea'),
  }
  assert.deepEqual(objectsOf(told), {
    ...{ model: 'Ardea Heron 5', serial: 'HR-78', firmware: '1.2, b7', name: 'ardea', location: '' },
  })
})

test('A12 supplies of a printer that tells markers, as CUPS does', () => {
  const { supplies, ...named } = objectsOf({
    'marker-names': ipp.name('Black Cartridge', 'Tri-color', 'Waste'),
    'marker-types': ipp.keyword('ink-cartridge', 'inkCartridge', 'waste-ink'),
    'marker-colors': ipp.name('#000000', '#00FFFF#FF00FF#FFFF00', 'none'),
    'marker-levels': ipp.integer(40, -3, 120),
  })
  const parts = (supplies as Record<string, unknown>[]).map(({ type, color, level, percent }) => [
    ...[type, color, level, percent],
  ])
  assert.deepEqual(parts, [
    ['ink-cartridge', 'black', 40, 40],
    ['ink-cartridge', null, 'some', null],
    ['waste-ink', null, 120, null],
  ])
  assert.deepEqual(named, { 'ink.black': 40 })
})

test('A12 supplies of a printer that tells its table: levels that are words, and percentages only where they follow', () => {
  const { supplies, ...named } = objectsOf({
    'printer-supply': octets(
      'index=4;class=supplyThatIsConsumed;type=tonerCartridge;unit=impressions;maxcapacity=2000;level=500;colorantname=cyan;',
      'type=toner;maxcapacity=-2;level=-3;colorantname=unknown;',
      'type=opc;unit=percent;maxcapacity=100;level=ninety;',
    ),
    'printer-supply-description': ipp.text('Cyan', 'Schwarztoner', 'Drum'),
  })
  assert.deepEqual((supplies as unknown[])[0], {
    ...{ index: 4, description: 'Cyan', type: 'toner-cartridge', color: 'cyan' },
    ...{ level: 500, capacity: 2000, unit: 'impressions', percent: 25 },
  })
  assert.deepEqual(named, { 'toner.cyan': 25, 'toner.black': 'some' })
  assert.deepEqual((supplies as Record<string, unknown>[]).at(-1)?.['level'], 'unknown')
})

const conditions: [state: number, reasons: string[], status: string, alerts: string[]][] = [
  [3, ['none'], 'idle', []],
  [3, ['hibernate-report'], 'sleeping', []],
  [3, ['fuser-warming-up-report'], 'warmup', []],
  [4, ['media-empty-warning', 'toner-low-warning'], 'printing', ['low-toner', 'input-tray-empty']],
  [5, ['media-empty-error', 'door-open', 'media-jam-error'], 'stopped', ['no-paper', 'door-open', 'jammed']],
  [5, ['marker-supply-empty', 'output-area-full', 'x-own-reason'], 'stopped', ['no-toner', 'output-full']],
  [9, ['constructor'], 'unknown', []],
]

for (const [state, reasons, status, alerts] of conditions)
  test(`A12 state ${state} because of ${reasons.join(', ')} is ${status}`, () => {
    const told = { 'printer-state': ipp.enum(state), 'printer-state-reasons': ipp.keyword(...reasons) }
    assert.deepEqual(objectsOf(told), { status, alerts })
  })

test('A12 counters, and what is loaded, as far as it is told', () => {
  const impressions = { 'printer-impressions-completed': ipp.integer(34_910) }
  assert.deepEqual(objectsOf({ ...impressions, 'printer-media-sheets-completed': ipp.integer(20_000) }), {
    pages: { value: 34_910, unit: 'impressions' },
  })
  assert.deepEqual(objectsOf({ 'printer-media-sheets-completed': ipp.integer(7) }), {
    pages: { value: 7, unit: 'sheets' },
  })
  assert.deepEqual(objectsOf({ 'media-ready': ipp.keyword('iso_a4_210x297mm') }), {
    trays: [{ index: 1, name: null, level: 'unknown', capacity: 'unknown', media: 'iso_a4_210x297mm' }],
  })
})

test('A12 values of a syntax that they cannot have are not there', () => {
  const lies = {
    'printer-state': ipp.text('idle'),
    'printer-supply': ipp.integer(7),
    'marker-levels': ipp.keyword('x'),
  }
  assert.deepEqual(objectsOf({ ...lies, 'printer-info': ipp.none('unknown'), 'printer-location': ipp.integer(2) }), {})
})
