/** Sends one page to a printer's raw port (AppSocket, usually 9100): it prints what it reads until the connection ends. */
import { connect } from 'node:net'
import { type Clock, Failure } from '@fairlead/base'

export interface RawPort {
  host: string
  port: number
}

const connectMs = 10_000
const printMs = 20_000

/**
 * Resolves when the printer has ended the connection after all of it, which it does when it has read it.
 *
 * @param job its bytes, each a character
 * @throws {Failure} `device-refused`: nothing was sent; `device-timeout`: it may be printed
 */
export function printJob({ host, port }: RawPort, job: string, clock: Pick<Clock, 'now' | 'at'>): Promise<void> {
  const where = `${host.includes(':') ? `[${host}]` : host}:${port}`
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const socket = connect({ host, port })
  let isConnected = false
  let why = 'it does not answer'
  let timer = clock.at(clock.now() + connectMs, () => socket.destroy())
  socket.on('connect', () => {
    isConnected = true
    timer.cancel()
    timer = clock.at(clock.now() + printMs, () => socket.destroy())
    socket.end(job, 'latin1')
  })
  // Some say how they are: it is read, so that they can end.
  socket.resume()
  socket.on('end', () => resolve())
  socket.on('error', (error: NodeJS.ErrnoException) => {
    why = error.code === 'ECONNREFUSED' ? 'nothing listens there' : (error.code ?? error.message)
  })
  socket.on('close', () => {
    timer.cancel()
    reject(isConnected ? unsure(where) : unprinted(where, why))
  })
  return promise
}

function unprinted(where: string, why: string): Failure {
  return new Failure(
    'device-refused',
    `The printer takes no page at ${where} (${why}). See that it is switched on and that its raw port is; another one is named by print=HOST:PORT at the agent.`,
  )
}

function unsure(where: string): Failure {
  return new Failure(
    'device-timeout',
    `The printer was sent the page at ${where} and has not said that it is done: look whether it comes out. If it does, its word is good.`,
  )
}
