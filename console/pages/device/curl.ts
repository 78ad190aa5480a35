/** A request as a command that a shell takes as it stands; the key is the reader's own, from the environment. */
import type { ServiceRequestInput } from '@fairlead/protocol/contract'

export function curlFor(origin: string, device: string, request: ServiceRequestInput): string {
  const url = `${origin}/v1/devices/${encodeURIComponent(device)}/requests`
  return [
    `curl ${quoted(url)}`,
    '-H "Authorization: Bearer $FAIRLEAD_KEY"',
    `-H 'Content-Type: application/json'`,
    `-d ${quoted(JSON.stringify(request))}`,
  ].join(' \\\n  ')
}

/** Between single quotes a shell reads nothing but the quote itself. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
