/** `/.well-known/host-meta` and `.json`: where a client finds this relay's XMPP doors (XEP-0156). */
import { type Route, route } from '../http/route.ts'
import { type HostMeta, hostMeta, hostMetaJson } from './host-meta.ts'

export function hostMetaRoutes(publicUrl: () => string): Route[] {
  const document = (path: string, operationId: string, make: (publicUrl: string) => HostMeta) => {
    const { contentType } = make('http://localhost')
    return route({
      method: 'GET',
      path,
      operationId,
      summary: 'Where XMPP clients find this relay',
      access: 'anybody',
      answers: { 200: { description: 'Its BOSH and WebSocket addresses', contentType } },
      async handle() {
        const { content, headers } = make(publicUrl())
        return { status: 200, text: { contentType, content }, headers }
      },
    })
  }
  return [
    document('/.well-known/host-meta', 'hostMeta', hostMeta),
    document('/.well-known/host-meta.json', 'hostMetaJson', hostMetaJson),
  ]
}
