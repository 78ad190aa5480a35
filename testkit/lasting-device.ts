/** A device on a WebSocket that goes on with its stream when it is cut off, as XEP-0198 has it: what it had, and how often, is counted. */
import { setTimeout as pause } from 'node:timers/promises'
import { answerTo, openWebSocketDevice, type WebSocketDevice } from './websocket-device.ts'

export interface LastingDevice extends AsyncDisposable {
  readonly id: string
  /** How often it has bound itself: once is enough. */
  readonly logIns: number
  readonly resumptions: number
  /** It has a stream right now. */
  readonly isThere: boolean
  /** How often it has had each request. */
  readonly had: ReadonlyMap<string, number>
}

export interface LastingDeviceOptions {
  url: string
  id: string
  secret: string
}

/** As a client that does not storm. */
const comesBackMs = 200

/** @returns when it is bound and managed */
export async function openLastingDevice(options: LastingDeviceOptions): Promise<LastingDevice> {
  const device = new Lasting(options)
  await device.connect()
  device.run()
  return device
}

class Lasting implements LastingDevice {
  readonly had = new Map<string, number>()
  logIns = 0
  resumptions = 0
  readonly #options: LastingDeviceOptions
  #socket: WebSocketDevice | undefined
  #isManaged = false
  #isOver = false
  #running: Promise<void> = Promise.resolve()
  #previd = ''
  #heard = 0
  /** Said, and not acknowledged; `#acknowledged` came before them. */
  #unacknowledged: string[] = []
  #acknowledged = 0

  constructor(options: LastingDeviceOptions) {
    this.#options = options
  }

  get id(): string {
    return this.#options.id
  }

  get isThere(): boolean {
    return this.#isManaged
  }

  run(): void {
    this.#running = this.#live()
  }

  async connect(): Promise<void> {
    const { url, id, secret } = this.#options
    const device = await openWebSocketDevice(url, id, secret)
    this.#socket = device
    if (this.#isOver) device.socket.terminate()
    device.socket.on('message', (data) => this.#take(device, String(data)))
    if (this.#previd !== '' && /^<resumed/.test(await device.resume(this.#previd, this.#heard))) return
    this.#previd = ''
    this.#heard = 0
    this.#unacknowledged = []
    this.#acknowledged = 0
    await device.bind()
    this.#previd = await device.manage()
    this.logIns++
  }

  async #live(): Promise<void> {
    for (;;) {
      await this.#socket?.closed
      this.#isManaged = false
      if (this.#isOver) return
      await pause(comesBackMs)
      // A node that is away refuses: it tries again.
      if (!this.#isOver) await this.connect().catch(() => this.#socket?.socket.terminate())
    }
  }

  #take(device: WebSocketDevice, text: string): void {
    if (/^<(enabled|resumed)/.test(text)) this.#isManaged = true
    if (text.startsWith('<resumed')) {
      this.resumptions++
      this.#forget(text)
      for (const said of this.#unacknowledged) device.send(said)
    } else if (text.startsWith('<a ')) this.#forget(text)
    else if (text.startsWith('<r ')) device.send(`<a xmlns='urn:xmpp:sm:3' h='${this.#heard}'/>`)
    if (!this.#isManaged || !/^<(iq|message|presence)/.test(text)) return
    this.#heard++
    const [, requestId = '', asked = '{}'] = / id='([^']+)'.*<request [^>]*>(.*)<\/request>/.exec(text) ?? []
    if (requestId !== '') this.#answer(device, requestId, asked)
  }

  #answer(device: WebSocketDevice, requestId: string, asked: string): void {
    this.had.set(requestId, (this.had.get(requestId) ?? 0) + 1)
    const answer = answerTo(requestId, JSON.parse(asked).set ?? {})
    this.#unacknowledged.push(answer)
    device.send(answer)
    device.send("<r xmlns='urn:xmpp:sm:3'/>")
  }

  /** What it is told of need not be said again. */
  #forget(text: string): void {
    const handled = Number(/ h='(\d+)'/.exec(text)?.[1])
    this.#unacknowledged.splice(0, handled - this.#acknowledged)
    this.#acknowledged = handled
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true
    this.#socket?.socket.terminate()
    await this.#running
  }
}
