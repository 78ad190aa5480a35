/** The program "Scan to e-mail": asks to whom, has the device scan, and sends what it brings as an attachment. */
import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ProgramStep } from '@fairlead/protocol/contract'
import { z } from 'zod'
import type { HostedProgram } from './hosted.ts'
import { keepFile, readKept } from './kept-file.ts'
import { languageFor, type ProgramLanguage, programWords } from './languages.ts'
import type { Scans } from './scans.ts'
import type { ProgramWords } from './words.ts'

export interface ScanToEmailNeeds {
  scans: Pick<Scans, 'place'>
  /** Where the address that somebody gave last is kept, by launch. */
  folder: string
  /** Of the tile, and of devices that do not tell theirs. */
  language: ProgramLanguage
  /** Where a device brings a scan. */
  urlOf(scanId: string): string
}

/** One address and nothing else: whatever separates several is no part of it. RFC 5321 §4.5.3.1.3: 256 with its brackets. */
const Address = z.email().max(254)

export async function openScanToEmail({ scans, folder, language, urlOf }: ScanToEmailNeeds): Promise<HostedProgram> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const fileOf = (launchId: string) => join(folder, createHash('sha256').update(launchId).digest('hex'))

  return {
    offer: {
      program: 'scan-to-email',
      title: programWords[language].scan.title,
      description: programWords[language].scan.description,
      asks: [],
    },

    async run({ launchId, device, answers, language: told }, callId) {
      const spoken = languageFor(told, language)
      const say = programWords[spoken].scan
      const last = (await readKept(fileOf(launchId)))?.toString()
      const to = answers['to']?.trim()
      if (to === undefined) return askFor(say.whoGetsIt, last, say)
      if (!Address.safeParse(to).success) return askFor(say.noAddress, to, say)
      if (to !== last) await keepFile(fileOf(launchId), to)
      const { scanId, token } = await scans.place(callId, { device, to, language: spoken })
      const title = say.forWhom(to).slice(0, 128)
      return { scan: { title, to: urlOf(scanId), authorization: `Bearer ${token}`, resolution: 300, color: 'color' } }
    },
  }
}

function askFor(title: string, value: string | undefined, { address }: ProgramWords['scan']): ProgramStep {
  const field = { name: 'to', label: address, type: 'email' } as const
  return { ask: { title, fields: [{ ...field, ...(value !== undefined && { value }) }] } }
}
