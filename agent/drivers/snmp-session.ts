/** One exchange with an SNMP agent: a request and what came back, or that nothing did. Carries, decides nothing. */
import { createSocket, type Socket, type SocketType } from 'node:dgram'
import { type Clock, Failure, type Log } from '@fairlead/base'
import snmp from 'net-snmp'
import type { Cell } from './cell.ts'
import type { SnmpTarget, SnmpUser } from './snmp-target.ts'
import { createTurns } from './turns.ts'

/** `cell` undefined: the agent says that there is nothing here (noSuchObject, noSuchInstance, endOfMibView). */
export interface Varbind {
  oid: string
  cell: Cell | undefined
}

/** `status` is RFC 3416's error-status; 0 when `varbinds` hold the answer. For GETBULK one list for each OID asked. */
export interface Answer {
  status: number
  varbinds: Varbind[][]
}

export interface SnmpSession extends AsyncDisposable {
  /** @throws {Failure} `device-timeout`: no answer, or none that could be understood */
  get(oids: readonly string[]): Promise<Answer>
  getNext(oids: readonly string[]): Promise<Answer>
  getBulk(oids: readonly string[], repetitions: number): Promise<Answer>
  /** Sent once: a second SET of what acts, like a reset, would act twice. */
  set(oid: string, cell: Cell): Promise<Answer>
}

export interface SnmpNeeds {
  clock: Clock
  log: Log
}

type Respond = (error: Error | null, varbinds?: (snmp.Varbind | snmp.Varbind[])[]) => void
type Ask = (session: snmp.Session, respond: Respond) => void

/** More at once than this makes small print servers drop packets. */
const exchangesAtOnce = 4
/** RFC 3416: the status of what failed for no other reason. */
const genErr = 5

export function openSnmpSession(target: SnmpTarget, needs: SnmpNeeds): SnmpSession {
  const turns = createTurns(exchangesAtOnce)
  let reading: snmp.Session | undefined
  let writing: snmp.Session | undefined
  let isClosed = false

  const reader = () => (reading ??= openSession(target, target.community, target.retries, needs))
  const writer = () => (writing ??= openSession(target, target.writeCommunity, 0, needs))

  /** Others may have found out at the same time, and it is closed once. */
  function forget(session: snmp.Session): void {
    if (session !== reading && session !== writing) return
    if (session === reading) reading = undefined
    else writing = undefined
    session.close()
  }

  /** The library's own time-outs, discovery of version 3 included; this one is for answers that it loses. */
  const longestMs = (target.timeoutMs * (target.retries + 1) + 500) * (target.version === 3 ? 3 : 1)

  function once(session: snmp.Session, ask: Ask): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const timer = needs.clock.at(needs.clock.now() + longestMs, () => reject(silent(target)))
      ask(session, (error, varbinds) => {
        timer.cancel()
        if (error instanceof snmp.RequestFailedError) resolve({ status: error.status, varbinds: [] })
        else if (error) reject(error.name === 'RequestTimedOutError' ? silent(target) : unheard(target, error))
        else resolve({ status: 0, varbinds: (varbinds ?? []).map(readVarbinds) })
      })
    })
  }

  /** An agent that was restarted has a new clock (RFC 3414 §2.3): version 3 then needs a new session, once. */
  async function exchange(open: () => snmp.Session, ask: Ask): Promise<Answer> {
    if (isClosed) throw silent(target)
    const session = open()
    try {
      return await once(session, ask)
    } catch (error) {
      const wasHeard = error instanceof Failure && error.facts['heard'] === true
      if (target.version !== 3 || !wasHeard || isClosed) throw error
      forget(session)
      return await once(open(), ask)
    }
  }

  return {
    get: (oids) => turns(() => exchange(reader, (session, respond) => session.get([...oids], respond))),
    getNext: (oids) => turns(() => exchange(reader, (session, respond) => session.getNext([...oids], respond))),
    getBulk: (oids, repetitions) =>
      turns(() => exchange(reader, (session, respond) => session.getBulk([...oids], 0, repetitions, respond))),
    set: (oid, cell) =>
      turns(() => exchange(writer, (session, respond) => session.set([writeVarbind(oid, cell)], respond))),
    async [Symbol.asyncDispose]() {
      isClosed = true
      for (const session of [reading, writing]) session?.close()
      reading = writing = undefined
    },
  }
}

function openSession(target: SnmpTarget, community: string, retries: number, { log }: SnmpNeeds): snmp.Session {
  const shared = {
    port: target.port,
    transport: target.host.includes(':') ? 'udp6' : 'udp4',
    retries,
    timeout: target.timeoutMs,
    dgramModule: { createSocket: (type: SocketType) => createGuardedSocket(type, log) },
  } as const
  const session =
    target.version === 3 && target.user
      ? snmp.createV3Session(target.host, userOf(target.user), { ...shared, context: target.user.context })
      : snmp.createSession(target.host, community, {
          ...shared,
          version: target.version === 1 ? snmp.Version1 : snmp.Version2c,
        })
  // What cannot be decoded is no answer: the exchange goes on waiting for a good one.
  session.on('error', (error: Error) =>
    log.warn('snmp.undecodable', 'An SNMP packet could not be decoded.', { why: error.message }),
  )
  return session
}

/** A packet that trips the library over must not end the process. */
function createGuardedSocket(type: SocketType, log: Log): Socket {
  const socket = createSocket(type)
  const on = socket.on.bind(socket)
  socket.on = ((event: string, listener: (...args: unknown[]) => void) =>
    on(event, (...args: unknown[]) => {
      try {
        listener(...args)
      } catch (error) {
        log.warn('snmp.bad-packet', 'An SNMP packet was dropped.', { why: error instanceof Error ? error.message : '' })
      }
    })) as Socket['on']
  return socket
}

function userOf(user: SnmpUser): snmp.User {
  const level = user.privProtocol ? 'authPriv' : user.authProtocol ? 'authNoPriv' : 'noAuthNoPriv'
  return {
    name: user.name,
    level: snmp.SecurityLevel[level],
    ...(user.authProtocol && { authProtocol: snmp.AuthProtocols[user.authProtocol], authKey: user.authPassword }),
    ...(user.privProtocol && { privProtocol: snmp.PrivProtocols[user.privProtocol], privKey: user.privPassword }),
  }
}

const silent = ({ host, port }: SnmpTarget) =>
  new Failure(
    'device-timeout',
    `Nothing at ${host} port ${port} answers SNMP: check the address, the community or user, and that SNMP is switched on.`,
  )

/** Something came back, or the network said why nothing can. */
const unheard = ({ host, port }: SnmpTarget, error: Error) =>
  new Failure('device-timeout', `SNMP with ${host} port ${port} fails: ${error.message}.`, {
    facts: { heard: true },
    cause: error,
  })

function readVarbinds(varbinds: snmp.Varbind | snmp.Varbind[]): Varbind[] {
  return [varbinds].flat().map(({ oid, type, value }) => ({ oid, cell: readCell(type, value) }))
}

const numberTypes = { 2: 'integer', 65: 'counter', 66: 'gauge', 67: 'timeticks' } as const

/** What is no value of its type is no value. */
function readCell(type: number | undefined, value: unknown): Cell | undefined {
  const numberType = numberTypes[type as keyof typeof numberTypes]
  if (numberType) return Number.isSafeInteger(value) ? { type: numberType, value: value as number } : undefined
  if (value instanceof Uint8Array) {
    if (type === snmp.ObjectType.OctetString) return { type: 'octets', value }
    if (type === snmp.ObjectType.Opaque) return { type: 'opaque', value }
    if (type === snmp.ObjectType.Counter64) return readCounter64(value)
  }
  if (typeof value === 'string' && type === snmp.ObjectType.OID) return { type: 'oid', value }
  if (typeof value === 'string' && type === snmp.ObjectType.IpAddress) return { type: 'ip', value }
  return undefined
}

/** Big-endian, with a leading zero octet where the first bit is set: up to nine octets. */
function readCounter64(bytes: Uint8Array): Cell | undefined {
  if (bytes.length === 0 || bytes.length > 9) return undefined
  return { type: 'counter64', value: BigInt.asUintN(64, BigInt(`0x${Buffer.from(bytes).toString('hex')}`)) }
}

const writeTypes = {
  integer: snmp.ObjectType.Integer,
  counter: snmp.ObjectType.Counter,
  gauge: snmp.ObjectType.Gauge,
  timeticks: snmp.ObjectType.TimeTicks,
  counter64: snmp.ObjectType.Counter64,
  octets: snmp.ObjectType.OctetString,
  opaque: snmp.ObjectType.Opaque,
  oid: snmp.ObjectType.OID,
  ip: snmp.ObjectType.IpAddress,
} as const

function writeVarbind(oid: string, cell: Cell): snmp.Varbind {
  const type = writeTypes[cell.type]
  if (cell.type === 'counter64') return { oid, type, value: writeCounter64(cell.value) }
  return {
    oid,
    type,
    value: cell.value instanceof Uint8Array ? Buffer.from(cell.value) : (cell.value as string | number),
  }
}

function writeCounter64(value: bigint): Buffer {
  const hex = value.toString(16)
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  return (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes
}

/** An answer for other OIDs than were asked is no answer to these. */
export function answersTo(oids: readonly string[], answer: Answer): Answer {
  const fits = answer.varbinds.length === oids.length && answer.varbinds.every(([first], i) => first?.oid === oids[i])
  return answer.status !== 0 || fits ? answer : { status: genErr, varbinds: [] }
}
