/** A table as a file that spreadsheets open (RFC 4180). */

/** What a device tells must not be a formula where it is opened: those begin with one of these signs. */
const formula = /^[=+\-@\t\r]/

export function csvOf(rows: readonly (readonly string[])[]): string {
  // With the mark: without it, some take UTF-8 for something else.
  return `\ufeff${rows.map((row) => `${row.map(cellOf).join(',')}\r\n`).join('')}`
}

function cellOf(text: string): string {
  const safe = formula.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

export function saveFile(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }))
  Object.assign(document.createElement('a'), { href: url, download: name }).click()
  // Browsers begin to read it a moment later.
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
