/** Where a device stands, in one English sentence for the log: what happened, what it means, what to do. */
import { describeTrouble } from './uplink/trouble.ts'
import type { OfflineReason, Standing } from './uplink/uplink-state.ts'

const sentences: Record<OfflineReason, string> = {
  starting: 'Connecting to the relay.',
  unclaimed:
    'Nobody has claimed this device yet: type the code on its label at the relay {relay}, or run `fairlead claim CODE`.',
  'code-used':
    'The code of this device has been used, and its secret is not here: let its owner remove the device at the relay, then claim it again.',
  unpaired:
    'Nobody owns this device yet: read the PIN on its page and type it at the relay {relay}, on the same network, or run `fairlead pair PIN` there.',
  'link-refused':
    'The link that somebody followed has been used, or is too old: type the PIN that the device shows now.',
  'mode-off': 'The session maintenance mode is OFF: the device cannot be reached until it is switched on.',
  stopped: 'The agent has stopped.',
  unreachable: 'The relay {relay} cannot be reached.',
  unauthorized:
    'The relay {relay} does not accept this device ID with this secret: check both, or ask for a new secret (rotate).',
  'insecure-transport':
    'The relay {relay} takes no secret over plain HTTP: give its https:// address, or start it with --insecure-transport.',
  replaced:
    'Another holder of this credential took over the session: two agents run with the same device ID. Stop one, or rotate the secret.',
  'session-lost': 'The relay did not know the session any more; a new one is opened.',
  'relay-shutdown': 'The relay is shutting down or restarting.',
  refused: 'The relay ended the session.',
}

/** @param relay the address that was tried: the wrong one is a common cause */
export function standingInWords(standing: Standing, relay: string): string {
  return sentencesOf(standing).replaceAll('{relay}', () => relay)
}

function sentencesOf(standing: Standing): string {
  switch (standing.state) {
    case 'online':
      return 'Connected: the relay can reach this device.'
    case 'off':
      return sentences['mode-off']
    case 'stopped':
      return sentences.stopped
    case 'connecting':
      return join(sentences[standing.reason], standing.trouble && describeTrouble(standing.trouble))
    case 'offline': {
      const condition = standing.condition && `Its reason: ${standing.condition}.`
      const trouble = standing.reason === 'unreachable' && standing.trouble && describeTrouble(standing.trouble)
      return join(sentences[standing.reason], trouble || condition, `Next try in ${seconds(standing.retryInMs)}.`)
    }
  }
}

function seconds(ms: number): string {
  return `${Math.max(1, Math.round(ms / 1000))} s`
}

function join(...parts: (string | undefined)[]): string {
  return parts.filter(Boolean).join(' ')
}
