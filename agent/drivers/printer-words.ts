/** The numbers of RFC 3805 and RFC 2790 as the words that the contract tells (part 5). */

/** PrtMarkerSuppliesTypeTC (RFC 3805 §6), in kebab-case. */
const supplyTypes: Readonly<Record<number, string>> = {
  1: 'other',
  2: 'unknown',
  3: 'toner',
  4: 'waste-toner',
  5: 'ink',
  6: 'ink-cartridge',
  7: 'ink-ribbon',
  8: 'waste-ink',
  9: 'opc',
  10: 'developer',
  11: 'fuser-oil',
  12: 'solid-wax',
  13: 'ribbon-wax',
  14: 'waste-wax',
  15: 'fuser',
  16: 'corona-wire',
  17: 'fuser-oil-wick',
  18: 'cleaner-unit',
  19: 'fuser-cleaning-pad',
  20: 'transfer-unit',
  21: 'toner-cartridge',
  22: 'fuser-oiler',
  23: 'water',
  24: 'waste-water',
  25: 'glue-water-additive',
  26: 'waste-paper',
  27: 'binding-supply',
  28: 'banding-supply',
  29: 'stitching-wire',
  30: 'shrink-wrap',
  31: 'paper-wrap',
  32: 'staples',
  33: 'inserts',
  34: 'covers',
}

/** PrtMarkerSuppliesSupplyUnitTC and PrtMarkerCounterUnitTC (RFC 3805 §6) give the same number the same meaning. */
const units: Readonly<Record<number, string>> = {
  1: 'other',
  2: 'unknown',
  3: 'ten-thousandths-of-inches',
  4: 'micrometers',
  5: 'characters',
  6: 'lines',
  7: 'impressions',
  8: 'sheets',
  9: 'dot-row',
  11: 'hours',
  12: 'thousandths-of-ounces',
  13: 'tenths-of-grams',
  14: 'hundredths-of-fluid-ounces',
  15: 'tenths-of-milliliters',
  16: 'feet',
  17: 'meters',
  18: 'items',
  19: 'percent',
}

/** Bits of hrPrinterDetectedErrorState (RFC 2790), bit 0 first. */
export const alertWords = [
  'low-paper',
  'no-paper',
  'low-toner',
  'no-toner',
  'door-open',
  'jammed',
  'offline',
  'service-requested',
  'input-tray-missing',
  'output-tray-missing',
  'marker-supply-missing',
  'output-near-full',
  'output-full',
  'input-tray-empty',
  'overdue-prevent-maint',
] as const

export type Alert = (typeof alertWords)[number]

export const supplyTypeWord = (number: number | undefined): string => supplyTypes[number ?? 2] ?? 'unknown'
export const unitWord = (number: number | undefined): string => units[number ?? 2] ?? 'unknown'

/** Bit 0 is the most significant bit of the first octet (RFC 2790: "left-most"); 0, 1 or 2 octets are all in use. */
export function alertsOf(state: Uint8Array): Alert[] {
  return alertWords.filter((_, bit) => ((state[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) !== 0)
}

export function alertOctets(alerts: ReadonlySet<string>): Uint8Array {
  const state = new Uint8Array(2)
  for (const [bit, word] of alertWords.entries())
    if (alerts.has(word)) state[bit >> 3] = (state[bit >> 3] ?? 0) | (0x80 >> (bit & 7))
  return state
}

/** A level or capacity as told: negative numbers are words (RFC 3805, prtMarkerSuppliesLevel, prtInputCurrentLevel). */
export function amount(told: number | undefined): number | string {
  if (told === undefined) return 'unknown'
  // They are Integer32: what is beyond was a negative number before the device lost its sign.
  const signed = told >= 2 ** 31 && told < 2 ** 32 ? told - 2 ** 32 : told
  if (signed >= 0) return signed
  return { '-1': 'other', '-3': 'some' }[String(signed)] ?? 'unknown'
}
