/** A document on its way into a job that the printer has already, while others ask how the job is. */
import { Failure } from '@fairlead/base'
import { type IppResponse, ipp } from '@fairlead/protocol/ipp'
import { offerDocument } from './ipp-compression.ts'
import { type Errand, jobIs, type Outgoing } from './ipp-errand.ts'
import { refusalOf, says } from './ipp-refusals.ts'

export type SendingState =
  | { readonly is: 'running' }
  | { readonly is: 'whole' }
  /** It broke off; `untouched`: before a byte of it had left. */
  | { readonly is: 'cut'; readonly untouched: boolean }
  /** In words. */
  | { readonly is: 'refused'; readonly reason: string }

export interface Sending extends Disposable {
  state(): SendingState
  /** Aborted when it has ended, in whatever way. */
  readonly ended: AbortSignal
}

/** It may take as long as the printing does: whether the printer lives shows when it is asked for the job. */
export function startSending(errand: Errand, jobId: number, document: Outgoing): Sending {
  const { client } = errand
  let state: SendingState = { is: 'running' }
  const leave = new AbortController()
  const ended = new AbortController()

  async function send(): Promise<SendingState> {
    try {
      const answer = await offerDocument(document, (part) =>
        client.ask('Send-Document', {
          ...part,
          operation: { ...jobIs(errand, jobId), ...part.operation, 'last-document': ipp.boolean(true) },
          patienceMs: Number.POSITIVE_INFINITY,
          stop: leave.signal,
        }),
      )
      return stateOf(answer)
    } catch (error) {
      if (error instanceof Failure && error.code === 'device-refused') return { is: 'refused', reason: error.message }
      if (error instanceof Failure) return { is: 'cut', untouched: error.code === 'device-offline' }
      if (leave.signal.aborted) return { is: 'cut', untouched: false }
      errand.log.error('ipp.document-unreadable', 'A document could not be sent to the printer.', error)
      return { is: 'refused', reason: 'The document could not be read: see the log of the agent.' }
    }
  }

  void send().then((last) => {
    state = last
    ended.abort()
  })

  return {
    state: () => state,
    ended: ended.signal,
    [Symbol.dispose]: () => leave.abort(),
  }
}

/** What the job has become meanwhile, cancelled or given up, the job itself tells. */
function stateOf(answer: IppResponse): SendingState {
  const refused = refusalOf(answer)
  if (refused === undefined) return { is: 'whole' }
  const isOfTheJob = says(
    answer,
    ...([
      'client-error-not-possible',
      'client-error-not-found',
      'client-error-gone',
      'server-error-job-canceled',
    ] as const),
  )
  if (isOfTheJob || answer.status >= 0x0500) return { is: 'cut', untouched: false }
  return { is: 'refused', reason: `The printer does not take the document: ${refused}` }
}
