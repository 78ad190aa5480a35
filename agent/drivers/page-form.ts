/** In which form a printer is sent a page, by the languages that it tells of; where it tells of none, as text. */
import type { Cells } from './cell.ts'
import { column, numberOf } from './oid.ts'
import { renderPostScript } from './postscript.ts'
import { printer } from './printer-mib.ts'

export const languageColumns = [printer.interpreterLangFamily] as const

/** PrtInterpreterLangFamilyTC (IANA-PRINTER-MIB): langPS, langPSPrinter, langPS2, langPS3. */
const postScript = [6, 42, 78, 79]
/** Those whose printers print plain text as it comes: PCL and its versions, PPDS, ESC/P, Epson, ISO 6429, simple text, line printer. */
const takesText = [3, 8, 9, 10, 13, 30, 51, 80, 82, 83]

const formFeed = '\f'

/** @returns the bytes of the job, each a character */
export function renderJob(text: string, cells: Cells): string {
  const languages = [...column(cells, printer.interpreterLangFamily).values()].map(numberOf)
  const has = (families: readonly number[]) => languages.some((each) => each !== undefined && families.includes(each))
  if (has(postScript) && !has(takesText)) return renderPostScript(text)
  return `${text.replaceAll('\n', '\r\n')}\r\n${formFeed}`
}
