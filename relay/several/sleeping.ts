/** A device says that it goes to sleep (H1): its session ends where it is, and that it sleeps is on record. */
import { Failure } from '@fairlead/base'
import { BusError } from '../bus/bus.ts'
import type { Devices } from '../devices/devices.ts'
import type { Calls } from '../nodes/calls.ts'
import type { Nodes } from '../nodes/nodes.ts'
import type { Sessions } from '../sessions/sessions.ts'

interface SleepingRooms {
  readonly sessions: Pick<Sessions, 'isHere' | 'presenceOf' | 'sleep'>
  readonly devices: Pick<Devices, 'onRecord' | 'savePresence'>
}

/** @throws {Failure} `unavailable`: it is not on record */
export type Sleep = (device: string) => Promise<void>

/** A device that is awake for some seconds more takes no harm. */
const patienceMs = 5_000

/** Of a device whose session is here, or nowhere. Said again it is told once. */
export async function sleepHere({ sessions, devices }: SleepingRooms, device: string): Promise<void> {
  const known = await devices.onRecord(device)
  if (!known) throw new Failure('unauthorized', 'There is no such device any more.')
  // What the record says alone may be of before: that it has come and gone since is written behind.
  if (known.state === 'asleep' && sessions.presenceOf(device)?.state === 'asleep' && !sessions.isHere(device)) return
  const presence = sessions.sleep(device, known.epoch)
  const event = { type: 'device.asleep', facts: {} } as const
  // The later sign wins: a session that was begun meanwhile, here or elsewhere, has a larger epoch.
  if (!(await devices.savePresence({ ...presence, node: 0 }, event)))
    throw new Failure('unavailable', 'The device has begun a new session meanwhile: it is awake.', {
      retryAfterSeconds: 1,
    })
}

export function createSleeping(needs: { nodes: Nodes; calls: Calls; rooms(): SleepingRooms }): Sleep {
  const { nodes, calls, rooms } = needs

  calls.serve('sleeps', async ({ head }) => {
    await sleepHere(rooms(), String(head['device']))
    return { head: {} }
  })

  return async (device) => {
    const { devices, sessions } = rooms()
    const known = sessions.isHere(device) ? undefined : await devices.onRecord(device)
    const peer = known?.node === nodes.number ? undefined : nodes.find(known?.node ?? 0)
    if (!peer) return await sleepHere(rooms(), device)
    try {
      await calls.call(peer, 'sleeps', { head: { device } }, patienceMs)
    } catch (error) {
      if (!(error instanceof BusError)) throw error
      throw new Failure('unavailable', 'The node that has the session of the device does not answer: say it again.', {
        retryAfterSeconds: 2,
      })
    }
  }
}
