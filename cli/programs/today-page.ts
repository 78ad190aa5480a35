/** Today's page as a PDF: the day, the month as a calendar, what is low at the device, and what waits for it. */

import type { Json } from '@fairlead/protocol/contract'
import PdfDocument from 'pdfkit'
import { fontFiles } from '../fonts.ts'
import { monthOf } from './month.ts'
import type { ProgramWords } from './words.ts'

type Pdf = typeof PdfDocument.prototype

export interface Today {
  /** As people call it. */
  device: string
  /** Empty: nobody has said. */
  place: string
  /** IANA name. */
  zone: string
  atMs: number
  /** What is known of its objects. */
  told: Readonly<Record<string, Json>>
  /** Names of jobs. */
  waiting: readonly string[]
  isLetter: boolean
}

const margin = 56
const ink = '#111111'
const pale = '#767676'
/** Percent. */
const low = 20
const mostRows = 8

export async function drawToday(today: Today, words: ProgramWords): Promise<Uint8Array> {
  const { zone, atMs } = today
  const { today: said, locale } = words
  const size = today.isLetter ? 'LETTER' : 'A4'
  const pdf = new PdfDocument({ size, margin, info: { Title: said.title, CreationDate: new Date(atMs) } })
  const chunks: Uint8Array[] = []
  const written = new Promise((resolve, reject) => {
    pdf
      .on('data', (chunk: Uint8Array) => chunks.push(chunk))
      .once('end', resolve)
      .once('error', reject)
  })
  for (const [name, path] of Object.entries(fontFiles)) pdf.registerFont(name, path)
  const say = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat(locale, { timeZone: zone, ...options }).format(atMs)

  const width = pdf.page.width - 2 * margin
  one(pdf, [today.device, today.place].filter(Boolean).join(' · '), margin, 12, width, pale)
  one(pdf, say({ weekday: 'long' }), margin + 40, 44, width)
  one(pdf, say({ day: 'numeric', month: 'long', year: 'numeric' }), margin + 96, 26, width)
  drawMonth(pdf, today, locale, margin + 170, width)
  const below = margin + 470
  const column = (at: 0 | 1) => ({ x: margin + at * (width / 2 + 12), y: below, width: width / 2 - 12 })
  drawList(pdf, said.low, lowAt(today, said), said.nothing, column(0))
  drawList(pdf, said.waiting, today.waiting, said.nothing, column(1))
  one(
    pdf,
    said.madeAt(say({ hour: '2-digit', minute: '2-digit' }), zone),
    pdf.page.height - margin - 14,
    9,
    width,
    pale,
  )
  pdf.end()
  await written
  return Buffer.concat(chunks)
}

/** What does not fit ends with an ellipsis: the page stays one page. */
function one(pdf: Pdf, text: string, y: number, size: number, width: number, color = ink): void {
  pdf
    .font(size > 20 ? 'bold' : 'regular')
    .fontSize(size)
    .fillColor(color)
  pdf.text(text.normalize('NFC'), margin, y, { width, height: size * 1.4, ellipsis: true })
}

function drawMonth(pdf: Pdf, { zone, atMs }: Today, locale: string, y: number, width: number): void {
  const { firstDay } = new Intl.Locale(locale).getWeekInfo()
  const { day, weeks } = monthOf(atMs, zone, firstDay)
  const isWeekend = (column: number) => (firstDay - 1 + column) % 7 > 4
  const cell = { width: width / 7, height: 36 }
  const put = (text: string, column: number, row: number, color: string) => {
    const [x, top] = [margin + column * cell.width, y + row * cell.height]
    if (text === String(day)) pdf.circle(x + cell.width / 2, top + 14, 15).fill(ink)
    pdf.font(text === String(day) ? 'bold' : 'regular').fontSize(14)
    pdf.fillColor(text === String(day) ? 'white' : color)
    pdf.text(text, x, top + 6, { width: cell.width, align: 'center', lineBreak: false })
  }
  const weekday = new Intl.DateTimeFormat(locale, { weekday: 'short', timeZone: 'UTC' })
  // The first of January 2024 was a Monday.
  for (let column = 0; column < 7; column++) put(weekday.format(Date.UTC(2024, 0, firstDay + column)), column, 0, pale)
  for (const [row, week] of weeks.entries())
    for (const [column, date] of week.entries())
      if (date > 0) put(String(date), column, row + 1, isWeekend(column) ? pale : ink)
}

function drawList(
  pdf: Pdf,
  title: string,
  rows: readonly string[],
  nothing: string,
  { x, y, width }: { x: number; y: number; width: number },
) {
  pdf.font('bold').fontSize(12).fillColor(ink).text(title, x, y, { width, lineBreak: false })
  const shown = rows.length > 0 ? rows.slice(0, mostRows) : [nothing]
  pdf
    .font('regular')
    .fontSize(11)
    .fillColor(rows.length > 0 ? ink : pale)
  for (const [at, row] of shown.entries())
    pdf.text(row.normalize('NFC'), x, y + 22 + at * 18, { width, height: 16, ellipsis: true })
}

function lowAt({ told }: Today, { level, alerts: words }: ProgramWords['today']): string[] {
  const levels = Object.entries(told)
    .filter(([name, value]) => /^(toner|ink)\./.test(name) && typeof value === 'number' && value <= low)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => {
      const [kind = '', color = ''] = name.split('.')
      return level(kind, color, Number(value))
    })
  const { alerts } = told
  return [...levels, ...(Array.isArray(alerts) ? alerts.map((alert) => words[String(alert)] ?? String(alert)) : [])]
}
