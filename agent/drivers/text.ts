/** What a device wrote for people to read, in whatever character set it wrote it. */
import type { Cell, Cells } from './cell.ts'
import { column, numberOf } from './oid.ts'
import { printer } from './printer-mib.ts'

/** Character sets by IANA's MIBenum, for what is not UTF-8 after all (prtLocalizationCharacterSet, RFC 3805). */
const decoders: Readonly<Record<number, string>> = {
  17: 'shift_jis',
  18: 'euc-jp',
  2024: 'shift_jis',
  2025: 'gb2312',
  2026: 'big5',
}

/** The decoder's name for what this device writes when it writes no UTF-8. */
export function charsetOf(cells: Cells): string {
  for (const cell of column(cells, printer.localizationCharacterSet).values()) {
    const charset = decoders[numberOf(cell) ?? 0]
    if (charset) return charset
  }
  return 'windows-1252'
}

/** Trimmed and without control characters; undefined when there is no such text or nothing in it. */
export function textOf(cell: Cell | undefined, charset = 'windows-1252'): string | undefined {
  return toldText(cell, charset) || undefined
}

/** The same, but an empty text is a text: the device has the object. */
export function toldText(cell: Cell | undefined, charset = 'windows-1252'): string | undefined {
  if (cell?.type !== 'octets') return undefined
  return decode(cell.value, charset)
    .replaceAll(/\p{Cc}/gu, '')
    .trim()
}

function decode(bytes: Uint8Array, charset: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder(charset).decode(bytes) // Not UTF-8: its own character set then.
  }
}
