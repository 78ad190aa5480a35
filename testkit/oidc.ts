/** Single sign-on for the tests: a real provider, and a browser by hand that goes to it and back, one redirect at a time. */
import { type StartedProcess, startHouseFile } from './process.ts'

export interface OidcProvider extends AsyncDisposable {
  readonly url: string
  readonly process: StartedProcess
  /** What a relay is started with. */
  readonly options: readonly string[]
}

export async function openOidcProvider(): Promise<OidcProvider> {
  const [clientId, clientSecret] = ['fairlead', 'a secret of: relay & provider']
  const process = await startHouseFile('testkit/oidc-program.ts', [clientId, clientSecret])
  const url = String((await process.nextEvent('provider.ready')).url)
  const options = ['--oidc-issuer', url, '--oidc-client-id', clientId, '--oidc-client-secret', clientSecret]
  return { url, process, options, [Symbol.asyncDispose]: () => process[Symbol.asyncDispose]() }
}

/** Claims of whoever is at the browser. */
export interface Claims {
  sub: string
  email?: string
  email_verified?: boolean
  name?: string
  amr?: readonly string[]
}

export interface HandBrowser {
  /** One step: what is answered, and where it leads. */
  go(url: string, form?: Record<string, string>): Promise<{ status: number; location: string; text: string }>
  /** From the relay's redirect to the provider, until that one leads back. @returns the address of the callback */
  passProvider(url: string, who: Claims | 'no'): Promise<string>
  /** As they would be sent to this host. */
  cookies(host: string): string
}

export function createHandBrowser(): HandBrowser {
  /** Of a host, whatever the port, as browsers keep them. */
  const jars = new Map<string, Map<string, string>>()
  const jarOf = (host: string) => jars.getOrInsertComputed(host, () => new Map())
  const cookies = (host: string) => [...jarOf(host)].map(([name, value]) => `${name}=${value}`).join('; ')

  const go: HandBrowser['go'] = async (url, form) => {
    const { hostname } = new URL(url)
    const answer = await fetch(url, {
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
      headers: { cookie: cookies(hostname) },
      redirect: 'manual',
    })
    for (const set of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? []
      if (/max-age=0|expires=thu, 01 jan 1970/i.test(set)) jarOf(hostname).delete(name)
      else jarOf(hostname).set(name, value)
    }
    const location = answer.headers.get('location')
    const text = await answer.text()
    return { status: answer.status, location: location === null ? '' : new URL(location, url).href, text }
  }

  return {
    go,
    cookies,
    async passProvider(url, who) {
      for (let at = url, steps = 0; steps < 10; steps++) {
        const isForm = new URL(at).pathname.startsWith('/interaction/')
        const { location, status, text } = await go(
          at,
          isForm ? { who: who === 'no' ? who : JSON.stringify(who) } : undefined,
        )
        if (location === '') throw new Error(`${at} leads nowhere: ${status} ${text}`)
        if (new URL(location).pathname === '/v1/session/oidc/callback') return location
        at = location
      }
      throw new Error('The provider leads in circles.')
    },
  }
}
