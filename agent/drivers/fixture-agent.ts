/** An SNMP agent on real UDP for tests: it serves the cells that it is given, with the faults that a test asks for. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import type { Cell } from './cell.ts'
import { type FixtureRequest, type FixtureResponse, readRequest, writeResponse } from './fixture-ber.ts'
import { compareOids } from './oid.ts'

export interface FixtureAgent extends AsyncDisposable {
  port: number
  /** `snmp://` form of a driver for it, with short time-outs. */
  url(options?: string): string
  cells: Map<string, Cell>
  requests: FixtureRequest[]
}

/** What the agent does instead: packets to send (none: silence), or undefined to answer as it should. */
export type Fault = (request: FixtureRequest, right: () => FixtureResponse) => Uint8Array[] | undefined

const get = 0xa0
const getNext = 0xa1
const set = 0xa3
const getBulk = 0xa5

export async function openFixtureAgent(cells: Iterable<[string, Cell]>, fault?: Fault): Promise<FixtureAgent> {
  const held = new Map(cells)
  const requests: FixtureRequest[] = []
  const socket = createSocket('udp4')
  socket.on('message', (packet, { port, address }) => {
    const request = readRequest(packet)
    requests.push(request)
    const right = () => answer(held, request)
    const packets = fault?.(request, right) ?? [writeResponse(request, right())]
    for (const each of packets) socket.send(each, port, address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const { port } = socket.address()
  return {
    port,
    url: (options = '') => `snmp://127.0.0.1:${port}?timeout=0.3&retries=1${options && `&${options}`}`,
    cells: held,
    requests,
    async [Symbol.asyncDispose]() {
      socket.close()
      await once(socket, 'close')
    },
  }
}

function answer(cells: Map<string, Cell>, request: FixtureRequest): FixtureResponse {
  const response = request.pdu === set ? setAll(cells, request) : read(cells, request)
  const missing = response.varbinds.findIndex(({ value }) => typeof value === 'string')
  // Version 1 has no exceptions: the request fails as a whole (RFC 1157 §4.1.2).
  if (request.version !== 0 || missing < 0) return response
  return { status: 2, statusIndex: missing + 1, varbinds: asAsked(request) }
}

function read(cells: Map<string, Cell>, { pdu, varbinds, repetitions }: FixtureRequest): FixtureResponse {
  const oids = varbinds.map(({ oid }) => oid)
  if (pdu === get) return { varbinds: oids.map((oid) => ({ oid, value: cells.get(oid) ?? 'noSuchInstance' })) }
  const sorted = [...cells.keys()].sort(compareOids)
  const after = (oid: string) => sorted.find((each) => compareOids(each, oid) > 0)
  const rows: FixtureResponse['varbinds'] = []
  let at = oids
  for (let i = 0; i < (pdu === getBulk ? repetitions : 1); i++) {
    const row = at.map((oid) => nextOf(cells, oid, after(oid)))
    rows.push(...row)
    at = row.map(({ oid }) => oid)
  }
  return { varbinds: rows }
}

function nextOf(cells: Map<string, Cell>, oid: string, next: string | undefined): FixtureResponse['varbinds'][number] {
  const value = next === undefined ? undefined : cells.get(next)
  return next !== undefined && value ? { oid: next, value } : { oid, value: 'endOfMibView' }
}

function setAll(cells: Map<string, Cell>, request: FixtureRequest): FixtureResponse {
  for (const { oid, cell } of request.varbinds) if (cell) cells.set(oid, cell)
  return { varbinds: asAsked(request) }
}

function asAsked({ varbinds }: FixtureRequest): FixtureResponse['varbinds'] {
  return varbinds.map(({ oid, cell }) => ({ oid, value: cell ?? { type: 'integer', value: 0 } }))
}

export const isGetBulk = ({ pdu }: FixtureRequest): boolean => pdu === getBulk
export const isGetNext = ({ pdu }: FixtureRequest): boolean => pdu === getNext
export const isSet = ({ pdu }: FixtureRequest): boolean => pdu === set
