/** Why nothing gets to a device now: it is OFFLINE, or it sleeps (contract part 3). */
import { Failure } from '@fairlead/base'
import type { PresenceView } from '../sessions/sessions.ts'

type Known = Pick<PresenceView, 'state' | 'reason' | 'lastSeenAt'>

export function whyAway(presence: Known | undefined): Failure {
  const seenAt = presence?.lastSeenAt
  const lastSeenAt = seenAt === undefined ? null : new Date(seenAt).toISOString()
  return presence?.state === 'asleep' ? asleep(lastSeenAt) : offline(presence, lastSeenAt)
}

function offline(presence: Known | undefined, lastSeenAt: string | null): Failure {
  // ONLINE, and not here: its node says nothing, and is not known to be dead yet.
  const reason = presence?.reason ?? (presence?.state === 'online' ? 'relay-restart' : 'never-seen')
  const seen = lastSeenAt === null ? 'It was never here.' : `It was last seen at ${lastSeenAt}.`
  return new Failure(
    'device-offline',
    `The device is offline${lastSeenAt === null ? '' : ` (${reason})`}. ${seen} Nothing was sent: try again when it is back, or give deliverWithinSeconds to have it wait.`,
    { facts: { lastSeenAt, reason } },
  )
}

function asleep(lastSeenAt: string | null): Failure {
  return new Failure(
    'device-asleep',
    'The device is asleep, and nobody is there to wake it. Nothing was sent: try again when it is awake, or give deliverWithinSeconds to have it wait.',
    { facts: { lastSeenAt } },
  )
}
