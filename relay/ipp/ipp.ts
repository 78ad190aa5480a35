/** IPP: every device as a printer that ordinary computers know (N1). Answers one request at a time, and keeps nothing itself. */
import { Failure } from '@fairlead/base'
import type { Right } from '@fairlead/protocol/contract'
import {
  attributesFrom,
  attributesOf,
  encodeResponse,
  findOne,
  type IppAttributes,
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
import { type Ask, checkTarget, type Operation, type Reply, requestedOf } from './asking.ts'
import { jobOperations } from './job-operations.ts'
import type { IppNeeds } from './needs.ts'
import { printerAttributesOf } from './printer-attributes.ts'
import { createProxyRole, notifyingAttributes } from './proxy-role.ts'
import { groupsOf, IppRefusal, statusOf } from './refusal.ts'
import { readRequest } from './request-body.ts'
import { select } from './selecting.ts'
import { isServed } from './served.ts'
import { printerPath, urisOf } from './uris.ts'

export interface IppVisit {
  caller: Caller
  user: string
  address: string
  device: string
  body: AsyncIterable<Uint8Array>
  contentLength: number | undefined
  /** Aborted when nobody waits for the answer any more. */
  givenUp: AbortSignal
}

export interface IppAnswer {
  head: Uint8Array<ArrayBuffer>
  /** What comes behind it. */
  document?: Reply['document']
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

/** @returns an answer to whatever comes */
export function createIpp(needs: IppNeeds): (visit: IppVisit) => Promise<IppAnswer> {
  const { jobs, clock, log } = needs
  const proxies = createProxyRole(needs)
  const show = ({ caller, device }: Pick<Ask, 'caller' | 'device'>) =>
    caller.kind === 'device' ? needs.showOwn(device) : needs.showDevice(caller, device)

  const getPrinterAttributes: Operation = async (ask) => {
    const { caller, device: id } = ask
    const [device, printing, open] = await Promise.all([show(ask), jobs.printing(id), jobs.openOf(id)])
    const { description, template, mediaDatabase } = printerAttributesOf({
      ...{ device, printing, operations: operationsOf(caller), now: clock.wallNow() },
      ...(caller.kind === 'device' && { notifying: notifyingAttributes }),
      uris: urisOf(needs.publicUrl(), id),
      open: open.length,
      isPrinting: open.some(({ job }) => job.state === 'executing'),
      documentWaitSeconds: documentWaitMs / 1000,
    })
    const groups = {
      'printer-description': description,
      'job-template': template,
      'media-col-database': mediaDatabase,
    }
    const whole = ['printer-description', 'job-template']
    return { groups: [{ kind: 'printer', attributes: select(groups, requestedOf(ask) ?? ['all'], whole) }] }
  }

  const forClients: Operations = {
    ...jobOperations(needs),
    'Get-Printer-Attributes': getPrinterAttributes,
    async 'Identify-Printer'(ask) {
      const device = await show(ask)
      if (device.state !== 'online' && isServed(device.proxy, clock.wallNow()))
        await proxies.store.askIdentify(device.id, clock.wallNow())
      else await needs.identify(ask.caller, device)
      return {}
    },
  }
  const forProxies: Operations = { ...proxies.operations, 'Get-Printer-Attributes': getPrinterAttributes }

  /** No more than the caller may do. */
  function operationsOf(caller: Caller): number[] {
    const known = Object.keys(caller.kind === 'device' ? forProxies : forClients) as IppOperation[]
    return known.filter((name) => caller.kind === 'device' || may(caller, name)).map((name) => ippOperations[name])
  }

  /** @throws {IppRefusal} @throws {Failure} */
  function findOperation(caller: Caller, code: number): Operation {
    const name = nameOf(code)
    if (!name || !(name in forClients || name in forProxies))
      throw new IppRefusal('server-error-operation-not-supported', 'This printer knows no such operation.')
    const operation = caller.kind === 'device' ? forProxies[name] : forClients[name]
    if (!operation)
      throw new Failure(
        'forbidden',
        caller.kind === 'device'
          ? 'The secret of a device is for its proxy, which takes jobs and sends none: print with an app password or a key.'
          : 'That is for the proxy of the device, which shows the ID and the secret of the device.',
      )
    if (caller.kind !== 'device' && !may(caller, name))
      throw new Failure('forbidden', `This needs the right ${rights[name]}.`)
    return operation
  }

  async function perform(visit: IppVisit, request: IppRequest, document: AsyncIterable<Uint8Array>): Promise<Reply> {
    const { caller, device } = visit
    checkTarget(request, `${printerPath}${device}`)
    if (caller.kind === 'device' && caller.device !== device)
      throw new Failure('unknown-device', `There is no printer ${device} for this device.`)
    await show(visit)
    const perform = findOperation(caller, request.operation)
    const operation = attributesOf(request.groups, 'operation')
    if (caller.kind === 'device')
      await proxies.heard(device, findOne(operation, 'output-device-uuid', 'uri')?.toLowerCase())
    return perform({
      ...{ ...visit, document, operation, groups: request.groups },
      printerUri: urisOf(needs.publicUrl(), device).printer,
      job: attributesOf(request.groups, 'job'),
    })
  }

  return async (visit) => {
    let opening: Opening = { version: { major: 1, minor: 1 }, requestId: 1 }
    const refuse = (status: IppStatus, message: string, groups: readonly IppGroup[] = []) => ({
      head: headOf(opening, status, attributesFrom({ 'status-message': ipp.text(message.slice(0, 200)) }), groups),
    })
    try {
      const { request, document: sent } = await readRequest(visit.body, visit.caller.kind === 'device')
      opening = request
      const { status = 'successful-ok', operation, groups = [], document } = await perform(visit, request, sent)
      return { head: headOf(opening, status, operation, groups), ...(document && { document }) }
    } catch (error) {
      if (error instanceof IppError) {
        opening = error.opening ?? opening
        return refuse(error.status, error.message)
      }
      if (error instanceof IppRefusal) return refuse(error.status, error.message, groupsOf(error))
      if (error instanceof Failure) return refuse(statusOf(error), error.message)
      log.error('ipp.failed', 'An IPP request failed for a reason of our own.', error, { device: visit.device })
      return refuse('server-error-internal-error', "The fault is the relay's own.")
    }
  }
}

type Operations = { readonly [name in IppOperation]?: Operation }

function may(caller: Caller, name: IppOperation): boolean {
  const right = rights[name]
  return right !== undefined && (actsAsAdmin(caller) || has(caller, right))
}

type Opening = { version: IppVersion; requestId: number }

const names = new Map(
  (Object.keys(ippOperations) as IppOperation[]).map((name) => [ippOperations[name] as number, name]),
)
const nameOf = (code: number) => names.get(code)

function headOf(
  { version, requestId }: Opening,
  status: IppStatus,
  more: IppAttributes = new Map(),
  groups: readonly IppGroup[],
): Uint8Array<ArrayBuffer> {
  const first = attributesFrom({
    'attributes-charset': ipp.charset('utf-8'),
    'attributes-natural-language': ipp.naturalLanguage('en'),
  })
  const operation = new Map([...first, ...more])
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
