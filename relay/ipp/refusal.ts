/** Why an IPP request was refused, in the words of IPP. */
import type { Code, Failure } from '@fairlead/base'
import { type IppAttributes, type IppGroup, type IppStatus, ipp } from '@fairlead/protocol/ipp'

/** What the rooms below cannot say, because it is about IPP itself. */
export class IppRefusal extends Error {
  override readonly name = 'IppRefusal'
  readonly status: IppStatus
  readonly unsupported: IppAttributes | undefined

  constructor(status: IppStatus, message: string, unsupported?: IppAttributes) {
    super(message)
    this.status = status
    this.unsupported = unsupported
  }
}

/** An attribute, or a value of it, that is not taken here. */
export function notSupported(name: string, message: string): IppRefusal {
  return new IppRefusal(
    'client-error-attributes-or-values-not-supported',
    message,
    new Map([[name, ipp.none('unsupported')]]),
  )
}

/** RFC 8011 appendix B. What is missing here is the relay's own failing. */
const statuses: { readonly [code in Code]?: IppStatus } = {
  'bad-document': 'client-error-document-format-not-supported',
  'connection-lost': 'server-error-temporary-error',
  'device-asleep': 'server-error-temporary-error',
  'device-offline': 'server-error-temporary-error',
  'device-refused': 'server-error-device-error',
  'device-timeout': 'server-error-temporary-error',
  forbidden: 'client-error-not-authorized',
  'invalid-request': 'client-error-bad-request',
  'job-ended': 'client-error-not-possible',
  'job-held': 'client-error-not-possible',
  'not-again': 'client-error-not-possible',
  'not-found': 'client-error-not-found',
  'too-large': 'client-error-request-entity-too-large',
  // Print clients come back after this one by themselves.
  'too-many-requests': 'server-error-busy',
  unavailable: 'server-error-service-unavailable',
  'unknown-device': 'client-error-not-found',
}

export function statusOf({ code }: Failure): IppStatus {
  return statuses[code] ?? 'server-error-internal-error'
}

export function groupsOf({ unsupported }: IppRefusal): IppGroup[] {
  return unsupported === undefined ? [] : [{ kind: 'unsupported', attributes: unsupported }]
}
