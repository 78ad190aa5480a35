/** Labels as a PDF: for each device the QR code of its address, its code in groups, its ID and its model. */
import { Failure } from '@fairlead/base'
import { inGroups } from '@fairlead/protocol/contract'
import { openSync } from 'fontkit'
import PdfDocument from 'pdfkit'
import { encodeQR } from 'qr'
import { fontFiles } from '../fonts.ts'
import { harmless } from '../words.ts'
import { addressOf } from './claim-url.ts'
import type { ListedLine } from './read-list.ts'
import { type Place, placesOf, type Sheet } from './sheets.ts'

type Pdf = typeof PdfDocument.prototype

export interface LabelOptions {
  sheet: Sheet
  claimUrl: string
}

const pointsOfMm = 72 / 25.4
/** ISO/IEC 18004 §9.1: so many modules around it stay white. */
const quietModules = 4
const cutMarkMm = 2
const gapMm = 1.5
/** Of a line of text, in its size. */
const lineHeight = 1.2

/** @throws {Failure} `invalid-request`: a model has characters that cannot be printed */
export async function drawLabels(lines: readonly ListedLine[], { sheet, claimUrl }: LabelOptions): Promise<Uint8Array> {
  refuseWhatNobodyCouldRead(lines)
  const size: [number, number] = [sheet.page.width * pointsOfMm, sheet.page.height * pointsOfMm]
  const pdf = new PdfDocument({ size, margin: 0, autoFirstPage: false, info: { Title: 'Labels of devices' } })
  const chunks: Uint8Array[] = []
  const written = new Promise((resolve, reject) => {
    pdf
      .on('data', (chunk: Uint8Array) => chunks.push(chunk))
      .once('end', resolve)
      .once('error', reject)
  })
  for (const [name, path] of Object.entries(fontFiles)) pdf.registerFont(name, path)
  const places = placesOf(sheet)
  for (const [at, line] of lines.entries()) {
    const place = places[at % places.length]
    if (!place) break
    if (at % places.length === 0) pdf.addPage()
    drawLabel(pdf, sheet, place, line, addressOf(claimUrl, line.code))
  }
  pdf.end()
  await written
  return Buffer.concat(chunks)
}

/** An empty box in the place of a letter would be found when the labels are on the devices. */
function refuseWhatNobodyCouldRead(lines: readonly ListedLine[]): void {
  const font = openSync(fontFiles.regular)
  if (!('hasGlyphForCodePoint' in font)) throw new Error('The font for labels is a collection.')
  for (const { line, model = '' } of lines) {
    const missing = [...printed(model)].find((letter) => !font.hasGlyphForCodePoint(letter.codePointAt(0) ?? 0))
    if (missing !== undefined)
      throw new Failure(
        'invalid-request',
        harmless(
          `Line ${line}: the font of the labels has no "${missing}", as in the model "${model}". Write the model in Latin or Japanese letters, or leave it out.`,
        ),
      )
  }
}

/** Accents and voicing marks that stand beside their letter would be printed beside it. */
function printed(text: string): string {
  return text.normalize('NFC')
}

function drawLabel(pdf: Pdf, sheet: Sheet, place: Place, { id, code, model }: ListedLine, address: string): void {
  const { label, margin } = sheet
  pdf.save().scale(pointsOfMm).translate(place.x, place.y)
  if (sheet.hasCutMarks) drawCutMarks(pdf, label)
  const side = label.height - 2 * margin.y
  drawQr(pdf, address, { x: margin.x, y: margin.y }, side)
  pdf.restore()

  const left = margin.x + side + gapMm
  const column = {
    x: (place.x + left) * pointsOfMm,
    y: (place.y + margin.y) * pointsOfMm,
    width: (label.width - left - margin.x) * pointsOfMm,
  }
  let y = writeText(pdf, column, halves(code), { font: 'bold', fits: fitsOfCode })
  y = writeText(pdf, { ...column, y: y + 3 }, [id], { font: 'regular', fits: fitsOfId })
  if (model !== undefined)
    writeText(pdf, { ...column, y: y + 3 }, [printed(model)], { font: 'regular', fits: fitsOfModel })
}

/** Filled in one go, row by row what is dark side by side: as sharp as the printer is. */
function drawQr(pdf: Pdf, text: string, { x, y }: Place, side: number): void {
  const modules = encodeQR(text, 'raw', { ecc: 'medium', border: quietModules })
  pdf
    .save()
    .translate(x, y)
    .scale(side / modules.length)
  for (const [row, cells] of modules.entries())
    for (let from = cells.indexOf(true); from !== -1; ) {
      const light = cells.indexOf(false, from)
      const to = light === -1 ? cells.length : light
      pdf.rect(from, row, to - from, 1)
      from = cells.indexOf(true, to)
    }
  pdf.fill('black').restore()
}

function drawCutMarks(pdf: Pdf, { width, height }: Sheet['label']): void {
  for (const [x, inX] of [[0, 1] as const, [width, -1] as const])
    for (const [y, inY] of [[0, 1] as const, [height, -1] as const])
      pdf
        .moveTo(x + inX * cutMarkMm, y)
        .lineTo(x, y)
        .lineTo(x, y + inY * cutMarkMm)
  pdf.lineWidth(0.1).stroke('#999999')
}

/** `XXXX-XXXX-` and `XXXX-XXXX-C`: twice as large as on one line. */
function halves(code: string): string[] {
  const text = inGroups(code)
  return [text.slice(0, 10), text.slice(10)]
}

interface Fit {
  /** In points. */
  size: number
  mostLines: number
}

/** The first in which a text fits. All three of them in their tallest ones are no taller than the smallest label. */
const fitsOfCode: readonly Fit[] = [10, 9, 8].map((size) => ({ size, mostLines: 1 }))
/** The last takes the longest and widest ID whole. */
const fitsOfId: readonly Fit[] = [
  { size: 8, mostLines: 1 },
  { size: 7, mostLines: 2 },
  { size: 6, mostLines: 2 },
  { size: 5, mostLines: 3 },
  { size: 4, mostLines: 3 },
]
const fitsOfModel: readonly Fit[] = [
  { size: 8, mostLines: 1 },
  { size: 7, mostLines: 2 },
  { size: 6, mostLines: 2 },
  { size: 5, mostLines: 2 },
]

interface TextStyle {
  font: keyof typeof fontFiles
  /** What does not fit into the last of them ends with an ellipsis. */
  fits: readonly Fit[]
}

/** @param texts each begins a line @returns where the next text may stand */
function writeText(pdf: Pdf, column: Place & { width: number }, texts: readonly string[], style: TextStyle): number {
  pdf.font(style.font).fillColor('black')
  let { y } = column
  for (const [at, { size, mostLines }] of style.fits.entries()) {
    pdf.fontSize(size)
    const broken = texts.map((text) => breakText(pdf, text, column.width))
    const isLast = at === style.fits.length - 1
    if (!isLast && broken.some((lines) => lines.length > mostLines)) continue
    for (const text of broken.flatMap((lines) => cutTo(lines, mostLines))) {
      pdf.text(text, column.x, y, { lineBreak: false })
      y += size * lineHeight
    }
    return y
  }
  return y
}

function cutTo(lines: readonly string[], mostLines: number): string[] {
  if (lines.length <= mostLines) return [...lines]
  return lines
    .slice(0, mostLines)
    .map((line, at) => (at === mostLines - 1 ? `${[...line].slice(0, -1).join('')}…` : line))
}

/** Wherever a line is full: IDs and Japanese have no spaces. */
function breakText(pdf: Pdf, text: string, width: number): string[] {
  const lines = ['']
  for (const letter of text) {
    const longer = `${lines.at(-1)}${letter}`
    if (lines.at(-1) === '' || pdf.widthOfString(longer) <= width) lines[lines.length - 1] = longer
    else lines.push(letter.trimStart())
  }
  return lines
}
