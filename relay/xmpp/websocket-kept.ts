/**
 * What of a managed stream is written down, and how it goes on from there. Source: XEP-0198 §5, `safety.md` 6.7.
 *
 * In passing only how many of the device's stanzas are handled is kept, before the device is told so and forgets them: it says the rest
 * again. What was sent to it is kept when its node leaves in order; after a crash nobody waits for that any more, and the device says
 * itself how far it has come.
 */
import { createManagement, type Management, requestIdOf, type Sent } from './stream-management.ts'

export interface KeptCounts {
  resumeMs: number
  handled: number
  sent?: KeptSent
}

export interface KeptSent {
  acknowledged: number
  /** Handed to a socket and not acknowledged, oldest first. */
  unacknowledged: readonly KeptStanza[]
  /** Never left. */
  unsent: readonly KeptStanza[]
}

export interface KeptStanza {
  xml: string
  /** It is the push of this request. */
  requestId?: string
}

/** @param isOver nothing more is sent at this node, so that what was sent is known */
export function keptCountsOf(management: Management, isOver: boolean): KeptCounts {
  const { resumeMs, handled, acknowledged, unacknowledged, unsent } = management
  if (!isOver) return { resumeMs, handled }
  const sent = { acknowledged, unacknowledged: unacknowledged.map(keptStanzaOf), unsent: unsent.map(keptStanzaOf) }
  return { resumeMs, handled, sent }
}

function keptStanzaOf(sent: Sent): KeptStanza {
  const requestId = requestIdOf(sent)
  return requestId === undefined ? { xml: sent.xml } : { xml: sent.xml, requestId }
}

/**
 * @param h how many of ours the device has handled, as it says
 * @param stillWaits whether anybody waits for the answer to this push
 */
export async function restoreManagement(
  id: string,
  { resumeMs, handled, sent }: KeptCounts,
  h: number,
  stillWaits: (requestId: string) => Promise<boolean>,
): Promise<Management> {
  const management = createManagement(id, resumeMs)
  management.handled = handled
  management.kept = handled
  // Where it is not known what was sent, the device's word stands.
  management.acknowledged = sent?.acknowledged ?? h
  const wanted = async (stanzas: readonly KeptStanza[]): Promise<Sent[]> => {
    const isWanted = await Promise.all(stanzas.map(({ requestId }) => requestId === undefined || stillWaits(requestId)))
    return stanzas.filter((_, at) => isWanted[at]).map(({ xml }) => ({ xml, token: 0 }))
  }
  const all = sent?.unacknowledged ?? []
  const handledThere = Math.min(all.length, (h - management.acknowledged + 2 ** 32) % 2 ** 32)
  const lacking = await wanted(all.slice(handledThere))
  management.unacknowledged = [...all.slice(0, handledThere).map(({ xml }) => ({ xml, token: 0 })), ...lacking]
  management.unsent = await wanted(sent?.unsent ?? [])
  for (const { xml } of [...management.unacknowledged, ...management.unsent]) management.characters += xml.length
  return management
}
