/** Who the device is: model, serial number, firmware, and the names its people gave it. */
import type { Json } from '@fairlead/protocol/contract'
import type { Cell, Cells } from './cell.ts'
import { printerIndex } from './condition.ts'
import { column } from './oid.ts'
import { deviceId, entity, host, printer, system } from './printer-mib.ts'
import { quirkOf, readSource } from './quirks.ts'
import { charsetOf, textOf, toldText } from './text.ts'

export const identityScalars = [...Object.values(system), deviceId.hp] as const
export const identityColumns = [
  host.deviceType,
  host.deviceDescr,
  printer.generalPrinterName,
  printer.generalSerialNumber,
  printer.localizationCharacterSet,
  deviceId.pwg,
  ...Object.values(entity),
] as const

export function identityOf(cells: Cells): Record<string, Json> {
  const charset = charsetOf(cells)
  const objectId = cells.get(system.objectId)
  const quirk = quirkOf(objectId?.type === 'oid' ? objectId.value : undefined)
  const id = readDeviceId(textOf(firstOf(cells, deviceId.pwg)) ?? textOf(cells.get(deviceId.hp)) ?? '')
  const told = (oid: string) => toldText(cells.get(oid), charset)

  return present({
    // sysDescr often names only the network card: it is the last to be believed.
    model:
      textOf(column(cells, host.deviceDescr).get(printerIndex(cells)), charset) ??
      readSource(cells, quirk?.model) ??
      id.get('MDL') ??
      id.get('MODEL') ??
      textOf(firstOf(cells, printer.generalPrinterName), charset) ??
      textOf(firstOf(cells, entity.modelName), charset) ??
      firstLine(cells.get(system.descr), charset),
    serial:
      textOf(firstOf(cells, printer.generalSerialNumber), charset) ??
      readSource(cells, quirk?.serial) ??
      id.get('SN') ??
      id.get('SERN') ??
      id.get('SERIALNUMBER') ??
      textOf(firstOf(cells, entity.serialNum), charset),
    firmware:
      readSource(cells, quirk?.firmware) ??
      textOf(firstOf(cells, entity.firmwareRev), charset) ??
      textOf(firstOf(cells, entity.softwareRev), charset),
    name: told(system.name),
    location: told(system.location),
    contact: told(system.contact),
  })
}

const firstOf = (cells: Cells, oid: string): Cell | undefined => column(cells, oid).values().next().value

function firstLine(cell: Cell | undefined, charset: string): string | undefined {
  if (cell?.type !== 'octets') return undefined
  const end = cell.value.findIndex((octet) => octet === 0x0a || octet === 0x0d)
  return textOf({ type: 'octets', value: end < 0 ? cell.value : cell.value.subarray(0, end) }, charset)
}

/** IEEE 1284-2000 §6.6: `KEY:value;KEY:value;`, the keys in any case. */
function readDeviceId(text: string): Map<string, string> {
  const pairs = text
    .split(';')
    .map((pair) => [pair.slice(0, pair.indexOf(':')), pair.slice(pair.indexOf(':') + 1)] as const)
  return new Map(
    pairs.map(([key, value]) => [key.trim().toUpperCase(), value.trim()] as const).filter(([, value]) => value !== ''),
  )
}

function present(objects: Record<string, string | undefined>): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(objects).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  )
}
