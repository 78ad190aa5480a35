/** The targets by name, each loaded only when it is played. */
import type { Target } from './target.ts'

/** In the order in which a run without names plays them. */
export const targets: Readonly<Record<string, () => Promise<Target>>> = {
  xml: async () => (await import('./xml-target.ts')).xmlTarget(),
  'bosh-body': async () => (await import('./bosh-body-target.ts')).boshBodyTarget(),
  ipp: async () => (await import('./ipp-target.ts')).ippTarget(),
  session: async () => (await import('./session-target.ts')).sessionTarget(),
  websocket: async () => (await import('./websocket-target.ts')).websocketTarget(),
  stream: async () => (await import('./stream-target.ts')).streamTarget(),
  queue: async () => (await import('./queue-target.ts')).queueTarget(),
  presence: async () => (await import('./presence-target.ts')).presenceTarget(),
  http: async () => (await import('./http-target.ts')).httpTarget(),
  snmp: async () => (await import('./snmp-target.ts')).snmpTarget(),
  config: async () => (await import('./config-target.ts')).configTarget(),
}
