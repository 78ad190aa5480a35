/** What `npm start` says, for somebody who sees it for the first time. */
import type { Json } from '@fairlead/protocol/contract'

/** A virtual device of the demo. */
export interface Neighbour {
  id: string
  what: string
  driver: string
}

type Values = Readonly<Record<string, Json>>

export function opening(relay: { version: string; publicUrl: string; isTaken: boolean }): string {
  const why = relay.isTaken ? ' (port 8080 is taken by another program)' : ''
  return `
Fairlead ${relay.version} is up at ${relay.publicUrl}${why}.
The devices beside it opened their sessions from inside: the relay never connects to them.
`
}

export function asking(id: string, values: Values): string {
  const lines = Object.entries(values).map(([name, value]) => `  ${name.padEnd(12)} ${inWords(name, value)}`)
  return [
    `GET  A service asked for ${id} by one HTTP call; the relay pushed that to it, and passed back what it said:`,
    ...lines,
    '',
  ].join('\n')
}

export function telling(id: string, values: Values): string {
  const told = Object.entries(values).map(([name, value]) => `${name}: ${inWords(name, value)}`)
  return `SET  ${id} was given a new location the same way, and says what holds now:\n  ${told.join(', ')}\n`
}

export interface NextSteps {
  publicUrl: string
  /** Of a relay without users: the link that makes the first one. */
  consoleUrl: string
  keyFile: string
  data: string
  devices: readonly Neighbour[]
  pages: readonly { id: string; url: string }[]
}

export function nextSteps({ publicUrl, consoleUrl, keyFile, data, devices, pages }: NextSteps): string {
  const api = `${publicUrl}/v1/docs`
  const width = Math.max(...devices.map(({ what }) => what.length))
  const local = pages.map(({ id, url }) => {
    const what = devices.find((device) => device.id === id)?.what ?? id
    return `  ${url.padEnd(api.length)}   ${what.padEnd(width)}   ${id}`
  })
  return `Open in a browser:
${consoleUrl.includes('#') ? `  ${consoleUrl}\n      the console: this link makes its first user, once` : `  ${consoleUrl.padEnd(api.length)}   the console`}
  ${api}   the whole API on one page
${local.join('\n')}

Ask it yourself:
  curl ${publicUrl}/v1/devices/${devices[0]?.id}/requests \\
    -H "Authorization: Bearer $(cat '${keyFile}')" \\
    -H 'Content-Type: application/json' -d '{"get": ["toner.black", "status"]}'

What is kept is in ${data} and in agent-data beside it. Ctrl-C stops everything.`
}

export const stopping =
  '\nStopping: what is in flight is finished first. The next npm start goes on with the same devices.'

function inWords(name: string, value: Json): string {
  if (typeof value === 'number' && /^(toner|ink)\./.test(name)) return `${value} %`
  if (typeof value === 'object' && value !== null && 'unit' in value && 'value' in value)
    return `${String(value['value'])} ${String(value['unit'])}`
  return typeof value === 'string' ? value : JSON.stringify(value)
}
