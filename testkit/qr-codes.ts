/** A printed page as the camera of a phone sees it: drawn by Poppler, its QR codes read by ZXing. */
import { execFileSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { prepareZXingModule, readBarcodes } from 'zxing-wasm/reader'

// It would load its program from the network.
const wasm = fileURLToPath(import.meta.resolve('zxing-wasm/reader/zxing_reader.wasm'))
await prepareZXingModule({
  overrides: { wasmBinary: new Uint8Array(readFileSync(wasm)).buffer },
  fireImmediately: true,
})

/** As fine as a phone sees it. */
const dotsPerInch = 200
const millimetres = (dots: number) => (dots / dotsPerInch) * 25.4

export interface QrCode {
  text: string
  /** Its middle, in millimetres from the upper left of the page. */
  x: number
  y: number
}

/** Page by page. Pictures of the pages are left beside the file. */
export async function readQrCodes(pdf: string): Promise<QrCode[][]> {
  execFileSync('pdftoppm', ['-r', String(dotsPerInch), '-gray', '-png', pdf, `${pdf}-page`])
  const pages = globSync(`${pdf}-page-*.png`).sort()
  return await Promise.all(
    pages.map(async (page) => {
      const found = await readBarcodes(new Blob([readFileSync(page)]), { formats: ['QRCode'], maxNumberOfSymbols: 255 })
      return found.map(({ text, position: { topLeft, bottomRight } }) => ({
        text,
        x: millimetres((topLeft.x + bottomRight.x) / 2),
        y: millimetres((topLeft.y + bottomRight.y) / 2),
      }))
    }),
  )
}
