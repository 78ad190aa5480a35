/** Documents to be printed, made here: of as many pages, and as large, as a test wants. */

/** A PDF (ISO 32000-1) with a line of text on each page. @param padBytes more of it, in a stream that no page uses */
export function makePdf(pages: number, padBytes = 0): Uint8Array<ArrayBuffer> {
  const parts: Buffer[] = []
  const places: number[] = []
  let at = 0
  const write = (part: Buffer | string) => {
    const bytes = typeof part === 'string' ? Buffer.from(part, 'latin1') : part
    parts.push(bytes)
    at += bytes.length
  }
  const object = (number: number, ...content: (Buffer | string)[]) => {
    places[number] = at
    write(`${number} 0 obj\n`)
    for (const part of content) write(part)
    write('\nendobj\n')
  }
  const pageNumber = (page: number) => 4 + 2 * page
  write('%PDF-1.4\n')
  object(1, '<< /Type /Catalog /Pages 2 0 R >>')
  const kids = Array.from({ length: pages }, (_, page) => `${pageNumber(page)} 0 R`).join(' ')
  object(2, `<< /Type /Pages /Count ${pages} /Kids [${kids}] >>`)
  object(3, '<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>')
  for (let page = 0; page < pages; page++) {
    const text = `BT /F1 48 Tf 72 700 Td (Page ${page + 1} of ${pages}) Tj ET`
    const number = pageNumber(page)
    object(
      number,
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents ${number + 1} 0 R /Resources << /Font << /F1 3 0 R >> >> >>`,
    )
    object(number + 1, `<< /Length ${text.length} >>\nstream\n${text}\nendstream`)
  }
  const last = pageNumber(pages)
  if (padBytes > 0) object(last, `<< /Length ${padBytes} >>\nstream\n`, Buffer.alloc(padBytes, 0x20), '\nendstream')
  const size = padBytes > 0 ? last + 1 : last
  const table = at
  const rows = Array.from({ length: size - 1 }, (_, i) => `${String(places[i + 1] ?? 0).padStart(10, '0')} 00000 n \n`)
  write(`xref\n0 ${size}\n0000000000 65535 f \n${rows.join('')}`)
  write(`trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${table}\n%%EOF\n`)
  return new Uint8Array(Buffer.concat(parts))
}
