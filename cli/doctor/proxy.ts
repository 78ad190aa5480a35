/** Which HTTP proxy the environment prescribes for a URL; the same variables that curl and Node follow. */

export interface HttpProxy {
  /** With its credentials: for connecting, never for showing. */
  url: URL
  /** Where it was found: `HTTPS_PROXY`. */
  variable: string
  /** `http://proxy.example:3128` */
  shown: string
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * @returns undefined for a direct way
 * @throws {TypeError} when the variable is set to something that is no URL; its message names the variable only
 */
export function findProxy(target: URL, environment: Environment): HttpProxy | undefined {
  const scheme = target.protocol === 'https:' ? 'https_proxy' : 'http_proxy'
  const variable = [scheme, scheme.toUpperCase()].find((name) => environment[name])
  if (variable === undefined || isExempt(target, environment['no_proxy'] ?? environment['NO_PROXY'] ?? ''))
    return undefined
  const given = environment[variable] ?? ''
  const url = URL.parse(given.includes('://') ? given : `http://${given}`)
  if (!url?.hostname || !/^https?:$/.test(url.protocol))
    throw new TypeError(`${variable} is not the URL of an HTTP proxy`)
  return { url, variable, shown: `${url.protocol}//${url.host}` }
}

/** `*`, `host`, `.domain`, `*.domain`, each with or without `:port`; a bare name covers its subdomains, as in curl. */
function isExempt(target: URL, list: string): boolean {
  const host = target.hostname.replace(/^\[|\]$/g, '').toLowerCase()
  const port = target.port || (target.protocol === 'https:' ? '443' : '80')
  return list
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .some((entry) => {
      if (entry === '*') return true
      const [, name = entry, wantedPort = port] = /^(.*?)(?::(\d+))?$/.exec(entry) ?? []
      const domain = name.replace(/^\*?\./, '')
      return wantedPort === port && (host === domain || host.endsWith(`.${domain}`))
    })
}
