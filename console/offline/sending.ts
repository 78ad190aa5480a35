/** Sends what waits in this browser once the relay answers: checked against the device as it is now, and its sender asked if that has changed (E1). */
import { ticketThatFits, whyNotTicket } from '@fairlead/protocol/print-fitness'
import { NoRelayError, RelayError } from '@fairlead/sdk'
import { relay } from '../relay.ts'
import { changeDocument, type KeptDocument, outbox, readOutbox, removeDocument } from './kept.ts'

/** What the relay had no room for is tried again after this. */
const againMs = 15_000
let again: ReturnType<typeof setTimeout> | undefined

// One that is kept, or has got its word, goes at once; and all when this machine has its network again.
outbox.subscribe(() => void sendOutbox())
addEventListener('online', () => void sendOutbox())

/** All that waits for nobody's word. One tab does it for all. */
export async function sendOutbox(): Promise<void> {
  clearTimeout(again)
  await navigator.locks.request('fairlead-outbox', { ifAvailable: true }, async (turn) => {
    if (!turn) return
    let isLeft = false
    await readOutbox()
    for (const document of outbox.get()) if (!document.waitsFor && !(await send(document))) isLeft = true
    if (isLeft) again = setTimeout(() => void sendOutbox(), againMs)
  })
}

/** @returns false: it is to be tried again */
async function send(document: KeptDocument): Promise<boolean> {
  const { id, device, name, hold, release, uploadId, agreed } = document
  const leftSeconds = Math.floor((document.expiresAtMs - Date.now()) / 1000)
  if (leftSeconds < 1) {
    await changeDocument(id, { waitsFor: 'refused', why: 'It could not be sent in time.' })
    return true
  }
  try {
    const printing = await relay.printing(device)
    const abilities = printing.abilities ?? undefined
    const hasChanged = document.version !== printing.version
    const question = hasChanged && !agreed ? whyNotTicket(abilities, document.ticket) : undefined
    if (question !== undefined) {
      await changeDocument(id, { waitsFor: 'answer', why: question })
      return true
    }
    const ticket = agreed ? ticketThatFits(abilities, document.ticket) : document.ticket
    await relay.jobs.send(device, document.document, {
      ...{ ...ticket, name, hold, idempotencyKey: id, deliverWithinSeconds: leftSeconds },
      ...(release !== undefined && { release }),
      ...(uploadId !== undefined && { uploadId }),
      onUpload: (begun) => changeDocument(id, { uploadId: begun }),
    })
    await removeDocument(id)
    return true
  } catch (error) {
    const isPassing =
      error instanceof NoRelayError || (error instanceof RelayError && (error.status === 429 || error.status >= 500))
    const why = error instanceof Error ? error.message : String(error)
    // Whoever is not signed in any more has lost nothing: it goes when they are.
    const isAway = error instanceof RelayError && error.status === 401
    if (isPassing || isAway) await changeDocument(id, { why })
    else await changeDocument(id, { waitsFor: 'refused', why })
    return !isPassing
  }
}
