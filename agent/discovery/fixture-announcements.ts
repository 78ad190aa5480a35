/** Announcements for tests, written octet by octet: as they should be, and as nobody should write them. */
import { isIP } from 'node:net'

export interface FixtureRecord {
  name: readonly string[]
  type: number
  data: Uint8Array
  ttlSeconds?: number
}

export const types = { A: 1, PTR: 12, TXT: 16, AAAA: 28, SRV: 33 } as const

export function writeName(labels: readonly string[]): Buffer {
  const octets = labels.flatMap((label) => [Buffer.of(Buffer.byteLength(label)), Buffer.from(label)])
  return Buffer.concat([...octets, Buffer.of(0)])
}

/** @param announced how many records the header says there are */
export function writeResponse(records: readonly FixtureRecord[], announced = records.length): Buffer {
  const header = Buffer.alloc(12)
  header.writeUInt16BE(0x8400, 2)
  header.writeUInt16BE(announced, 6)
  return Buffer.concat([header, ...records.map(writeRecord)])
}

function writeRecord({ name, type, data, ttlSeconds = 120 }: FixtureRecord): Buffer {
  const fixed = Buffer.alloc(10)
  fixed.writeUInt16BE(type)
  fixed.writeUInt16BE(1, 2)
  fixed.writeUInt32BE(ttlSeconds, 4)
  fixed.writeUInt16BE(data.length, 8)
  return Buffer.concat([writeName(name), fixed, data])
}

export interface FixtureService {
  type: string
  instance: string
  host: string
  port?: number
  texts?: readonly string[]
}

/** What a printer sends of one service: PTR, SRV and TXT. */
export function serviceRecords({ type, instance, host, port = 631, texts = [] }: FixtureService): FixtureRecord[] {
  const kind = [type, '_tcp', 'local']
  const name = [instance, ...kind]
  const server = Buffer.alloc(6)
  server.writeUInt16BE(port, 4)
  const written = texts.map((text) => Buffer.concat([Buffer.of(Buffer.byteLength(text)), Buffer.from(text)]))
  return [
    { name: kind, type: types.PTR, data: writeName(name) },
    { name, type: types.SRV, data: Buffer.concat([server, writeName([host, 'local'])]) },
    { name, type: types.TXT, data: Buffer.concat(written) },
  ]
}

/** @param octets of an IPv6 address as 32 hexadecimal digits; IPv4 dotted */
export function addressRecord(host: string, address: string): FixtureRecord {
  const name = [host, 'local']
  return isIP(address) === 4
    ? { name, type: types.A, data: Buffer.from(address.split('.').map(Number)) }
    : { name, type: types.AAAA, data: Buffer.from(address, 'hex') }
}
