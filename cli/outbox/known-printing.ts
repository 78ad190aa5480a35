/** What this machine remembers of devices (E1): what they could do when they were last heard, to check jobs while nobody answers. */
import { hash } from 'node:crypto'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Printing } from '@fairlead/protocol/contract'
import { stateFolder } from './outbox.ts'

export interface KnownPrinting {
  /** Undefined: nothing is known. */
  find(relayUrl: string, device: string): Promise<Printing | undefined>
  keep(relayUrl: string, device: string, printing: Printing): Promise<void>
}

export function openKnownPrinting(environment: Readonly<Record<string, string | undefined>>): KnownPrinting {
  const folder = join(stateFolder(environment), 'printing')
  const fileOf = (relayUrl: string, device: string) =>
    join(folder, `${hash('sha256', relayUrl, 'hex').slice(0, 16)}-${device.replaceAll(/[^\w.@-]/g, '_')}.json`)
  return {
    async find(relayUrl, device) {
      try {
        return Printing.parse(JSON.parse(await readFile(fileOf(relayUrl, device), 'utf8')))
      } catch {
        // Not there, or of another version: then nothing is known, and it is checked where it is sent.
        return undefined
      }
    },
    async keep(relayUrl, device, printing) {
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const file = fileOf(relayUrl, device)
      await writeFile(`${file}.new`, JSON.stringify(printing), { mode: 0o600 })
      await rename(`${file}.new`, file)
    },
  }
}
