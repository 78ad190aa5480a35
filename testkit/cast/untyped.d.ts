/** The little that we use of packages that come without types. */

declare module '@xmpp/client' {
  interface Element {
    text(): string
  }
  interface XmppError extends Error {
    condition?: string
  }
  type Callee = (ns: string, name: string, answer: (context: { element: Element }) => Element) => void
  interface Client {
    iqCallee: { get: Callee; set: Callee }
    streamManagement: { on(event: 'resumed', hear: () => void): void }
    on(event: 'online', hear: (jid: object) => void): void
    on(event: 'offline', hear: () => void): void
    on(event: 'error', hear: (error: XmppError) => void): void
    start(): Promise<unknown>
    stop(): Promise<unknown>
  }
  export function client(options: {
    service: string
    domain: string
    resource: string
    username: string
    password: string
  }): Client
  export function xml(name: string, attributes: Record<string, string>, ...children: string[]): Element
}

declare module 'jsdom' {
  export class JSDOM {
    constructor(html: string, options: { url: string })
    readonly window: Window & typeof globalThis
  }
}
