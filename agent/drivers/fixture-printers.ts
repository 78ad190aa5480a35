/** Small MIBs for tests, written from the RFCs: a printer with the supplies that a test is about. */
import { type Cell, integer, octets } from './cell.ts'
import { addresses, host, interfaces, printer, system } from './printer-mib.ts'

export interface FixtureSupply {
  type?: number
  description?: string | Uint8Array
  level?: number
  capacity?: number
  unit?: number
  colorant?: number
}

const text = (value: string | Uint8Array): Cell =>
  typeof value === 'string' ? octets(value) : { type: 'octets', value }

/** @param supplies by prtMarkerSuppliesIndex */
export function supplyCells(supplies: Readonly<Record<number, FixtureSupply>>): Map<string, Cell> {
  const cells = new Map<string, Cell>()
  for (const [index, supply] of Object.entries(supplies)) {
    const numbers = {
      [printer.suppliesType]: supply.type ?? 3,
      [printer.suppliesMaxCapacity]: supply.capacity,
      [printer.suppliesLevel]: supply.level,
      [printer.suppliesSupplyUnit]: supply.unit,
      [printer.suppliesColorantIndex]: supply.colorant,
    }
    for (const [column, value] of Object.entries(numbers))
      if (value !== undefined) cells.set(`${column}.1.${index}`, integer(value))
    if (supply.description !== undefined)
      cells.set(`${printer.suppliesDescription}.1.${index}`, text(supply.description))
  }
  return cells
}

/** A printer as the RFCs want it, with one black toner cartridge. */
export function plainPrinter(): Map<string, Cell> {
  return new Map<string, Cell>([
    [system.descr, octets('Ardea NetCard 5, firmware 2.1')],
    [system.objectId, { type: 'oid', value: '1.3.6.1.4.1.99999.1' }],
    ['1.3.6.1.2.1.1.3.0', { type: 'timeticks', value: 8_640_000 }],
    [system.contact, octets('desk@example.org')],
    [system.name, octets('ardea-2')],
    [system.location, octets('2nd floor')],
    [`${interfaces.type}.1`, integer(24)],
    [`${interfaces.type}.2`, integer(6)],
    [`${interfaces.physAddress}.1`, octets('')],
    [`${interfaces.physAddress}.2`, { type: 'octets', value: Buffer.from('0200005e0102', 'hex') }],
    [`${interfaces.operStatus}.1`, integer(1)],
    [`${interfaces.operStatus}.2`, integer(1)],
    [`${addresses.ipAdEntIfIndex}.127.0.0.1`, integer(1)],
    [`${addresses.ipAdEntIfIndex}.198.51.100.7`, integer(2)],
    [`${addresses.ipAdEntNetMask}.127.0.0.1`, { type: 'ip', value: '255.0.0.0' }],
    [`${addresses.ipAdEntNetMask}.198.51.100.7`, { type: 'ip', value: '255.255.255.192' }],
    [host.memorySize, integer(262_144)],
    [`${host.deviceType}.1`, { type: 'oid', value: '1.3.6.1.2.1.25.3.1.4' }],
    [`${host.deviceType}.3`, { type: 'oid', value: host.isPrinter }],
    [`${host.deviceDescr}.1`, octets('Ethernet')],
    [`${host.deviceDescr}.3`, octets('Ardea LaserWriter 40')],
    [`${host.deviceStatus}.3`, integer(2)],
    [`${host.printerStatus}.3`, integer(3)],
    [`${host.printerDetectedErrorState}.3`, { type: 'octets', value: Uint8Array.of(0) }],
    [`${printer.generalSerialNumber}.1`, octets(' AR-40-0077 ')],
    [`${printer.inputMaxCapacity}.1.1`, integer(250)],
    [`${printer.inputCurrentLevel}.1.1`, integer(-3)],
    [`${printer.inputMediaName}.1.1`, octets('a4')],
    [`${printer.inputName}.1.1`, octets('Tray 1')],
    [`${printer.markerCounterUnit}.1.1`, integer(7)],
    [`${printer.markerLifeCount}.1.1`, { type: 'counter', value: 34_910 }],
    ...supplyCells({ 1: { description: 'Black Toner', level: 600, capacity: 2000, unit: 13, colorant: 1 } }),
    [`${printer.colorantValue}.1.1`, octets('black')],
  ])
}

/** What a driver should make of `plainPrinter`. */
export const plainObjects = {
  model: 'Ardea LaserWriter 40',
  serial: 'AR-40-0077',
  name: 'ardea-2',
  location: '2nd floor',
  contact: 'desk@example.org',
  status: 'idle',
  alerts: [],
  mac: '02:00:00:5e:01:02',
  ip: '198.51.100.7',
  addresses: ['198.51.100.7/26'],
  pages: { value: 34_910, unit: 'impressions' },
  supplies: [
    {
      index: 1,
      description: 'Black Toner',
      type: 'toner',
      color: 'black',
      level: 600,
      capacity: 2000,
      unit: 'tenths-of-grams',
      percent: 30,
    },
  ],
  'toner.black': 30,
  trays: [{ index: 1, name: 'Tray 1', level: 'some', capacity: 250, media: 'a4' }],
}
