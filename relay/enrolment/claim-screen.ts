/** The first screen (B5): what to do at the device after its code has matched. */
import type { Claim } from '@fairlead/protocol/contract'

/**
 * @param model as the maker's list names it; null: nobody knows yet what it is
 * @param canPrintPage it has said so; while it has not connected it has said nothing
 */
export function screenOf(device: string, model: string | null, canPrintPage: boolean): Claim['screen'] {
  const orPage = canPrintPage ? ' Where nobody can reach it, have a page printed and type the word on it here.' : ''
  return {
    title: `${model ?? device} is yours. Confirm it at the device.`,
    steps: [
      'Switch the device on and wait until its panel says that it has been claimed.',
      `Press "Confirm" on its panel.${orPage} Until then no service is performed for it.`,
    ],
  }
}
