/** A claim is confirmed without a panel (B5): the device prints a page with a word on it, and whoever reads the page types that. */
import { z } from 'zod'

/** The feature (A2) of a device that can print such a page. */
export const printsConfirmation = 'confirmation-page'

/** Given by the relay alone, for whoever may claim; no service can give them. */
export const confirmationCommands = { print: 'print-confirmation', compare: 'confirm-claim' } as const

export function isOfConfirmation(command: string | undefined): boolean {
  return Object.values(confirmationCommands).some((own) => own === command)
}

/** What a device answers to the first. */
export const PagePrinted = z.object({ tries: z.int().min(1) })

/** And to the second. */
export const WordCompared = z.discriminatedUnion('confirmed', [
  z.object({ confirmed: z.literal(true) }),
  z.object({ confirmed: z.literal(false), triesLeft: z.int().min(0) }),
])
export type WordCompared = z.infer<typeof WordCompared>

/** `POST /v1/claims/{claimId}/page` */
export const ClaimPage = z
  .object({
    claimId: z.string(),
    device: z.string(),
    tries: z.int().meta({ description: 'How often a word may be typed before the page is worth nothing' }),
  })
  .meta({ id: 'ClaimPage' })
export type ClaimPage = z.infer<typeof ClaimPage>

/** `POST /v1/claims/{claimId}/word`: case, spaces, hyphens and full-width characters do not matter. */
export const TypedWord = z.strictObject({ word: z.string().min(1).max(64) })
export type TypedWord = z.infer<typeof TypedWord>
