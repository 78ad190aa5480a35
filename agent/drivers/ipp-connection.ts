/** Opens a connection to a printer over IPP; with TLS only to one that has the right key, before a byte of a question is on it. */
import type { X509Certificate } from 'node:crypto'
import { connect, isIP, type Socket } from 'node:net'
import {
  connect as connectTls,
  createSecureContext,
  getCACertificates,
  type SecureContext,
  type TLSSocket,
} from 'node:tls'
import { type Clock, Failure } from '@fairlead/base'
import { addressOf, type IppTarget } from './ipp-target.ts'
import { fingerprintOf, type PrinterKey, type ShownKey } from './printer-key.ts'

export interface ConnectionNeeds {
  target: IppTarget
  key: PrinterKey
  clock: Pick<Clock, 'now' | 'at'>
}

const connectMs = 10_000

/**
 * @throws {Failure} `device-offline`: it is not there, or has another key than it should
 * @throws the reason of `stop`
 */
export async function openConnection(
  { target, key, clock }: ConnectionNeeds,
  stop: AbortSignal | undefined,
): Promise<Socket> {
  const socket = target.isTls ? openTls(target) : connect({ host: target.host, port: target.port })
  const { promise: connected, resolve, reject } = Promise.withResolvers<void>()
  let isTimeUp = false
  const leave = () => socket.destroy()
  const timer = clock.at(clock.now() + connectMs, () => {
    isTimeUp = true
    leave()
  })
  stop?.addEventListener('abort', leave)
  // What fails later is told to whoever uses it.
  socket.on('error', reject).once('close', reject)
  socket.once(target.isTls ? 'secureConnect' : 'connect', resolve)
  try {
    await connected
    stop?.throwIfAborted()
    if ('encrypted' in socket) key.check(shownBy(socket as TLSSocket, target))
    // A printer without current says nothing ever more; the system finds out.
    return socket.setKeepAlive(true, 30_000)
  } catch (error) {
    socket.destroy()
    stop?.throwIfAborted()
    throw error instanceof Failure ? error : notThere(target, isTimeUp ? 'in time' : codeOf(error))
  } finally {
    stop?.removeEventListener('abort', leave)
    timer.cancel()
  }
}

let trusting: SecureContext | undefined

/** Printers sign their certificates themselves: whether one is right its key tells, when there is a connection. */
function openTls({ host, port }: IppTarget): TLSSocket {
  // Of Node, and of the machine, where a company lays its own authority; read once, since that takes its time.
  trusting ??= createSecureContext({
    ca: [...new Set([...getCACertificates('default'), ...getCACertificates('system')])],
  })
  return connectTls({
    ...{ host, port, secureContext: trusting, rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] },
    // RFC 6066 §3: an address is no name.
    ...(isIP(host) === 0 && { servername: host }),
  })
}

/** @throws {Failure} of a certificate that holds no key that can be read */
function shownBy(socket: TLSSocket, target: IppTarget): ShownKey {
  try {
    const certificate = socket.getPeerX509Certificate() as X509Certificate
    return { fingerprint: fingerprintOf(certificate), isVouchedFor: socket.authorized }
  } catch {
    throw new Failure(
      'device-offline',
      `The printer at ${addressOf(target)} shows no certificate that can be read, so nothing is sent to it.`,
    )
  }
}

function notThere(target: IppTarget, why: string): Failure {
  return new Failure(
    'device-offline',
    `The printer does not answer at ${addressOf(target)} (${why}): see that it is switched on.`,
  )
}

const codeOf = (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : 'no connection')
