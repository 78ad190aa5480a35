/** How the device is: its status and alerts. */
import type { Json } from '@fairlead/protocol/contract'
import type { Cell, Cells } from './cell.ts'
import { column, numberOf } from './oid.ts'
import { host } from './printer-mib.ts'
import { alertsOf } from './printer-words.ts'

export const conditionColumns = [
  host.deviceType,
  host.deviceStatus,
  host.printerStatus,
  host.printerDetectedErrorState,
] as const

export type Status = 'idle' | 'printing' | 'warmup' | 'stopped' | 'sleeping' | 'unknown'

export function conditionOf(cells: Cells): Record<string, Json> {
  const index = printerIndex(cells)
  const deviceStatus = numberOf(column(cells, host.deviceStatus).get(index))
  const printerStatus = numberOf(rowOf(column(cells, host.printerStatus), index))
  const errors = rowOf(column(cells, host.printerDetectedErrorState), index)
  return {
    ...((deviceStatus ?? printerStatus) !== undefined && { status: statusOf(deviceStatus, printerStatus) }),
    ...(errors?.type === 'octets' && { alerts: alertsOf(errors.value) }),
  }
}

/** hrPrinterTable has rows of printers only: the first one, where a device numbers them apart from its devices. */
const rowOf = (rows: Map<string, Cell>, index: string): Cell | undefined =>
  rows.get(index) ?? rows.values().next().value

/** The row of the printer among the devices of the host; a device that does not say which has it in the first row. */
export function printerIndex(cells: Cells): string {
  const devices = [...column(cells, host.deviceType)]
  const printers = column(cells, host.printerDetectedErrorState)
  const [printer] = devices.find(([, type]) => type.value === host.isPrinter) ?? []
  return printer ?? [...printers.keys()][0] ?? [...column(cells, host.printerStatus).keys()][0] ?? '1'
}

const running = 2
const down = 5

/** RFC 3805 §2.2.13.2.1: the two together say it; hrPrinterStatus `other` is standby while the device runs. */
function statusOf(deviceStatus: number | undefined, printerStatus: number | undefined): Status {
  if (printerStatus === 5) return 'warmup'
  if (deviceStatus === down) return 'stopped'
  if (printerStatus === 3) return 'idle'
  if (printerStatus === 4) return 'printing'
  return printerStatus === 1 && deviceStatus === running ? 'sleeping' : 'unknown'
}
