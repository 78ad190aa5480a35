/** The address on a label: where somebody who holds a phone to it lands, with the code already typed. */
import { UsageError } from '@fairlead/base'

/** What makes a QR code too fine for a phone on the smallest of the labels. */
const longest = 200

/** The console's page for claims. @param relay its URL */
export function consoleClaimUrl(relay: string): string {
  return `${relay}/console/#/claim`
}

/** @throws {UsageError} when it is no http(s) URL, or too long for a label */
export function readClaimUrl(text: string): string {
  const isWeb = URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)
  if (!isWeb) throw new UsageError(`The claim URL is ${text}: it must be a URL like https://example.com/claim.`)
  const { href } = new URL(text)
  if (href.length <= longest) return href
  throw new UsageError(`The claim URL has ${href.length} characters: more than ${longest} do not fit on a label.`)
}

/** The code stands in the fragment, which no browser sends: so it is in no server's log. */
export function addressOf(claimUrl: string, code: string): string {
  return claimUrl.includes('#') ? `${claimUrl.replace(/\/$/, '')}/${code}` : `${claimUrl}#${code}`
}
