/** Why a device is offline and what to do about it, and why the relay refused, for people at a terminal. */
import { OfflineReason } from '@fairlead/protocol/contract'
import type { RelayError } from '@fairlead/sdk'
import { timeInWords } from './times.ts'

const check = '`fairlead doctor` on its machine names what stands in the way.'

const reasons: Readonly<Record<OfflineReason, string>> = {
  'never-seen': 'It has never connected. `fairlead agent --help` tells how to start its agent.',
  terminated: 'It said goodbye: it was switched off, or its agent was stopped.',
  'connection-closed': `Its connection broke off and it has not come back. Check its power and network; ${check}`,
  inactivity: `It stopped asking for work. Check its power, network and proxy; ${check}`,
  'management-timeout': `No sign of life came in time. Check its power, network and proxy; ${check}`,
  'mode-off':
    'Its session maintenance is off: nothing reaches it until it is switched on, at its page or with `fairlead agent mode on`.',
  replaced:
    'Another session of the same device took its place and has ended since. Does a second agent use its secret?',
  'relay-restart': `The relay was restarted and it has not come back yet. If it does not within some minutes, ${check}`,
  removed: 'It was removed.',
}

export function reasonInWords(reason: OfflineReason): string {
  return reasons[reason]
}

/** A refusal as somebody at a command line can act on it: the API's words, where they do not speak of the API's fields. */
export function refusalInWords({ code, problem, message }: RelayError, now: number): string {
  if (code === 'unauthorized')
    return 'The relay does not know this key. Give another with --key or FAIRLEAD_KEY, or run `fairlead login`.'
  const reason = OfflineReason.safeParse(problem['reason'])
  if (code === 'device-offline' && reason.success) {
    const { lastSeenAt } = problem
    const seen = typeof lastSeenAt === 'string' ? `, last seen ${timeInWords(lastSeenAt, now)}` : ''
    const advice = 'Nothing was sent: try again when it is back, or give --deliver-within SECONDS to have it wait.'
    return `The device is offline${seen}. ${reasonInWords(reason.data)} ${advice}`
  }
  // Fields are named as the body has them; here only their own name is known.
  return message.replace(/\b(?:body|query|path)\.(?=[A-Za-z])/g, '')
}
