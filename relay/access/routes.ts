/** Who may do what on a device, over HTTP. */
import { DeviceAccess, DeviceParams } from '@fairlead/protocol/contract'
import type { z } from 'zod'
import { type Route, route } from '../http/route.ts'
import type { ShowAccess } from './access.ts'

export function accessRoutes(show: ShowAccess): Route[] {
  return [
    route<z.infer<typeof DeviceParams>>({
      method: 'GET',
      path: '/v1/devices/{id}/access',
      operationId: 'showAccess',
      summary:
        'Who may do what on a device; names are told to those who manage users and keys, everybody else is told counts',
      access: 'devices:read',
      work: 'look',
      params: DeviceParams,
      answers: { 200: { description: 'Roles, keys, subscriptions, and the owner’s will', schema: DeviceAccess } },
      problems: ['unknown-device'],
      handle: async ({ caller, params }) => ({ status: 200, body: await show(caller, params.id) }),
    }),
  ]
}
