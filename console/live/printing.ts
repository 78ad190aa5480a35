/** What a device can do with documents: as it tells now, and without a connection as it told when this browser last heard (E1). */
import type { Device, Printing } from '@fairlead/protocol/contract'
import { NoRelayError } from '@fairlead/sdk'
import { useEffect, useState } from 'preact/hooks'
import { findPrinter, keepPrinter } from '../offline/kept.ts'
import { useAction } from '../parts/forms.tsx'
import { relay } from '../relay.ts'

/** Of a device as much as a document for it needs. */
export type Printer = Pick<Device, 'id' | 'state'> &
  Partial<Pick<Device, 'account' | 'releaseAtDevice'>> & { name: string }

export interface KnownPrinting {
  /** Undefined: not known yet. */
  printing: Printing | undefined
  /** When the device told that, if no relay answers. */
  knownAtMs: number | undefined
  error: unknown
  retry(): void
}

export function usePrinting({ id, name, state }: Printer): KnownPrinting {
  const [known, setKnown] = useState<{ printing: Printing; atMs?: number }>()
  const read = useAction(async () => {
    try {
      const printing = await relay.printing(id)
      setKnown({ printing })
      // A browser that keeps nothing has lost nothing yet.
      await keepPrinter({ device: id, name, printing }).catch(() => {})
    } catch (error) {
      const kept = error instanceof NoRelayError ? await findPrinter(id).catch(() => undefined) : undefined
      if (!kept) throw error
      setKnown({ printing: kept.printing, atMs: kept.atMs })
    }
  })
  // A device that comes back may have changed.
  useEffect(() => read.run(), [id, state])
  return { printing: known?.printing, knownAtMs: known?.atMs, error: read.error, retry: () => read.run() }
}
