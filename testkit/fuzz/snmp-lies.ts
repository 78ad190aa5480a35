/** How a printer lies: packets that are no BER, BER that is no answer, answers that are not to what was asked. */
import type { Cell } from '../../agent/drivers/cell.ts'
import { type FixtureRequest, type FixtureResponse, tlv, writeResponse } from '../../agent/drivers/fixture-ber.ts'
import type { Chance } from './chance.ts'

const cells: readonly [Cell, ...Cell[]] = [
  { type: 'integer', value: -2 },
  { type: 'integer', value: 2_147_483_647 },
  { type: 'integer', value: 77_771 },
  { type: 'counter', value: 4_294_967_295 },
  { type: 'gauge', value: 3_000_000_000 },
  { type: 'timeticks', value: 123_457 },
  { type: 'counter64', value: 18_446_744_073_709_551_615n },
  { type: 'counter64', value: 1_234_567_890_123n },
  { type: 'octets', value: new Uint8Array() },
  { type: 'octets', value: Buffer.from('a lie of letters') },
  { type: 'octets', value: Buffer.from('c3a9ff00fe', 'hex') },
  { type: 'octets', value: Buffer.alloc(3000, 'L') },
  { type: 'opaque', value: Buffer.from('9f7804404e0000', 'hex') },
  { type: 'oid', value: '1.3.6.1.4.1.99999.7' },
  { type: 'oid', value: '2.999.4294967295' },
  { type: 'ip', value: '203.0.113.9' },
]

const exceptions = ['noSuchObject', 'noSuchInstance', 'endOfMibView'] as const
const tags = [
  0x02, 0x03, 0x04, 0x05, 0x06, 0x09, 0x1f, 0x30, 0x40, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x80, 0x82, 0xa0,
  0xa2, 0xa7, 0xa8, 0xff,
] as const
const lengths = ['00', '01', '7f', '80', '81ff', '82ffff', '84ffffffff', '84000000', '88ffffffffffffffff', 'ff'].map(
  (hex) => Buffer.from(hex, 'hex'),
) as [Buffer, ...Buffer[]]

/** The packets that are sent in the place of the right one. */
export function lie(chance: Chance, request: FixtureRequest, right: FixtureResponse): Uint8Array[] {
  const packet = () => writeResponse(request, right)
  switch (chance.below(16)) {
    case 8:
      return [writeResponse(request, { ...right, varbinds: right.varbinds.map((varbind) => changed(chance, varbind)) })]
    case 9:
      return [
        writeResponse(request, {
          status: chance.below(24),
          statusIndex: chance.below(4),
          varbinds: chance.below(2) === 1 ? right.varbinds : [],
        }),
      ]
    case 10:
      return [writeResponse(request, { varbinds: reordered(chance, right.varbinds) })]
    case 11:
      return [writeResponse(strange(chance, request), right)]
    case 12:
      return [garble(chance, packet())]
    case 13:
      return [garble(chance, packet()), packet()]
    case 14:
      return [packet(), garble(chance, packet())]
    case 15:
      return [rubbish(chance)]
    case 7:
      return []
    default:
      return [packet()]
  }
}

type Bound = FixtureResponse['varbinds'][number]

function changed(chance: Chance, { oid, value }: Bound): Bound {
  switch (chance.below(5)) {
    case 1:
      return { oid, value: chance.pick(exceptions) }
    case 2:
      return { oid: `${oid}.${chance.below(300)}`, value }
    case 3:
      return { oid: oid.split('.').slice(0, -1).join('.'), value }
    default:
      return { oid, value: chance.pick(cells) }
  }
}

function reordered(chance: Chance, varbinds: readonly Bound[]): Bound[] {
  const [first] = varbinds
  if (first === undefined) return []
  switch (chance.below(4)) {
    case 0:
      return varbinds.toReversed()
    case 1:
      return varbinds.slice(1)
    case 2:
      return [...varbinds, first]
    default:
      return Array.from({ length: 60 }, () => first)
  }
}

function strange(chance: Chance, request: FixtureRequest): FixtureRequest {
  switch (chance.below(4)) {
    case 0:
      return { ...request, version: chance.pick([0, 2, 3, 255, -1] as const) }
    case 1:
      return { ...request, community: 'another' }
    case 2:
      return { ...request, requestId: request.requestId + 1 }
    default:
      return { ...request, requestId: -request.requestId }
  }
}

function garble(chance: Chance, packet: Buffer): Uint8Array {
  const at = chance.below(packet.length)
  const marks = heads(packet)
  const head = marks[chance.below(Math.max(1, marks.length))] ?? 0
  const before = packet.subarray(0, head)
  switch (chance.below(6)) {
    case 0:
      return packet.subarray(0, at)
    case 1:
      return Buffer.concat([packet, packet.subarray(0, at)])
    case 2:
      return Buffer.concat([before, Buffer.of(chance.pick(tags)), packet.subarray(head + 1)])
    case 3:
      return Buffer.concat([before, packet.subarray(head, head + 1), chance.pick(lengths), packet.subarray(head + 2)])
    case 4:
      return Buffer.concat([before, packet.subarray(head + 2)])
    default: {
      const flipped = Buffer.from(packet)
      for (let more = chance.below(4); more >= 0; more--) flipped[chance.below(packet.length)] = chance.below(256)
      return flipped
    }
  }
}

/** Where a tag stands, in packets as `writeResponse` makes them. */
function heads(packet: Buffer, from = 0, end = packet.length): number[] {
  const found: number[] = []
  for (let at = from; at + 1 < end; ) {
    found.push(at)
    const tag = packet[at] ?? 0
    const first = packet[at + 1] ?? 0
    const length = first < 0x80 ? first : packet.readUIntBE(Math.min(at + 2, packet.length - 2), 2)
    const start = at + (first < 0x80 ? 2 : 4)
    if (tag === 0x30 || tag === 0xa2) found.push(...heads(packet, start, Math.min(end, start + length)))
    at = start + length
  }
  return found
}

function rubbish(chance: Chance): Uint8Array {
  switch (chance.below(4)) {
    case 0:
      return Buffer.alloc(chance.below(3000), chance.below(256))
    case 1:
      return nested(chance.pick([10, 200, 1000] as const))
    case 2:
      return Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')
    default:
      return new Uint8Array()
  }
}

function nested(depth: number): Buffer {
  let packet: Buffer = tlv(5)
  for (let more = depth; more > 0; more--) packet = tlv(0x30, packet)
  return packet
}
