/** Brings scans to an SMTP server: each under one Message-ID, again with a pause that grows until it is taken or refused for good. */
import { backoffMs, inBackground, type Log, type Random } from '@fairlead/base'
import { createTransport } from 'nodemailer'
import { programWords } from './languages.ts'
import { type Scan, type Scans, scanTypes } from './scans.ts'
import type { SmtpServer } from './smtp-server.ts'

export interface Mailing extends AsyncDisposable {
  /** Goes on with what an earlier process has left. */
  resume(): Promise<void>
  /** Of one that is new here. @returns as it stands after its first try, or after `withinMs` */
  send(scan: Scan, withinMs: number): Promise<Scan>
}

export interface MailingNeeds {
  scans: Scans
  smtp: SmtpServer
  from: string
  random: Random
  log: Log
  now(): number
}

const pauses = { firstMs: 5_000, longestMs: 15 * 60_000 }
const giveUpMs = 3 * 24 * 3_600_000
/** A server that says nothing must not hold up a scan for ever. */
const times = { connectionTimeout: 10_000, greetingTimeout: 10_000, dnsTimeout: 10_000, socketTimeout: 120_000 }

export function createMailing({ scans, smtp, from, random, log, now }: MailingNeeds): Mailing {
  const transport = createTransport({ ...smtp, ...times, disableUrlAccess: true })
  const underWay = new Set<Promise<Scan>>()
  /** By scan: under way, or waiting for its next try; there is one for each. */
  const inHand = new Set<string>()
  const timers = new Set<NodeJS.Timeout>()
  let stopped = false

  async function attempt(scanId: string): Promise<Scan> {
    // As it is now: what has ended is not sent again, whoever believes that it waits.
    const scan = await scans.mustFind(scanId)
    if (scan.state !== 'waiting') return scan
    const { device, to, language, contentType = 'application/pdf' } = scan
    const say = programWords[language].scan
    const name = `scan-${device}.${scanTypes[contentType] ?? 'bin'}`
    const tries = scan.tries + 1
    try {
      await transport.sendMail({
        ...{ from, to, subject: say.subject(device), text: say.text(device) },
        // A repeat is known by it, where a server looks.
        messageId: `<${scanId}@${domainOf(from)}>`,
        attachments: [{ filename: name, path: scans.fileOf(scanId), contentType }],
      })
    } catch (error) {
      const why = whyNot(error)
      const isOver = isForGood(error) || now() - scan.madeAt > giveUpMs
      log.warn('programs.not-mailed', 'A scan was not taken by the SMTP server.', { device, scanId, why, isOver })
      if (isOver) return await scans.change({ ...scan, state: 'refused', tries, message: why })
      const nextAt = now() + backoffMs(scan.tries, pauses, random.fraction())
      return await scans.change({ ...scan, tries, nextAt, message: why })
    }
    log.info('programs.mailed', 'A scan was taken by the SMTP server.', { device, scanId })
    return await scans.change({ ...scan, state: 'passed-on', tries })
  }

  function start(scanId: string): Promise<Scan> {
    inHand.add(scanId)
    const trying = attempt(scanId)
    underWay.add(trying)
    inBackground(log, 'programs.scan-not-kept', async () => {
      try {
        // What could not be written down stays in hand: it may have gone out, and only the next start tries it again.
        const after = await trying
        if (after.state === 'waiting' && !stopped) later(after)
        else inHand.delete(scanId)
      } finally {
        underWay.delete(trying)
      }
    })
    return trying
  }

  function later({ scanId, nextAt }: Scan): void {
    inHand.add(scanId)
    const next = () => {
      timers.delete(timer)
      // What went wrong is logged where it is looked after.
      start(scanId).catch(() => {})
    }
    const timer = setTimeout(next, Math.max(0, nextAt - now()))
    timers.add(timer)
  }

  return {
    async resume() {
      for (const scan of await scans.waiting()) if (!inHand.has(scan.scanId)) later(scan)
    },

    async send(scan, withinMs) {
      if (inHand.has(scan.scanId)) return scan
      const { promise: late, resolve } = Promise.withResolvers<Scan>()
      const timer = setTimeout(resolve, withinMs, scan)
      try {
        return await Promise.race([start(scan.scanId), late])
      } finally {
        clearTimeout(timer)
      }
    },

    async [Symbol.asyncDispose]() {
      stopped = true
      for (const timer of timers) clearTimeout(timer)
      transport.close()
      await Promise.allSettled(underWay)
    },
  }
}

/** A 5xx is the server's last word on this message (RFC 5321 §4.2.1); but who may not log in is the operator's to mend. */
function isForGood(error: unknown): boolean {
  const { code, responseCode = 0 } = error as { code?: string; responseCode?: number }
  return code !== 'EAUTH' && responseCode >= 500
}

/** In the server's words, where it said any. */
function whyNot(error: unknown): string {
  const said = (error as { response?: unknown }).response
  const text = typeof said === 'string' ? said : error instanceof Error ? error.message : String(error)
  return text.replaceAll(/\p{Cc}+/gu, ' ').slice(0, 500)
}

function domainOf(address: string): string {
  return /@([^\s>]+)>?$/.exec(address)?.[1] ?? 'localhost'
}
