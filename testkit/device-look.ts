/** What the relay says of a device, asked for as a service would, and waiting for it to change. */
import { nodesBehind } from './relays.ts'
import type { Service } from './service.ts'
import { until } from './until.ts'

export interface DeviceLook {
  state: 'online' | 'offline' | 'asleep'
  reason: string | null
  stateSinceAt: string
  lastSeenAt: string | null
  suspect: boolean
  transport: string | null
  address: string | null
  model: string | null
  serial: string | null
  capabilities: Record<string, unknown>
}

export async function lookAt(service: Service, device: string): Promise<DeviceLook> {
  const { status, body } = await service.read(`/v1/devices/${device}`)
  if (status !== 200) throw new Error(`${device} cannot be looked at: ${status} ${JSON.stringify(body)}`)
  return body as DeviceLook
}

/** @throws {Error} when it is not in that state after `withinMs` */
export function untilState(
  service: Service,
  device: string,
  state: DeviceLook['state'],
  withinMs?: number,
): Promise<DeviceLook> {
  return until(
    `${device} is ${state}`,
    async () => {
      const look = await lookAt(service, device)
      return look.state === state && look
    },
    withinMs,
  )
}

/** How many sessions the relay holds, from its metrics; of several nodes, all together. */
export async function countSessions(relayUrl: string, transport: 'bosh' | 'websocket'): Promise<number> {
  const counts = await Promise.all(nodesBehind(relayUrl).map((url) => countAt(url, transport)))
  return counts.reduce((sum, count) => sum + count, 0)
}

async function countAt(relayUrl: string, transport: 'bosh' | 'websocket'): Promise<number> {
  const metrics = await (await fetch(`${relayUrl}/metrics`)).text()
  const [, count] = new RegExp(`^fairlead_sessions\\{transport="${transport}"\\} (\\d+)$`, 'm').exec(metrics) ?? []
  if (count === undefined) throw new Error(`No fairlead_sessions in\n${metrics}`)
  return Number(count)
}
