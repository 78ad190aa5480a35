/** Finds the printers of the local networks, by what they announce by DNS-SD (RFC 6762, RFC 6763) and whether they answer SNMP. */
import type { Clock } from '@fairlead/base'
import { createAnnouncements, typeQuestions } from './announcements.ts'
import { createSnmpAsker } from './ask-snmp.ts'
import { addressesToAsk, describeDevices, type FoundDevice } from './devices.ts'
import { readResponse } from './dns-message.ts'
import { type LocalNetworks, readLocalNetworks } from './local-networks.ts'
import { openMulticast } from './multicast.ts'

export type { FoundDevice } from './devices.ts'

export interface Found {
  devices: FoundDevice[]
  /** Where was asked: `eth0`. */
  interfaces: string[]
  /** Whether more was announced than is kept. */
  isCut: boolean
}

export interface DiscoveryNeeds {
  clock: Clock
  /** Aborted: what was found by then is enough. */
  stop: AbortSignal
  networks?: LocalNetworks
}

/** How often it is looked for what answers have left out. */
const lookMs = 250
/** For those that were found last: an SNMP exchange is given up before that. */
const snmpMs = 3000

export async function discover(seconds: number, needs: DiscoveryNeeds): Promise<Found> {
  const { clock, stop, networks = readLocalNetworks() } = needs
  const announcements = createAnnouncements()
  await using snmp = createSnmpAsker(clock)
  await using multicast = await openMulticast(networks, (message, sender) =>
    announcements.take(readResponse(message), { address: sender, zone: networks.zoneOf(sender) }),
  )

  const startMs = clock.now()
  // Again after 1, 2, 4… seconds: packets are lost, and printers wake up (RFC 6762 §5.2).
  let askAgainMs = startMs
  let pauseMs = 1000
  while (clock.now() < startMs + seconds * 1000 && !stop.aborted) {
    const isDue = clock.now() >= askAgainMs
    if (isDue) {
      askAgainMs = clock.now() + pauseMs
      pauseMs *= 2
    }
    await multicast.ask([...(isDue ? typeQuestions : []), ...announcements.missing()])
    snmp.ask(addressesToAsk(announcements.services(), networks.hold))
    await pause(clock, lookMs, stop)
  }
  snmp.ask(addressesToAsk(announcements.services(), networks.hold))
  const settled = new AbortController()
  void snmp.settled().then(() => settled.abort())
  await pause(clock, snmpMs, AbortSignal.any([stop, settled.signal]))
  return {
    devices: describeDevices(announcements.services(), { isLocal: networks.hold, answerOf: snmp.answerOf }),
    interfaces: [...new Set(networks.ports.map(({ name }) => name))],
    isCut: announcements.isCut(),
  }
}

/** Until that time has passed, or somebody has had enough; nothing is left of it then. */
function pause(clock: Clock, ms: number, enough: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      timer.cancel()
      enough.removeEventListener('abort', end)
      resolve()
    }
    const timer = clock.at(clock.now() + ms, end)
    enough.addEventListener('abort', end)
    if (enough.aborted) end()
  })
}
