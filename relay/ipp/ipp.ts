/** IPP: every device as a printer that ordinary computers know (N1). Answers one request at a time, and keeps nothing itself. */
import { Failure } from '@fairlead/base'
import type { Right } from '@fairlead/protocol/contract'
import {
  attributesFrom,
  attributesOf,
  encodeResponse,
  IppError,
  type IppGroup,
  type IppOperation,
  type IppRequest,
  type IppStatus,
  type IppVersion,
  ipp,
  ippOperations,
  ippStatus,
} from '@fairlead/protocol/ipp'
import { actsAsAdmin, has } from '../http/reach.ts'
import type { Caller } from '../http/route.ts'
import { documentWaitMs } from '../jobs/making.ts'
import { type Ask, checkTarget, type Operation, requestedOf } from './asking.ts'
import { jobOperations } from './job-operations.ts'
import type { IppNeeds } from './needs.ts'
import { printerAttributesOf } from './printer-attributes.ts'
import { groupsOf, IppRefusal, statusOf } from './refusal.ts'
import { readRequest } from './request-body.ts'
import { select } from './selecting.ts'
import { printerPath, urisOf } from './uris.ts'

export interface IppVisit {
  caller: Caller
  user: string
  address: string
  device: string
  body: AsyncIterable<Uint8Array>
  contentLength: number | undefined
}

/** The right that each operation needs, as its equal in the API does. */
const rights: { readonly [operation in IppOperation]?: Right } = {
  'Print-Job': 'jobs:write',
  'Validate-Job': 'jobs:write',
  'Create-Job': 'jobs:write',
  'Send-Document': 'jobs:write',
  'Cancel-Job': 'jobs:write',
  'Cancel-My-Jobs': 'jobs:write',
  'Close-Job': 'jobs:write',
  'Hold-Job': 'jobs:write',
  'Release-Job': 'jobs:write',
  'Get-Job-Attributes': 'requests:read',
  'Get-Jobs': 'requests:read',
  'Get-Printer-Attributes': 'devices:read',
  'Identify-Printer': 'requests:write',
}

const codes = (Object.keys(rights) as IppOperation[]).map((name) => ippOperations[name])

/** @returns an answer to whatever comes */
export function createIpp(needs: IppNeeds): (visit: IppVisit) => Promise<Uint8Array<ArrayBuffer>> {
  const { jobs, showDevice, clock, log } = needs
  const operations: { readonly [name in IppOperation]?: Operation } = {
    ...jobOperations(needs),

    async 'Get-Printer-Attributes'(ask) {
      const { caller, device: id } = ask
      const [device, printing, open] = await Promise.all([
        showDevice(caller, id),
        jobs.printing(id),
        jobs.list(caller, { device: id, state: 'open', limit: 500 }),
      ])
      const { description, template, mediaDatabase } = printerAttributesOf({
        ...{ device, printing, operations: codes, now: clock.wallNow() },
        uris: urisOf(needs.publicUrl(), id),
        open: open.items.length,
        isPrinting: open.items.some(({ state }) => state === 'executing'),
        documentWaitSeconds: documentWaitMs / 1000,
      })
      const groups = {
        'printer-description': description,
        'job-template': template,
        'media-col-database': mediaDatabase,
      }
      const whole = ['printer-description', 'job-template']
      return { groups: [{ kind: 'printer', attributes: select(groups, requestedOf(ask) ?? ['all'], whole) }] }
    },

    async 'Identify-Printer'(ask) {
      await needs.identify(ask.caller, await showDevice(ask.caller, ask.device))
      return {}
    },
  }

  async function perform(visit: IppVisit, request: IppRequest, document: AsyncIterable<Uint8Array>) {
    const { caller, user, address, device, contentLength } = visit
    checkTarget(request, `${printerPath}${device}`)
    await showDevice(caller, device)
    const name = nameOf(request.operation)
    const operation = name && operations[name]
    const right = name && rights[name]
    if (!operation || !right)
      throw new IppRefusal('server-error-operation-not-supported', 'This printer knows no such operation.')
    if (!actsAsAdmin(caller) && !has(caller, right)) throw new Failure('forbidden', `This needs the right ${right}.`)
    const ask: Ask = {
      ...{ caller, user, address, device, document, contentLength },
      printerUri: urisOf(needs.publicUrl(), device).printer,
      operation: attributesOf(request.groups, 'operation'),
      job: attributesOf(request.groups, 'job'),
    }
    return operation(ask)
  }

  return async (visit) => {
    let opening: Opening = { version: { major: 1, minor: 1 }, requestId: 1 }
    try {
      const { request, document } = await readRequest(visit.body)
      opening = request
      const { status = 'successful-ok', groups = [] } = await perform(visit, request, document)
      return answer(opening, status, undefined, groups)
    } catch (error) {
      if (error instanceof IppError) return answer(error.opening ?? opening, error.status, error.message, [])
      if (error instanceof IppRefusal) return answer(opening, error.status, error.message, groupsOf(error))
      if (error instanceof Failure) return answer(opening, statusOf(error), error.message, [])
      log.error('ipp.failed', 'An IPP request failed for a reason of our own.', error, { device: visit.device })
      return answer(opening, 'server-error-internal-error', "The fault is the relay's own.", [])
    }
  }
}

type Opening = { version: IppVersion; requestId: number }

const names = new Map(
  (Object.keys(ippOperations) as IppOperation[]).map((name) => [ippOperations[name] as number, name]),
)
const nameOf = (code: number) => names.get(code)

function answer(
  { version, requestId }: Opening,
  status: IppStatus,
  message: string | undefined,
  groups: readonly IppGroup[],
): Uint8Array<ArrayBuffer> {
  const operation = attributesFrom({
    'attributes-charset': ipp.charset('utf-8'),
    'attributes-natural-language': ipp.naturalLanguage('en'),
    'status-message': message === undefined ? undefined : ipp.text(message.slice(0, 200)),
  })
  return encodeResponse({
    version: spoken(version),
    status: ippStatus[status],
    requestId,
    groups: [{ kind: 'operation', attributes: operation }, ...groups],
  })
}

/** RFC 8011 §4.1.8: the version that was asked in, or the nearest that there is. */
function spoken({ major }: IppVersion): IppVersion {
  return major >= 2 ? { major: 2, minor: 0 } : { major: 1, minor: 1 }
}
