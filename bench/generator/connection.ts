/** One raw connection of the generator, and HTTP on it: one request at a time, kept alive, opened again when it has to be. */
import { connect, type Socket } from 'node:net'
import { type HttpResponse, readResponse } from './http-reader.ts'

export interface Address {
  host: string
  port: number
}

/** All sockets read into this one: what was read is a string before the next one reads. */
const readBuffer = Buffer.alloc(256 * 1024)

/** Text in, text out, one character a byte. */
export function openSocket(to: Address, read: (text: string) => void, gone: (why: string) => void): Socket {
  let why = 'closed'
  const onread = {
    buffer: readBuffer,
    callback(bytes: number) {
      read(readBuffer.toString('latin1', 0, bytes))
      return true
    },
  }
  const socket = connect({ host: to.host, port: to.port, noDelay: true, onread })
  socket.on('error', (error: NodeJS.ErrnoException) => {
    why = error.code ?? error.message
  })
  socket.on('close', () => gone(why))
  return socket
}

export interface ConnectionEvents {
  answered(response: HttpResponse): void
  /** The connection went away while an answer was awaited. */
  lost(why: string): void
}

/** A class: there are tens of thousands, and their methods exist once. */
export class Connection {
  readonly #to: Address
  readonly #events: ConnectionEvents
  #socket: Socket | undefined
  #unread = ''
  #isWaiting = false

  constructor(to: Address, events: ConnectionEvents) {
    this.#to = to
    this.#events = events
  }

  /** Sends a request; the one before has been answered. */
  send(request: string) {
    this.#isWaiting = true
    this.#socket ??= this.#open()
    this.#socket.write(request, 'latin1')
  }

  /** Says nothing more, whatever comes. */
  close() {
    this.#isWaiting = false
    this.#socket?.destroy()
    this.#socket = undefined
  }

  #open(): Socket {
    const socket = openSocket(
      this.#to,
      (text) => this.#socket === socket && this.#read(text),
      (why) => this.#socket === socket && this.#gone(why),
    )
    this.#unread = ''
    return socket
  }

  #read(text: string) {
    this.#unread = this.#unread === '' ? text : this.#unread + text
    let response: HttpResponse | undefined
    try {
      response = readResponse(this.#unread)
    } catch (error) {
      return this.#breakOff(error instanceof Error ? error.message : String(error))
    }
    if (response === undefined) return
    this.#unread = this.#unread.slice(response.length)
    this.#isWaiting = false
    if (response.closes) this.close()
    this.#events.answered(response)
  }

  #gone(why: string) {
    this.#socket = undefined
    if (this.#isWaiting) this.#breakOff(why)
  }

  #breakOff(why: string) {
    this.close()
    this.#events.lost(why)
  }
}
