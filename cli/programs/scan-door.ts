/** Where devices bring their scans, and ask what has become of them. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Code, Failure } from '@fairlead/base'
import type { Mailing } from './mailing.ts'
import { mostScanBytes, type Scan, type Scans, scanTypes, tooLarge } from './scans.ts'

export interface ScanDoorNeeds {
  scans: Scans
  mailing: Pick<Mailing, 'send'>
  urlOf(scanId: string): string
}

/** So long a device is kept waiting for the SMTP server; then it hears that the scan is on its way. */
const patienceMs = 5_000
const askAgainSeconds = 10

const statusOf: Partial<Record<Code, number>> = { 'bad-document': 415, 'in-progress': 409, 'too-large': 413 }

export function createScanDoor({ scans, mailing, urlOf }: ScanDoorNeeds) {
  /** The ID cannot be guessed: whoever has it may ask. */
  async function show(scanId: string, response: ServerResponse): Promise<void> {
    const scan = await scans.find(scanId)
    if (!scan || scan.state === 'open') return refuse(response, 404, 'No scan has come here.')
    tell(scan, response, 200)
  }

  async function take(scanId: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const scan = await scans.find(scanId)
    const [, shown = ''] = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '') ?? []
    if (!scan || !scans.isToken(scanId, shown)) return refuse(response, 401, 'This place was not made for you.')
    try {
      const taken = scan.state === 'open' && (await scans.take(scanId, mustBeScan(request, scan), request))
      // If it has come before, whoever did not hear the answer hears it now.
      tell(taken ? await mailing.send(taken, patienceMs) : await scans.mustFind(scanId), response)
    } catch (error) {
      // Who hung up comes again.
      if (response.destroyed || request.destroyed) return
      if (!(error instanceof Failure)) throw error
      refuse(response, statusOf[error.code] ?? 400, error.message)
    }
  }

  function tell({ scanId, state, to, message }: Scan, response: ServerResponse, status?: number): void {
    const isOnItsWay = state === 'waiting'
    if (isOnItsWay) response.setHeader('location', urlOf(scanId)).setHeader('retry-after', askAgainSeconds)
    const body = { state: isOnItsWay ? 'passing-on' : state, to, ...(message !== undefined && { message }) }
    answer(response, status ?? (isOnItsWay ? 202 : 200), body)
  }

  return { show, take }
}

/** @returns of which type it is @throws {Failure} `bad-document`, `too-large` */
function mustBeScan({ headers }: IncomingMessage, { language }: Scan): string {
  const contentType = (headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  if (!(contentType in scanTypes)) throw new Failure('bad-document', 'A scan is a PDF, a PNG or a JPEG.')
  if (Number(headers['content-length'] ?? 0) > mostScanBytes) throw tooLarge(language)
  return contentType
}

function refuse(response: ServerResponse, status: number, message: string): void {
  // What is still coming is not wanted.
  response.setHeader('connection', 'close')
  answer(response, status, { state: 'refused', message })
}

export function answer(response: ServerResponse, status: number, body: object): void {
  response
    .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
    .end(JSON.stringify(body))
}
