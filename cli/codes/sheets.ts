/** Sheets that labels are printed on: how big a label is and where each of them stands. In millimetres. */

export interface Place {
  x: number
  y: number
}

export interface Sheet {
  page: { width: number; height: number }
  label: { width: number; height: number }
  columns: number
  rows: number
  /** Of the first label. */
  first: Place
  /** From one label to the next. */
  step: Place
  /** What stays empty at a label's edges. */
  margin: Place
  /** Plain paper is cut along them; they do no harm on sheets of labels. */
  hasCutMarks: boolean
}

const inch = 25.4

export const sheets = {
  /** 24 labels of 70 × 37 mm, edge to edge, as in Avery 3474: 0.5 mm are left at the top and the bottom. */
  'a4-3x8': {
    page: { width: 210, height: 297 },
    label: { width: 70, height: 37 },
    columns: 3,
    rows: 8,
    first: { x: 0, y: 0.5 },
    step: { x: 70, y: 37 },
    // Office printers leave some 4 mm of a page's edge white.
    margin: { x: 4, y: 3.5 },
    hasCutMarks: true,
  },
  /** 30 labels of 2⅝ × 1 inch, as in Avery 5160. */
  'letter-3x10': {
    page: { width: 8.5 * inch, height: 11 * inch },
    label: { width: 2.625 * inch, height: inch },
    columns: 3,
    rows: 10,
    first: { x: 0.1875 * inch, y: 0.5 * inch },
    step: { x: 2.75 * inch, y: inch },
    margin: { x: 2, y: 1.5 },
    hasCutMarks: true,
  },
  /** A page for each label of 62 × 29 mm, as label printers have them on a roll. */
  single: {
    page: { width: 62, height: 29 },
    label: { width: 62, height: 29 },
    columns: 1,
    rows: 1,
    first: { x: 0, y: 0 },
    step: { x: 0, y: 0 },
    margin: { x: 2, y: 1.5 },
    hasCutMarks: false,
  },
} as const satisfies Record<string, Sheet>

export type SheetName = keyof typeof sheets

export const sheetNames = Object.keys(sheets) as SheetName[]

/** @returns the upper left corner of each label of a page, row by row */
export function placesOf({ columns, rows, first, step }: Sheet): Place[] {
  return Array.from({ length: columns * rows }, (_, at) => ({
    x: first.x + (at % columns) * step.x,
    y: first.y + Math.floor(at / columns) * step.y,
  }))
}
