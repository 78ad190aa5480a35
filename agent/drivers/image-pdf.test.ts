/** Images of every form as pages of PDF: made and looked at again by Ghostscript, which nobody here wrote. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { crc32, deflateSync } from 'node:zlib'
import { type Folder, openFolder } from '../../testkit/folder.ts'
import { makeImagePdf } from './image-pdf.ts'

const run = promisify(execFile)
const forever = new AbortController().signal
let folder: Folder

before(async () => {
  folder = await openFolder()
})
after(() => folder[Symbol.asyncDispose]())

const ghostscript = (...words: string[]) =>
  run('gs', ['-q', '-dSAFER', '-dBATCH', '-dNOPAUSE', ...words], { cwd: folder.path })

/** 80 x 40: red, green above blue, white; as a picture of this device of Ghostscript's. */
async function draw(device: string): Promise<Buffer> {
  await writeFile(
    join(folder.path, 'drawing.ps'),
    '%!PS\n1 0 0 setrgbcolor 0 20 40 20 rectfill 0 1 0 setrgbcolor 40 20 40 20 rectfill 0 0 1 setrgbcolor 0 0 40 20 rectfill showpage\n',
  )
  await ghostscript('-g80x40', '-r72', `-sDEVICE=${device}`, '-sOutputFile=drawn', 'drawing.ps')
  return await readFile(join(folder.path, 'drawn'))
}

/** Points: the picture is 176 x 88 in the middle of it, or 88 x 176 turned. */
const lying: [number, number] = [200, 112]
const standing: [number, number] = [112, 200]

async function pdfOf(image: Uint8Array, format: string, sheet = lying) {
  const file = join(folder.path, 'image')
  await writeFile(file, image)
  const made = await makeImagePdf({ file, format }, sheet, forever)
  if ('refusal' in made) {
    assert.equal(existsSync(`${file}.pdf`), false)
    return { refusal: made.refusal, size: 0 }
  }
  assert.equal((await stat(made.file)).size, made.bytes)
  await ghostscript('-r72', '-sDEVICE=ppmraw', '-sOutputFile=page.ppm', '-dPDFSTOPONERROR', made.file)
  await made[Symbol.asyncDispose]()
  assert.equal(existsSync(`${file}.pdf`), false)
  return { refusal: undefined, size: made.bytes }
}

const colors = { red: 'f00', green: '0f0', blue: '00f', white: 'fff', black: '000' }

/** The four quarters as they are read, and whether the page lies. */
async function quarters(): Promise<string> {
  const page = await readFile(join(folder.path, 'page.ppm'))
  const [head = '', width = '', height = ''] =
    /^P6\s(?:#.*\s)?(\d+) (\d+)\s255\s/.exec(page.toString('latin1', 0, 100)) ?? assert.fail('a PPM')
  const colorAt = (x: number, y: number) => {
    const at = head.length + 3 * (Math.round(y * Number(height)) * Number(width) + Math.round(x * Number(width)))
    const near = [...page.subarray(at, at + 3)].map((each) => (each > 200 ? 'f' : each < 70 ? '0' : '?')).join('')
    return Object.entries(colors).find(([, hex]) => hex === near)?.[0] ?? near
  }
  const [a, b] = [0.3, 0.7]
  return [colorAt(a, a), colorAt(b, a), colorAt(a, b), colorAt(b, b)].join(' ')
}

for (const [device, format] of [
  ['jpeg', 'image/jpeg'],
  ['png16m', 'image/png'],
  ['png256', 'image/png'],
  ['png16', 'image/png'],
  ['png48', 'image/png'],
  ['pngalpha', 'image/png'],
] as const)
  test(`M1 an image as ${device} writes it is one page, as it looks`, async () => {
    const image = await draw(device)
    assert.equal((await pdfOf(image, format)).refusal, undefined)
    assert.equal(await quarters(), 'red green blue white')
    await pdfOf(image, format, standing)
    // Turned to the left: its top is at the left.
    assert.equal(await quarters(), 'green white red blue')
  })

test('M1 a JPEG goes into the page as it is, also in CMYK as Adobe stores it, and in gray', async () => {
  const jpeg = await draw('jpegcmyk')
  assert.ok(jpeg.includes('Adobe'), 'the test is about those')
  const { size } = await pdfOf(jpeg, 'image/jpeg')
  assert.ok(size - jpeg.length < 1200, `${size} of ${jpeg.length}`)
  const [topLeft] = (await quarters()).split(' ')
  assert.notEqual(topLeft, 'black')
  assert.equal((await quarters()).split(' ')[3], 'white')
  await pdfOf(await draw('jpeggray'), 'image/jpeg')
  assert.equal((await quarters()).split(' ')[3], 'white')
})

/** EXIF 2.32 §4.5: behind the mark that begins a JPEG. */
function turned(jpeg: Buffer, orientation: number): Buffer {
  const tiff = Buffer.from('4d4d002a00000008000101120003000000010000000000000000', 'hex')
  tiff.writeUInt16BE(orientation, 18)
  const content = Buffer.concat([Buffer.from('Exif\0\0', 'latin1'), tiff])
  const head = Buffer.from([0xff, 0xe1, 0, content.length + 2])
  return Buffer.concat([jpeg.subarray(0, 2), head, content, jpeg.subarray(2)])
}

/** What is stored as red, green above blue, white is to be seen like this. */
const seen: Readonly<Record<number, string>> = {
  1: 'red green blue white',
  2: 'green red white blue',
  3: 'white blue green red',
  4: 'blue white red green',
  5: 'red blue green white',
  6: 'blue red white green',
  7: 'white green blue red',
  8: 'green white red blue',
  9: 'red green blue white',
}

test('M1 a photo is printed as the camera was held', async () => {
  const jpeg = await draw('jpeg')
  for (const [orientation, looks] of Object.entries(seen)) {
    const stands = Number(orientation) >= 5 && Number(orientation) <= 8
    await pdfOf(turned(jpeg, Number(orientation)), 'image/jpeg', stands ? standing : lying)
    assert.equal(await quarters(), looks, orientation)
  }
})

function chunk(kind: string, content: Uint8Array): Buffer {
  const named = Buffer.concat([Buffer.from(kind, 'latin1'), content])
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(content.length)
  check.writeUInt32BE(crc32(named))
  return Buffer.concat([length, named, check])
}

interface Made {
  width?: number
  height?: number
  bits?: number
  type: number
  interlace?: number
  rows: Uint8Array
  more?: Buffer[]
}

function png({ width = 2, height = 2, bits = 8, type, interlace = 0, rows, more = [] }: Made): Buffer {
  const form = Buffer.alloc(13)
  form.writeUInt32BE(width)
  form.writeUInt32BE(height, 4)
  form.set([bits, type, 0, 0, interlace], 8)
  const start = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')
  const data = deflateSync(rows)
  // In two pieces, as large ones are.
  const pieces = [chunk('IDAT', data.subarray(0, 5)), chunk('IDAT', data.subarray(5))]
  return Buffer.concat([start, chunk('IHDR', form), ...more, ...pieces, chunk('IEND', Buffer.alloc(0))])
}

const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex')
const square: [number, number] = [124, 124]

const forms: Record<string, [Made, string]> = {
  'gray with its share, one row upon the other': [
    { type: 4, rows: bytes('01 00ff 00ff  02 ff00 ff01') },
    'black black white white',
  ],
  'gray with its share, by the predictor of averages': [
    { type: 4, rows: bytes('00 00ff 00ff  03 ff80 8000') },
    'black black white white',
  ],
  'RGB with its share in 16 bits, by the predictor of Paeth': [
    {
      ...{ type: 6, bits: 16 },
      rows: bytes('01 ffff00000000ffff 0101ffff00000000  04 01010000ffff0000 0000010101010101'),
    },
    'red green blue white',
  ],
  'a palette whose last colour is not seen': [
    {
      type: 3,
      bits: 2,
      rows: bytes('00 10  00 b0'),
      more: [chunk('PLTE', bytes('ff0000 00ff00 0000ff 000000')), chunk('tRNS', bytes('ff ff ff 00'))],
    },
    'red green blue white',
  ],
  'RGB with a colour that is not seen': [
    { type: 2, rows: bytes('00 ff0000 00ff00  00 0000ff 123456'), more: [chunk('tRNS', bytes('0012 0034 0056'))] },
    'red green blue white',
  ],
  'one bit of gray': [{ type: 0, bits: 1, rows: bytes('00 40  00 80') }, 'black white white black'],
}
for (const [what, [made, looks]] of Object.entries(forms))
  test(`M1 PNG in ${what}`, async () => {
    assert.equal((await pdfOf(png(made), 'image/png', square)).refusal, undefined)
    assert.equal(await quarters(), looks)
  })

const rows = bytes('00 0000 00 0000')
const refused: [what: string, image: () => Buffer, format: string, words: RegExp][] = [
  [
    'a PNG of 65,535 x 65,535',
    () => png({ type: 0, width: 65_535, height: 65_535, rows }),
    'image/png',
    /65535 x 65535/,
  ],
  [
    'a PNG of one row without end',
    () => png({ type: 6, width: 2 ** 31 - 1, height: 1, rows }),
    'image/png',
    /to a side/,
  ],
  ['an interlaced PNG', () => png({ type: 0, interlace: 1, rows }), 'image/png', /interlaced/],
  ['a PNG with rows missing', () => png({ type: 0, height: 3, rows }), 'image/png', /2 of its 3 rows/],
  [
    'a PNG with a filter that there is not',
    () => png({ type: 0, rows: bytes('05 0000 00 0000') }),
    'image/png',
    /filter/,
  ],
  ['a PNG that is cut', () => png({ type: 0, rows }).subarray(0, 50), 'image/png', /breaks off/],
  ['a PNG of five bits', () => png({ type: 0, bits: 5, rows }), 'image/png', /no PNG/],
  ['a PNG without its palette', () => png({ type: 3, rows }), 'image/png', /palette/],
  ['a JPEG of 65,535 x 65,535', () => frame(0xc0, 8, 65_535, 3), 'image/jpeg', /65535 x 65535/],
  ['a JPEG without size', () => frame(0xc0, 8, 0, 3), 'image/jpeg', /no size/],
  ['a lossless JPEG', () => frame(0xc3, 8, 10, 3), 'image/jpeg', /lossless/],
  ['a JPEG of twelve bits', () => frame(0xc1, 12, 10, 3), 'image/jpeg', /12 bits/],
  ['a JPEG of two colours', () => frame(0xc0, 8, 10, 2), 'image/jpeg', /2 colours/],
  ['a JPEG that is cut', () => frame(0xc0, 8, 10, 3).subarray(0, 9), 'image/jpeg', /breaks off/],
  ['a JPEG without a frame', () => bytes('ffd8 ffda'), 'image/jpeg', /no head/],
]

function frame(kind: number, bits: number, side: number, components: number): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt16BE(8)
  head[2] = bits
  head.writeUInt16BE(side, 3)
  head.writeUInt16BE(side, 5)
  head[7] = components
  return Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, kind]), head, Buffer.from([0xff, 0xda])])
}

for (const [what, image, format, words] of refused)
  test(`M1 ${what} is refused in words`, async () => {
    assert.match((await pdfOf(image(), format)).refusal ?? '', words)
  })
