/** The program "Scan to e-mail": asks to whom, has the device scan, and sends what it brings as an attachment. */
import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ProgramStep } from '@fairlead/protocol/contract'
import { z } from 'zod'
import type { HostedProgram } from './hosted.ts'
import { keepFile, readKept } from './kept-file.ts'
import type { Scans } from './scans.ts'

export interface ScanToEmailNeeds {
  scans: Pick<Scans, 'place'>
  /** Where the address that somebody gave last is kept, by launch. */
  folder: string
  /** Where a device brings a scan. */
  urlOf(scanId: string): string
}

/** One address and nothing else: whatever separates several is no part of it. RFC 5321 §4.5.3.1.3: 256 with its brackets. */
const Address = z.email().max(254)

export async function openScanToEmail({ scans, folder, urlOf }: ScanToEmailNeeds): Promise<HostedProgram> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const fileOf = (launchId: string) => join(folder, createHash('sha256').update(launchId).digest('hex'))

  return {
    offer: {
      program: 'scan-to-email',
      title: 'Scan to e-mail',
      description: 'Scans what lies on the glass or in the feeder, and sends it to an address.',
      asks: [],
    },

    async run({ launchId, device, answers }, callId) {
      const last = (await readKept(fileOf(launchId)))?.toString()
      const told = answers['to']?.trim()
      if (told === undefined) return askFor('Who is to get the scan?', last)
      if (!Address.safeParse(told).success) return askFor('That is no e-mail address. Who is to get the scan?', told)
      if (told !== last) await keepFile(fileOf(launchId), told)
      const { scanId, token } = await scans.place(callId, device, told)
      const title = `Scan for ${told}`.slice(0, 128)
      return { scan: { title, to: urlOf(scanId), authorization: `Bearer ${token}`, resolution: 300, color: 'color' } }
    },
  }
}

function askFor(title: string, value: string | undefined): ProgramStep {
  const field = { name: 'to', label: 'E-mail address', type: 'email' } as const
  return { ask: { title, fields: [{ ...field, ...(value !== undefined && { value }) }] } }
}
