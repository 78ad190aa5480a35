/** The OIDs that a printer is asked for. */

/** RFC 3418 §2 (system group). */
export const system = {
  descr: '1.3.6.1.2.1.1.1.0',
  objectId: '1.3.6.1.2.1.1.2.0',
  contact: '1.3.6.1.2.1.1.4.0',
  name: '1.3.6.1.2.1.1.5.0',
  location: '1.3.6.1.2.1.1.6.0',
} as const

/** RFC 2863 (ifTable). */
export const interfaces = {
  type: '1.3.6.1.2.1.2.2.1.3',
  physAddress: '1.3.6.1.2.1.2.2.1.6',
  operStatus: '1.3.6.1.2.1.2.2.1.8',
} as const

/** RFC 4293 (ipAddressTable), and before it RFC 1213 (ipAddrTable) and RFC 2465 (ipv6AddrTable). */
export const addresses = {
  ipAdEntIfIndex: '1.3.6.1.2.1.4.20.1.2',
  ipAdEntNetMask: '1.3.6.1.2.1.4.20.1.3',
  ipAddressIfIndex: '1.3.6.1.2.1.4.34.1.3',
  ipAddressType: '1.3.6.1.2.1.4.34.1.4',
  ipAddressPrefix: '1.3.6.1.2.1.4.34.1.5',
  ipv6AddrPfxLength: '1.3.6.1.2.1.55.1.8.1.2',
} as const

/** RFC 2790 (host resources). */
export const host = {
  memorySize: '1.3.6.1.2.1.25.2.2.0',
  deviceType: '1.3.6.1.2.1.25.3.2.1.2',
  deviceDescr: '1.3.6.1.2.1.25.3.2.1.3',
  deviceStatus: '1.3.6.1.2.1.25.3.2.1.5',
  printerStatus: '1.3.6.1.2.1.25.3.5.1.1',
  printerDetectedErrorState: '1.3.6.1.2.1.25.3.5.1.2',
  /** The value of `deviceType` that says: a printer. */
  isPrinter: '1.3.6.1.2.1.25.3.1.5',
} as const

/** RFC 3805 (Printer-MIB version 2). */
export const printer = {
  generalReset: '1.3.6.1.2.1.43.5.1.1.3',
  generalPrinterName: '1.3.6.1.2.1.43.5.1.1.16',
  generalSerialNumber: '1.3.6.1.2.1.43.5.1.1.17',
  localizationCharacterSet: '1.3.6.1.2.1.43.7.1.1.4',
  inputMaxCapacity: '1.3.6.1.2.1.43.8.2.1.9',
  inputCurrentLevel: '1.3.6.1.2.1.43.8.2.1.10',
  inputMediaName: '1.3.6.1.2.1.43.8.2.1.12',
  inputName: '1.3.6.1.2.1.43.8.2.1.13',
  inputDescription: '1.3.6.1.2.1.43.8.2.1.18',
  markerCounterUnit: '1.3.6.1.2.1.43.10.2.1.3',
  markerLifeCount: '1.3.6.1.2.1.43.10.2.1.4',
  suppliesColorantIndex: '1.3.6.1.2.1.43.11.1.1.3',
  suppliesClass: '1.3.6.1.2.1.43.11.1.1.4',
  suppliesType: '1.3.6.1.2.1.43.11.1.1.5',
  suppliesDescription: '1.3.6.1.2.1.43.11.1.1.6',
  suppliesSupplyUnit: '1.3.6.1.2.1.43.11.1.1.7',
  suppliesMaxCapacity: '1.3.6.1.2.1.43.11.1.1.8',
  suppliesLevel: '1.3.6.1.2.1.43.11.1.1.9',
  colorantValue: '1.3.6.1.2.1.43.12.1.1.4',
  interpreterLangFamily: '1.3.6.1.2.1.43.15.1.1.2',
} as const

/** RFC 6933 (ENTITY-MIB): what devices tell that are no printers, and some that are. */
export const entity = {
  firmwareRev: '1.3.6.1.2.1.47.1.1.1.1.9',
  softwareRev: '1.3.6.1.2.1.47.1.1.1.1.10',
  serialNum: '1.3.6.1.2.1.47.1.1.1.1.11',
  modelName: '1.3.6.1.2.1.47.1.1.1.1.13',
} as const

/** IEEE 1284 device IDs: HP's older place, which many makers fill, and PWG 5107.1's (Printer Port Monitor MIB). */
export const deviceId = {
  hp: '1.3.6.1.4.1.11.2.3.9.1.1.7.0',
  pwg: '1.3.6.1.4.1.2699.1.2.1.2.1.1.3',
} as const
