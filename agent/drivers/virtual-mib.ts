/** The MIB of a virtual printer: everything that is told of it, by name too, comes from here. */
import { type Cell, type Cells, integer, octets } from './cell.ts'
import { addresses, entity, host, interfaces, printer as mib, system } from './printer-mib.ts'
import { alertOctets } from './printer-words.ts'
import { alertsOfPrinter, statusOfPrinter, tonerColors, tonerLevel, type VirtualPrinter } from './virtual-printer.ts'

const oid = (value: string): Cell => ({ type: 'oid', value })

/** hrDeviceStatus and hrPrinterStatus of each status (RFC 3805 §2.2.13.2.1). */
const statusNumbers = {
  idle: [2, 3],
  printing: [2, 4],
  warmup: [2, 5],
  stopped: [5, 1],
  sleeping: [2, 1],
  unknown: [1, 2],
} as const

/** @param upHundredths since it was switched on, in hundredths of a second */
export function cellsOf(printer: VirtualPrinter, upHundredths: number): Cells {
  const cells = new Map<string, Cell>([
    [system.descr, octets(printer.model)],
    [system.objectId, oid('0.0')],
    ['1.3.6.1.2.1.1.3.0', { type: 'timeticks', value: upHundredths % 2 ** 32 }],
    [system.contact, octets(printer.contact)],
    [system.name, octets(printer.name)],
    [system.location, octets(printer.location)],
    [`${entity.firmwareRev}.1`, octets(printer.firmware)],
    [`${entity.serialNum}.1`, octets(printer.serial)],
    [`${entity.modelName}.1`, octets(printer.model)],
    ...networkCells(printer),
    ...(printer.kind === 'printer' ? printerCells(printer) : []),
  ])
  for (const [at, value] of Object.entries(printer.vendorObjects))
    cells.set(at, typeof value === 'number' ? integer(value) : octets(value))
  return cells
}

function printerCells(printer: VirtualPrinter): [string, Cell][] {
  return [
    [host.memorySize, integer(524_288)],
    [`${mib.generalPrinterName}.1`, octets(printer.name)],
    [`${mib.generalSerialNumber}.1`, octets(printer.serial)],
    [`${mib.localizationCharacterSet}.1.1`, integer(106)],
    [`${mib.markerCounterUnit}.1.1`, integer(7)],
    [`${mib.markerLifeCount}.1.1`, { type: 'counter', value: printer.pages % 2 ** 32 }],
    ...deviceCells(printer),
    ...printer.trays.flatMap((tray, i): [string, Cell][] => [
      [`${mib.inputMaxCapacity}.1.${i + 1}`, integer(tray.capacity)],
      [`${mib.inputCurrentLevel}.1.${i + 1}`, integer(tray.level)],
      [`${mib.inputMediaName}.1.${i + 1}`, octets(tray.media)],
      [`${mib.inputName}.1.${i + 1}`, octets(tray.name)],
      [`${mib.inputDescription}.1.${i + 1}`, octets(`${tray.name}, ${tray.capacity} sheets`)],
    ]),
    ...tonerCells(printer),
    ...wasteCells(),
  ]
}

/** The OIDs that every virtual printer has. */
export function standardOids(printer: VirtualPrinter): ReadonlySet<string> {
  return new Set(cellsOf({ ...printer, vendorObjects: {} }, 0).keys())
}

function networkCells(printer: VirtualPrinter): [string, Cell][] {
  return [
    [`${interfaces.type}.1`, integer(6)],
    [`${interfaces.physAddress}.1`, { type: 'octets', value: Buffer.from(printer.mac.replaceAll(':', ''), 'hex') }],
    [`${interfaces.operStatus}.1`, integer(1)],
    [`${addresses.ipAdEntIfIndex}.${printer.ip}`, integer(1)],
    [`${addresses.ipAdEntNetMask}.${printer.ip}`, { type: 'ip', value: '255.255.255.0' }],
  ]
}

function deviceCells(printer: VirtualPrinter): [string, Cell][] {
  const [deviceStatus, printerStatus] = statusNumbers[statusOfPrinter(printer)]
  return [
    [`${host.deviceType}.1`, oid(host.isPrinter)],
    [`${host.deviceDescr}.1`, octets(printer.model)],
    [`${host.deviceStatus}.1`, integer(deviceStatus)],
    [`${host.printerStatus}.1`, integer(printerStatus)],
    [`${host.printerDetectedErrorState}.1`, { type: 'octets', value: alertOctets(alertsOfPrinter(printer)) }],
  ]
}

/** Black toner is supply 1 (contract part 2). Class 3 is consumed, type 3 toner, unit 19 percent. */
function tonerCells(printer: VirtualPrinter): [string, Cell][] {
  return tonerColors.flatMap((color, i): [string, Cell][] => [
    ...supplyCells(i + 1, {
      colorant: i + 1,
      kind: 3,
      type: 3,
      unit: 19,
      capacity: 100,
      level: tonerLevel(printer, color),
    }),
    [
      `${mib.suppliesDescription}.1.${i + 1}`,
      octets(`${color.charAt(0).toUpperCase()}${color.slice(1)} Toner Cartridge`),
    ],
    [`${mib.colorantValue}.1.${i + 1}`, octets(color)],
  ])
}

/** Class 4 is filled, type 4 waste toner. It has a switch for "full" and no scale, as most do: -2 and -3. */
function wasteCells(): [string, Cell][] {
  const index = tonerColors.length + 1
  return [
    ...supplyCells(index, { colorant: 0, kind: 4, type: 4, unit: 18, capacity: -2, level: -3 }),
    [`${mib.suppliesDescription}.1.${index}`, octets('Waste Toner Box')],
  ]
}

interface SupplyNumbers {
  colorant: number
  kind: number
  type: number
  unit: number
  capacity: number
  level: number
}

function supplyCells(index: number, numbers: SupplyNumbers): [string, Cell][] {
  return [
    [`${mib.suppliesColorantIndex}.1.${index}`, integer(numbers.colorant)],
    [`${mib.suppliesClass}.1.${index}`, integer(numbers.kind)],
    [`${mib.suppliesType}.1.${index}`, integer(numbers.type)],
    [`${mib.suppliesSupplyUnit}.1.${index}`, integer(numbers.unit)],
    [`${mib.suppliesMaxCapacity}.1.${index}`, integer(numbers.capacity)],
    [`${mib.suppliesLevel}.1.${index}`, integer(numbers.level)],
  ]
}
