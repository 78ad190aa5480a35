/** What an IPP proxy may do here, with the ID and the secret of its device, and what it is told of that. */
import { type IppOperation, ipp } from '@fairlead/protocol/ipp'
import type { Operation } from './asking.ts'
import type { IppNeeds } from './needs.ts'
import type { Told } from './printer-attributes.ts'
import { proxyDeviceOperations } from './proxy-device.ts'
import { proxyEvents } from './proxy-news.ts'
import { proxyOperations } from './proxy-operations.ts'
import { createProxyStore, type ProxyStore } from './proxy-store.ts'
import { leases, subscriptionOperations } from './proxy-subscriptions.ts'

export interface ProxyRole {
  readonly operations: { readonly [name in IppOperation]?: Operation }
  readonly store: Pick<ProxyStore, 'askIdentify'>
  /** Of the device, whatever it asked for. @param uuid as the proxy names itself, if it does */
  heard(device: string, uuid: string | undefined): Promise<void>
}

/** What `lastHeardAt` may be behind. */
const heardEveryMs = 20_000

export function createProxyRole(needs: IppNeeds): ProxyRole {
  const { clock } = needs
  const store = createProxyStore(needs.database)
  return {
    operations: {
      ...proxyOperations({ ...needs, store }),
      ...proxyDeviceOperations({ ...needs, store }),
      ...subscriptionOperations({ ...needs, store }),
    },
    store,
    heard: (device, uuid) => store.heard(device, uuid, clock.wallNow(), clock.wallNow() - heardEveryMs),
  }
}

/** RFC 3995, RFC 3996. */
export const notifyingAttributes: Told = {
  'ippget-event-life': ipp.integer(leases.usual),
  'notify-events-default': ipp.keyword('job-completed'),
  'notify-events-supported': ipp.keyword(...proxyEvents),
  'notify-lease-duration-default': ipp.integer(leases.usual),
  'notify-lease-duration-supported': ipp.rangeOfInteger({ lower: 0, upper: leases.most }),
  'notify-max-events-supported': ipp.integer(proxyEvents.length),
  'notify-pull-method-supported': ipp.keyword('ippget'),
}
