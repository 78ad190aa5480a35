/** Why a printer refused what it was asked over IPP, in words for people. */
import { attributesOf, type IppResponse, type IppStatus, ippStatus } from '@fairlead/protocol/ipp'
import { text } from './ipp-told.ts'

const nameOf = new Map<number, IppStatus>()
for (const name of Object.keys(ippStatus) as IppStatus[]) nameOf.set(ippStatus[name], name)

const words: Readonly<Partial<Record<IppStatus, string>>> = {
  'client-error-forbidden': 'it is not allowed from here.',
  'client-error-not-authenticated':
    "it wants a name and a password in the driver's address, as ipp://USER:PASSWORD@HOST.",
  'client-error-not-authorized': "the name in the driver's address may not do that.",
  'client-error-not-possible': 'that is not possible as things stand.',
  'client-error-request-entity-too-large': 'it is too large.',
  'client-error-document-format-not-supported': 'it does not take documents of this format.',
  'client-error-attributes-or-values-not-supported': 'it cannot do it the way it was asked to.',
  'client-error-conflicting-attributes': 'what was asked for does not go together.',
  'client-error-document-format-error': 'the document is damaged, or is not what it says.',
  'client-error-document-password-error': 'the document is locked with a password.',
  'client-error-document-permission-error': 'the document does not allow to be printed.',
  'client-error-document-security-error': 'the document is protected in a way that it does not know.',
  'client-error-document-unprintable-error': 'the document cannot be printed.',
  'client-error-account-limit-reached': 'the account has printed as much as it may.',
  'client-error-account-authorization-failed': 'the account may not print.',
  'server-error-internal-error': 'something is wrong inside it.',
  'server-error-operation-not-supported': 'it does not know how to.',
  'server-error-service-unavailable': 'it does not work now.',
  'server-error-device-error': 'something is wrong with it.',
  'server-error-temporary-error': 'it cannot now.',
  'server-error-not-accepting-jobs': 'it takes no jobs now.',
  'server-error-busy': 'it is busy.',
  'server-error-printer-is-deactivated': 'it has been switched off by its people.',
  'server-error-too-many-jobs': 'it has too many jobs.',
}

/** What will be over some time: the same question may be answered then. */
const passing: ReadonlySet<IppStatus> = new Set([
  'server-error-service-unavailable',
  'server-error-device-error',
  'server-error-temporary-error',
  'server-error-not-accepting-jobs',
  'server-error-busy',
  'server-error-printer-is-deactivated',
  'server-error-too-many-jobs',
])

export const isOk = ({ status }: IppResponse) => status < 0x0100

export const says = (answer: IppResponse, ...statuses: readonly IppStatus[]): boolean =>
  statuses.some((status) => answer.status === ippStatus[status])

export const passesBy = (answer: IppResponse): boolean => {
  const name = nameOf.get(answer.status)
  return name !== undefined && passing.has(name)
}

/** One sentence that ends another; undefined: it has not refused. */
export function refusalOf(answer: IppResponse): string | undefined {
  if (isOk(answer)) return undefined
  const name = nameOf.get(answer.status)
  const own = text(attributesOf(answer.groups, 'operation'), 'status-message')
  const said = own === undefined || own === name ? '' : ` It says: ${own.slice(0, 200)}`
  const known = name && words[name]
  return `${known ?? `it answers ${name ?? `with status ${answer.status}`}.`}${said}`
}
