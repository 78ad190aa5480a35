/** The device's own local page at `--listen`: works without script, in English and Japanese, for this device only. */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Clock, Failure, inBackground, type Log, UsageError } from '@fairlead/base'
import type { Device } from '../device.ts'
import type { Listening } from '../pairing/local-url.ts'
import { isOwnForm, isOwnHost } from './guard.ts'
import { createObjectsCache } from './objects-cache.ts'
import { nameOf, type PageFacts, renderPage, renderPanel } from './page.ts'
import { renderPairPage } from './pair-page.ts'
import { programPresses } from './program-presses.ts'
import { pullPresses } from './pull-presses.ts'
import { createWalkUpDoor, type WalkUpReply } from './walk-up-door.ts'
import { type Language, languageOf, languages } from './words.ts'

export interface Panel extends AsyncDisposable {
  readonly url: string
  /** Where it really listens. */
  readonly listening: Listening
  /** Listens no more, until it is woken. */
  rest(): Promise<void>
  /** Listens again, at the same address. @throws {Failure} `unavailable` when another program has it now */
  wake(): Promise<void>
}

const asset = (name: string, type: string) => ({
  type: `${type}; charset=utf-8`,
  content: readFileSync(new URL(name, import.meta.url)),
})
const assets: Readonly<Record<string, { type: string; content: Buffer }>> = {
  '/panel.css': asset('panel.css', 'text/css'),
  '/programs.css': asset('programs.css', 'text/css'),
  '/panel.js': asset('panel.js', 'text/javascript'),
  '/walk-up.css': asset('walk-up.css', 'text/css'),
  '/pair.js': asset('pair.js', 'text/javascript'),
}

const headers = {
  'content-security-policy':
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
  'x-content-type-options': 'nosniff',
  // Not `no-referrer`: with it browsers write `Origin: null` into the forms of this very page (Fetch, "serializing a request origin").
  'referrer-policy': 'same-origin',
  'cache-control': 'no-store',
}

const maxFormBytes = 8192
/** Of what a program asks: eight fields of 1,024 characters, each up to nine bytes as a form has them. */
const maxAnswerBytes = 96 * 1024

type Reply = [status: number, type: string, content: string | Buffer, more?: Record<string, string> | undefined]

/** What a page shows of a device, and what its buttons do. */
export type Shown = Pick<
  Device,
  | 'view'
  | 'objects'
  | 'switchMode'
  | 'confirm'
  | 'printPage'
  | 'pageInTray'
  | 'printPin'
  | 'press'
  | 'hand'
  | 'pairAgain'
  | 'reset'
  | 'cancelJob'
  | 'programs'
  | 'pull'
  | 'walkUps'
>

/**
 * @param listen `HOST:PORT`; port 0 picks one
 * @throws {Failure} `unavailable` when the address is taken or not ours
 */
export async function openPanel(
  listen: string,
  device: Shown,
  { clock, log, touched }: { clock: Clock; log: Log; touched?: () => void },
): Promise<Panel> {
  const { host, port } = readListen(listen)
  const token = randomBytes(24).toString('base64url')
  const cache = createObjectsCache(device.objects, clock)
  const { walkUps } = device
  const isOn = () => device.view().sessionMaintenance
  const walkUp = walkUps && createWalkUpDoor({ walkUps, token, isOn })

  async function answerOrRefuse(request: http.IncomingMessage): Promise<Reply> {
    try {
      return await answer(request)
    } catch (error) {
      if (error instanceof Failure) return plain(413, error.message)
      log.error('panel.failed', 'The panel page could not do what was asked.', error)
      return plain(500, 'The agent could not do this; its log says why.')
    }
  }

  async function answer(request: http.IncomingMessage): Promise<Reply> {
    if (!isOwnHost(request.headers.host, host)) return plain(421, 'This page is not known under that name.')
    const url = new URL(request.url ?? '/', 'http://panel')
    if (request.method === 'POST') return await post(request, url.pathname)
    if (request.method !== 'GET' && request.method !== 'HEAD') return plain(405, 'GET or POST.', { allow: 'GET, POST' })
    const asset = assets[url.pathname]
    if (asset) return [200, asset.type, asset.content]
    switch (url.pathname) {
      case '/':
        return await page(request, url)
      case '/inside':
        return [200, 'text/html; charset=utf-8', renderPanel(await facts(languageFor(request)))]
      case '/walk-up':
        return walkUp ? walkUpReply(walkUp.show(await whoIsAt(request))) : plain(404, 'Not found.')
      case '/pair':
        return [200, 'text/html; charset=utf-8', await pairPage(request)]
      case '/state':
        return [200, 'application/json', JSON.stringify(await state())]
      default:
        return plain(404, 'Not found.')
    }
  }

  async function facts(language: Language): Promise<PageFacts> {
    device.programs.look()
    const [known, inTray] = [await cache.read(), await device.pageInTray()]
    const [programs, pull] = [device.programs.view(), device.pull.view()]
    return { view: device.view(), programs, pull, known, language, token, inTray }
  }

  async function page(request: http.IncomingMessage, url: URL): Promise<Reply> {
    const chosen = languages.find((language) => language === url.searchParams.get('lang'))
    // Chosen once, kept for a year; then back to the address without the choice.
    if (chosen) return seeHome({ 'set-cookie': `lang=${chosen}; Max-Age=31536000; Path=/; SameSite=Strict; HttpOnly` })
    return [200, 'text/html; charset=utf-8', renderPage(await facts(languageFor(request)))]
  }

  async function pairPage(request: http.IncomingMessage): Promise<string> {
    const { view, known, language } = await facts(languageFor(request))
    return renderPairPage(view, nameOf({ view, known }), language, token)
  }

  async function state(): Promise<Record<string, unknown>> {
    const { id, relay, sessionMaintenance, standing, standingSinceMs } = device.view()
    const { objects, ageSeconds } = await cache.read()
    const since = new Date(standingSinceMs).toISOString()
    const reason = 'reason' in standing ? standing.reason : null
    return {
      id,
      relay,
      sessionMaintenance,
      state: standing.state,
      reason,
      stateSinceAt: since,
      objects: objects ?? null,
      objectsAgeSeconds: ageSeconds,
    }
  }

  async function post(request: http.IncomingMessage, path: string): Promise<Reply> {
    const press = presses[path]
    if (!press) return plain(404, 'Not found.')
    if (!isOwnForm(request)) return plain(403, 'This form was not sent by the panel page.')
    const form = new URLSearchParams(
      await readForm(request, path === '/program-answer' ? maxAnswerBytes : maxFormBytes),
    )
    if (!isEqual(form.get('token') ?? '', token)) return plain(403, 'The page is an old one: load it again.')
    touched?.()
    return await press(form, request)
  }

  async function whoIsAt(request: http.IncomingMessage) {
    const name = nameOf({ known: await cache.read(), view: device.view() })
    return { request, name, language: languageFor(request) }
  }

  const presses: Readonly<
    Record<string, (form: URLSearchParams, request: http.IncomingMessage) => Reply | Promise<Reply>>
  > = {
    '/mode': switchMode,
    '/confirm': confirm,
    '/print-page': () => ask(device.view().mayPrintPage, device.printPage),
    '/print-pin': () => ask(device.view().mayPrintPin, device.printPin),
    '/pair': pair,
    '/press': () => done(device.press),
    '/pair-again': () => done(device.pairAgain),
    '/cancel-job': (form) => done(() => device.cancelJob(form.get('job') ?? '')),
    ...(walkUp && {
      '/walk-up': async (form, request) => walkUpReply(walkUp.begin(form, await whoIsAt(request))),
      '/walk-up/choose': async (form, request) => walkUpReply(await walkUp.choose(form, await whoIsAt(request))),
    }),
    // Told, and not done: the page says until when the owner may object.
    '/reset': () => ask(device.view().mayReset, device.reset),
    ...Object.fromEntries(
      Object.entries({ ...pullPresses(device.pull), ...programPresses(device.programs) }).map(([path, press]) => [
        path,
        (form: URLSearchParams, request: http.IncomingMessage) =>
          ask(true, async () => await press(form, languageFor(request))),
      ]),
    ),
  }

  /** What the device refuses is told in its own words. */
  async function ask(may: boolean, run: () => Promise<void>): Promise<Reply> {
    try {
      if (may) await run()
    } catch (error) {
      if (error instanceof Failure) return plain(503, error.message)
      throw error
    }
    return seeHome()
  }

  function done(run: () => void): Reply {
    run()
    return seeHome()
  }

  /** The relay says whether the code is good; whatever a terminal brings goes to this device's own relay and to no other. */
  function pair(form: URLSearchParams): Reply {
    const code = form.get('code') ?? ''
    if (code === '' || code.length > 128) return plain(400, 'The link has no code: open it as the relay showed it.')
    return done(() => device.hand(code))
  }

  /** Twice is once: what is confirmed stays so. */
  function confirm(): Reply {
    if (device.view().waitsForConfirmation) device.confirm()
    return seeHome()
  }

  function switchMode(form: URLSearchParams): Reply {
    const mode = form.get('mode')
    if (mode !== 'on' && mode !== 'off') return plain(400, 'The mode is on or off.')
    device.switchMode(mode === 'on')
    return seeHome()
  }

  const server = http.createServer({ requestTimeout: 10_000, headersTimeout: 5000 }, (request, response) => {
    inBackground(log, 'panel.failed', async () => {
      const [status, type, content, more] = await answerOrRefuse(request)
      response.writeHead(status, { ...headers, ...more, 'content-type': type })
      response.end(request.method === 'HEAD' ? undefined : content)
    })
  })
  server.maxConnections = 64
  const bound = await bind(server, host, port, listen)
  return {
    url: `http://${urlHost(host)}:${bound}`,
    listening: { host, port: bound },
    rest,
    async wake() {
      if (!server.listening) await bind(server, host, bound, listen)
    },
    [Symbol.asyncDispose]: rest,
  }

  async function rest(): Promise<void> {
    if (!server.listening) return
    server.close()
    server.closeAllConnections()
    await once(server, 'close')
  }
}

async function bind(server: http.Server, host: string, port: number, listen: string): Promise<number> {
  try {
    server.listen(port, host)
    await once(server, 'listening')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    const why = code === 'EADDRINUSE' ? 'another program has it' : 'this machine does not have that address'
    throw new Failure('unavailable', `The local page cannot listen at ${listen}: ${why}.`, { cause: error })
  }
  return (server.address() as AddressInfo).port
}

function readListen(listen: string): { host: string; port: number } {
  const [, host = '', port = ''] = /^(.+):(\d{1,5})$/.exec(listen) ?? []
  if (host === '' || Number(port) > 65_535) throw new UsageError(`--listen ${listen} is not HOST:PORT.`)
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) }
}

/** What a person on this machine types; an address for "everywhere" is none to go to. */
function urlHost(host: string): string {
  if (host === '0.0.0.0' || host === '::') return 'localhost'
  return host.includes(':') ? `[${host}]` : host
}

function languageFor(request: http.IncomingMessage): Language {
  const chosen = /(?:^|;\s*)lang=(\w+)/.exec(request.headers.cookie ?? '')?.[1]
  return languages.find((language) => language === chosen) ?? languageOf(request.headers['accept-language'])
}

function plain(status: number, sentence: string, more?: Record<string, string>): Reply {
  return [status, 'text/plain; charset=utf-8', `${sentence}\n`, more]
}

function walkUpReply(reply: WalkUpReply): Reply {
  if ('page' in reply) return [reply.status ?? 200, 'text/html; charset=utf-8', reply.page]
  return seeHome({ location: '/walk-up', ...(reply.cookie !== undefined && { 'set-cookie': reply.cookie }) })
}

function seeHome(more: Record<string, string> = {}): Reply {
  return [303, 'text/plain; charset=utf-8', '', { location: '/', ...more }]
}

async function readForm(request: http.IncomingMessage, most: number): Promise<string> {
  const parts: Buffer[] = []
  let bytes = 0
  for await (const part of request as AsyncIterable<Buffer>) {
    bytes += part.length
    if (bytes > most) throw new Failure('too-large', 'The form is too large.')
    parts.push(part)
  }
  return Buffer.concat(parts).toString()
}

function isEqual(given: string, expected: string): boolean {
  const [left, right] = [Buffer.from(given), Buffer.from(expected)]
  return left.length === right.length && timingSafeEqual(left, right)
}
