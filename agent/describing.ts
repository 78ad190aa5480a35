/** What a device says of itself, for those who cannot wait for one that is slow: the relay at the register process, its own pages. */
import type { Clock, Log } from '@fairlead/base'
import type { Json, PrintAbilities } from '@fairlead/protocol/contract'
import { localAddresses } from './addresses.ts'
import type { Driver } from './drivers/driver.ts'
import type { PageFacts } from './paper/page.ts'

export interface Describing {
  /** The register information (A2), with what was told in time. */
  registerInformation(): Promise<Record<string, unknown>>
  /** By name; undefined when the device does not answer. Never throws. */
  objects(): Promise<Record<string, Json> | undefined>
  /** Of the pages that it prints itself. */
  pageFacts(): Promise<Omit<PageFacts, 'at'>>
}

export interface DescribingNeeds {
  device: string
  driver: Driver
  relay(): string
  /** What this agent adds to what the driver can. */
  ownFeatures(): readonly string[]
  clock: Clock
  log: Log
}

/** A device that is slow to describe itself registers with what it told in this time, which may be nothing. */
const describeMs = 10_000

export function createDescribing({ device, driver, relay, ownFeatures, clock, log }: DescribingNeeds): Describing {
  const objects = () => inTime(clock, describeMs, () => driver.all())

  async function registerInformation(): Promise<Record<string, unknown>> {
    const [capabilities, printing, all] = await Promise.all([
      inTime(clock, describeMs, () => driver.capabilities()),
      inTime<PrintAbilities | undefined>(clock, describeMs, async () => driver.printing?.abilities()),
      objects(),
    ])
    if (capabilities === undefined)
      log.warn('device.silent', 'The device does not describe itself; it is registered by its ID alone.', { device })
    const features = [...(capabilities?.features ?? []), ...ownFeatures()]
    const told = { ...capabilities, ...(features.length > 0 && { features }), ...(printing && { printing }) }
    const body = { capabilities: told, addresses: localAddresses() }
    return all !== undefined && fits(all) ? { ...body, objects: all } : body
  }

  return {
    registerInformation,
    objects,
    async pageFacts() {
      const told = (await objects()) ?? {}
      return { id: device, relay: relay(), name: textOf(told['name']), model: textOf(told['model']) }
    },
  }
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The register process is for knowing the device, not for everything it has: leave room in its 64 KiB. */
function fits(objects: Record<string, Json>): boolean {
  return Buffer.byteLength(JSON.stringify(objects)) < 48 * 1024
}

/** @returns undefined: it was late, or threw */
export async function inTime<Value>(clock: Clock, ms: number, work: () => Promise<Value>): Promise<Value | undefined> {
  const late = Promise.withResolvers<undefined>()
  const timer = clock.at(clock.now() + ms, () => late.resolve(undefined))
  try {
    // A device that does not answer is no bug of ours: it is simply not described.
    return await Promise.race([work().catch(() => undefined), late.promise])
  } finally {
    timer.cancel()
  }
}
