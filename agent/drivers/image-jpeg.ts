/** Reads the head of a JPEG image, which goes into a PDF as it is: nothing is decoded here. */
import { createReadStream } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { checkSize, damaged, type Image, ImageError } from './image.ts'

/** Source: ISO/IEC 10918-1 table B.1. */
const marker = { soi: 0xd8, eoi: 0xd9, sos: 0xda, app1: 0xe1, app14: 0xee } as const
/** Those frames that PDF's DCTDecode knows: baseline, extended, progressive; all by Huffman's code. */
const frames: ReadonlySet<number> = new Set([0xc0, 0xc1, 0xc2])
/** The others: lossless, hierarchical, arithmetic. C4, C8 and CC are no frames. */
const otherFrames: ReadonlySet<number> = new Set([0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf])

const mostSegments = 4096

interface Head {
  frame: Buffer | undefined
  orientation: number
  isAdobe: boolean
}

/** @throws {ImageError} what is wrong with it */
export async function readJpeg(file: string): Promise<Image> {
  const { frame, orientation, isAdobe } = await readHead(file)
  if (frame === undefined || frame.length < 6) throw damaged('it has no head')
  const [bits = 0, height, width, components = 0] = [frame[0], frame.readUInt16BE(1), frame.readUInt16BE(3), frame[5]]
  checkSize(width, height)
  const space = { 1: '/DeviceGray', 3: '/DeviceRGB', 4: '/DeviceCMYK' }[components]
  if (bits !== 8 || space === undefined)
    throw new ImageError(`A JPEG image with ${components} colours of ${bits} bits is not printed: save it with 8 bits.`)
  // Adobe's programs store CMYK the other way round, and others do as they do (Adobe TN 5116, libjpeg.txt).
  const decode = components === 4 && isAdobe ? ' /Decode [1 0 1 0 1 0 1 0]' : ''
  return {
    width,
    height,
    orientation,
    dictionary: `/ColorSpace ${space} /BitsPerComponent 8 /Filter /DCTDecode${decode}`,
    data: () => createReadStream(file),
  }
}

/** What stands before the first scan; of what is long only the beginning is read. */
async function readHead(file: string): Promise<Head> {
  await using handle = await open(file)
  const head: Head = { frame: undefined, orientation: 1, isAdobe: false }
  const start = await readAt(handle, 0, 2)
  if (start[0] !== 0xff || start[1] !== marker.soi) throw damaged('it does not begin as a JPEG does')
  let at = 2
  for (let segments = 0; segments < mostSegments; segments++) {
    const [mark, kind = 0] = await readAt(handle, at, 2)
    if (mark !== 0xff) throw damaged('it breaks off in its head')
    // Any number of these may stand before a marker, to fill (§B.1.1.2).
    if (kind === 0xff) {
      at++
      continue
    }
    if (kind === marker.sos || kind === marker.eoi) return head
    const length = (await readAt(handle, at + 2, 2)).readUInt16BE(0)
    if (length < 2) throw damaged('a part of its head has no length')
    noteSegment(head, kind, await readAt(handle, at + 4, Math.min(length - 2, 65_533)))
    at += 2 + length
  }
  throw damaged('its head has no end')
}

function noteSegment(head: Head, kind: number, content: Buffer): void {
  if (otherFrames.has(kind))
    throw new ImageError('A JPEG image of this kind (lossless or arithmetic) is not printed: save it as a usual one.')
  if (frames.has(kind)) head.frame ??= content
  if (kind === marker.app14 && content.toString('latin1', 0, 5) === 'Adobe') head.isAdobe = true
  if (kind === marker.app1 && content.toString('latin1', 0, 6) === 'Exif\0\0')
    head.orientation = orientationIn(content.subarray(6))
}

const orientationTag = 0x0112

/** Source: TIFF 6.0 §2; 1 where it is not told, or not as it may be. */
function orientationIn(tiff: Buffer): number {
  const isLittle = tiff.toString('latin1', 0, 2) === 'II'
  const short = (at: number) => (isLittle ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at))
  if (tiff.length < 8) return 1
  const directory = isLittle ? tiff.readUInt32LE(4) : tiff.readUInt32BE(4)
  if (directory + 2 > tiff.length) return 1
  const count = short(directory)
  for (let i = 0; i < count; i++) {
    const entry = directory + 2 + 12 * i
    if (entry + 12 > tiff.length) return 1
    if (short(entry) !== orientationTag) continue
    const value = short(entry + 8)
    return value >= 1 && value <= 8 ? value : 1
  }
  return 1
}

/** @throws {ImageError} it is shorter */
async function readAt(handle: FileHandle, at: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, at)
  if (bytesRead < length) throw damaged('it breaks off in its head')
  return buffer
}
