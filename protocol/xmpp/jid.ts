/** XMPP addresses: local@domain/resource. Source: RFC 7622, with what this relay narrows. */

export interface Jid {
  /** Lower case; '' for none, as in the address of the relay itself. */
  readonly local: string
  /** Lower case, without a dot at its end. */
  readonly domain: string
  /** As given; '' for none: a bare address. */
  readonly resource: string
}

/** RFC 7622 §3: of each part, in bytes of UTF-8. */
const maxPartBytes = 1023

/** @returns undefined for what is no address */
export function readJid(text: string): Jid | undefined {
  // The first slash ends the domain; an `@` behind it belongs to the resource (RFC 7622 §3.2).
  const slash = text.indexOf('/')
  const bare = slash < 0 ? text : text.slice(0, slash)
  const at = bare.indexOf('@')
  const local = bare.slice(0, Math.max(at, 0)).normalize('NFC').toLowerCase()
  const domain = readDomain(bare.slice(at + 1))
  const resource = slash < 0 ? '' : text.slice(slash + 1).normalize('NFC')
  if (domain === undefined) return undefined
  if (at >= 0 && !isLocal(local)) return undefined
  if (slash >= 0 && !isResource(resource)) return undefined
  return { local, domain, resource }
}

export function renderJid({ local, domain, resource }: Jid): string {
  return `${local === '' ? '' : `${local}@`}${domain}${resource === '' ? '' : `/${resource}`}`
}

/** The address without its resource. */
export function renderBareJid({ local, domain }: Jid): string {
  return renderJid({ local, domain, resource: '' })
}

/** @returns the domain in the form to compare by (row B-052), or undefined for what is none */
export function readDomain(text: string): string | undefined {
  const domain = text.normalize('NFC').toLowerCase().replace(/\.$/, '')
  const isNamed = /^[\p{L}\p{M}\p{N}_-]+(?:\.[\p{L}\p{M}\p{N}_-]+)*$/u.test(domain)
  const isIpv6 = /^\[[0-9a-f:.]{2,45}\]$/.test(domain)
  return (isNamed || isIpv6) && isPart(domain) ? domain : undefined
}

/** The local part of a device: its ID (contract, `POST /v1/devices`). */
export function isDeviceId(text: string): boolean {
  return /^[a-z0-9._-]{1,64}$/.test(text)
}

/** RFC 7622 §3.3.1: no spaces, no controls, none of the characters that addresses and XML are written with. */
function isLocal(text: string): boolean {
  return /^[^\p{C}\p{Z}"&'/:<>@]+$/u.test(text) && isPart(text)
}

/** Whether it can be a resource: printable, with spaces if need be (RFC 7622 §3.4). */
export function isResource(text: string): boolean {
  return /^[^\p{C}\p{Zl}\p{Zp}]+$/u.test(text) && isPart(text)
}

function isPart(text: string): boolean {
  return Buffer.byteLength(text) <= maxPartBytes
}
