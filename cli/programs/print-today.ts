/** The program "Print today's page": one page made for the device that asks, sent to it as a job, once. */
import { createHash } from 'node:crypto'
import { mkdir, readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Json, ProgramStep } from '@fairlead/protocol/contract'
import { type Client, RelayError } from '@fairlead/sdk'
import type { HostedProgram } from './hosted.ts'
import { keepFile, readKept } from './kept-file.ts'
import { languageFor, type ProgramLanguage, programWords } from './languages.ts'
import { drawToday, type Today } from './today-page.ts'

export interface PrintTodayNeeds {
  client: Pick<Client, 'devices' | 'jobs' | 'printing'>
  /** Where pages are kept, so that a repeat is the very same one. */
  folder: string
  /** Of devices that do not tell theirs: an IANA name. */
  zone: string
  /** Of the tile, and of devices that do not tell theirs. */
  language: ProgramLanguage
  now(): number
}

/** A device that sleeps prints it within the hour, or not: tomorrow it would be wrong. */
const withinSeconds = 3_600
const keepPagesMs = 2 * 24 * 3_600_000
const mostJobsShown = 5

export async function openPrintToday({ client, folder, zone, language, now }: PrintTodayNeeds): Promise<HostedProgram> {
  await mkdir(folder, { recursive: true, mode: 0o700 })

  async function forgetOld(): Promise<void> {
    for (const name of await readdir(folder)) {
      const { mtimeMs } = await stat(join(folder, name))
      if (mtimeMs < now() - keepPagesMs) await rm(join(folder, name), { force: true })
    }
  }

  /** What its device information says is of the day of the launch; what the relay has heard since is of today. */
  async function gather(device: string, values: Record<string, Json>): Promise<Today> {
    const [{ objects }, { abilities }, { items }] = await Promise.all([
      client.devices.find(device),
      client.printing(device),
      client.jobs.list({ device, state: 'open', limit: mostJobsShown }),
    ])
    const known = Object.entries(objects ?? {}).map(([name, { value }]) => [name, value] as const)
    const told = { ...values, ...Object.fromEntries(known) }
    const name = [told['name'], told['model']].find((text) => typeof text === 'string' && text !== '')
    return {
      device: typeof name === 'string' ? name : device,
      place: typeof told['location'] === 'string' ? told['location'] : '',
      zone: zoneOf(values['timezone']) ?? zone,
      atMs: now(),
      told,
      waiting: items.map((job) => job.name),
      isLetter: /letter/.test(abilities?.mediaDefault ?? ''),
    }
  }

  return {
    offer: {
      program: 'print-today',
      title: programWords[language].today.title,
      description: programWords[language].today.description,
      asks: ['name', 'model', 'location', 'timezone', 'alerts', 'supplies'],
    },

    async run({ device, values, language: told }, callId): Promise<ProgramStep> {
      const words = programWords[languageFor(told, language)]
      const { title, isBeingPrinted, comesOut } = words.today
      await forgetOld()
      // On disk before it is sent: a repeat sends the same bytes under the same key, and is the same job.
      const key = createHash('sha256').update(callId).digest('hex')
      const file = join(folder, `${key}.pdf`)
      try {
        let page: Uint8Array | undefined = await readKept(file)
        if (!page) {
          page = await drawToday(await gather(device, values), words)
          await keepFile(file, page)
        }
        const { jobId } = await client.jobs.send(device, new Blob([new Uint8Array(page)]), {
          ...{ name: title, contentType: 'application/pdf', copies: 1 },
          ...{ deliverWithinSeconds: withinSeconds, idempotencyKey: `today-${key}` },
        })
        return {
          done: { title: isBeingPrinted, lines: [comesOut], jobs: [jobId] },
        }
      } catch (error) {
        if (!isAboutThePage(error)) throw error
        return { failed: { reason: error.message.slice(0, 512) } }
      }
    },
  }
}

/** What a key may not, or a relay cannot, is nothing that whoever stands there could mend. */
function isAboutThePage(error: unknown): error is RelayError {
  return error instanceof RelayError && error.status < 500 && error.status !== 401 && error.status !== 403
}

/** @returns undefined: it is none that is known here */
export function zoneOf(told: unknown): string | undefined {
  if (typeof told !== 'string') return undefined
  try {
    return new Intl.DateTimeFormat('en', { timeZone: told }).resolvedOptions().timeZone
  } catch {
    return undefined
  }
}
