/** Where a client finds this relay's doors, by its domain alone. Source: XEP-0156, RFC 6415. */

export interface HostMeta {
  contentType: string
  content: string
  /** A browser of any page may read it: it tells what everybody may know (D-001). */
  headers: Readonly<Record<string, string>>
}

const headers = { 'Access-Control-Allow-Origin': '*', 'Cache-Control': 'max-age=300' } as const

/** For `/.well-known/host-meta`. @param publicUrl what devices and browsers use, with or without a path */
export function hostMeta(publicUrl: string): HostMeta {
  const links = linksOf(publicUrl).map(({ rel, href }) => `  <Link rel="${escaped(rel)}" href="${escaped(href)}"/>\n`)
  return {
    contentType: 'application/xrd+xml; charset=utf-8',
    content: `<?xml version="1.0" encoding="utf-8"?>\n<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0">\n${links.join('')}</XRD>\n`,
    headers,
  }
}

/** For `/.well-known/host-meta.json`. */
export function hostMetaJson(publicUrl: string): HostMeta {
  return {
    contentType: 'application/json; charset=utf-8',
    content: JSON.stringify({ links: linksOf(publicUrl) }),
    headers,
  }
}

/** https and wss only (D-001), but on a machine that is reached over loopback there is nobody to read along. */
function linksOf(publicUrl: string): { rel: string; href: string }[] {
  const url = new URL(publicUrl)
  if (url.protocol !== 'https:' && !isLoopback(url.hostname)) return []
  const base = `${url.host}${url.pathname.replace(/\/$/, '')}`
  const s = url.protocol === 'https:' ? 's' : ''
  return [
    { rel: 'urn:xmpp:alt-connections:xbosh', href: `http${s}://${base}/http-bind` },
    { rel: 'urn:xmpp:alt-connections:websocket', href: `ws${s}://${base}/xmpp-websocket` },
  ]
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;')
}
