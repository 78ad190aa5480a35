/** What jobs may take: how many of a device wait, and what documents fill of the spool. */
import { Failure } from '@fairlead/base'
import type { JobLimits } from '../config.ts'
import { type Spool, tooLarge } from '../spool/spool.ts'
import type { JobStore } from './store.ts'

interface Whose {
  account: string
  device: string
}

export type Quotas = ReturnType<typeof createQuotas>

export function createQuotas(store: Pick<JobStore, 'usage'>, spool: Pick<Spool, 'bytes'>, limits: JobLimits) {
  /** @returns how much is left of the account's share */
  async function ofAccount({ account, device }: Whose, wanted: number): Promise<number> {
    const { bytes } = await store.usage(account, device)
    if (wanted > limits.documentBytes) throw tooLarge(limits.documentBytes)
    const left = limits.accountBytes - bytes
    if (wanted <= left && left > 0) return left
    throw new Failure(
      'too-many-requests',
      'The documents of the account fill its share of the spool: cancel jobs, or wait for some to be done.',
      { retryAfterSeconds: 60 },
    )
  }

  return {
    async mustHavePlace({ account, device }: Whose): Promise<void> {
      const { open } = await store.usage(account, device)
      if (open >= limits.openOfDevice)
        throw new Failure(
          'too-many-requests',
          `${open} jobs wait for this device: no more are taken until some are done.`,
          { retryAfterSeconds: 60 },
        )
    },

    /** Of a document that is in the spool already. */
    async mustHaveShare(whose: Whose, bytes: number): Promise<void> {
      await ofAccount(whose, bytes)
    },

    /** @returns how large the document may be */
    async room(whose: Whose, wanted = 0): Promise<number> {
      const left = await ofAccount(whose, wanted)
      const ofSpool = limits.spoolBytes - (await spool.bytes())
      if (wanted > ofSpool || ofSpool <= 0)
        throw new Failure('unavailable', 'The spool of the relay is full: try again when jobs are done.', {
          retryAfterSeconds: 60,
        })
      return Math.min(limits.documentBytes, left, ofSpool)
    },
  }
}
