/** A device as an IPP proxy tells of it, kept and told again: PWG 5100.18. */
import type { Clock } from '@fairlead/base'
import { RegisterBody } from '@fairlead/protocol/contract'
import {
  attributesOf,
  decodeRequest,
  encodeRequest,
  type IppAttributes,
  type IppOperation,
  type IppValue,
  ipp,
} from '@fairlead/protocol/ipp'
import type { Database } from '../database/database.ts'
import type { Jobs } from '../jobs/jobs.ts'
import { type Operation, requestedOf } from './asking.ts'
import { abilitiesOf, objectsOf } from './output-device.ts'
import { uuidOf } from './proxy-operations.ts'
import type { ProxyStore } from './proxy-store.ts'
import { IppRefusal } from './refusal.ts'
import { limitsOfProxies } from './request-body.ts'
import { select } from './selecting.ts'

type DeviceOperation = 'Deregister-Output-Device' | 'Get-Output-Device-Attributes' | 'Update-Output-Device-Attributes'

export interface ProxyDeviceNeeds {
  database: Database
  store: ProxyStore
  jobs: Pick<Jobs, 'leave'>
  clock: Clock
  /** Stores what the device is, as its own register process does. */
  register(device: string, told: RegisterBody): Promise<unknown>
}

/** A printer and its spares; more are a mistake. */
const mostProxies = 8

export function proxyDeviceOperations(needs: ProxyDeviceNeeds): Record<DeviceOperation & IppOperation, Operation> {
  const { database, store, jobs, clock, register } = needs

  return {
    async 'Update-Output-Device-Attributes'(ask) {
      const { device } = ask
      const uuid = uuidOf(ask)
      const { told, unsupported } = readTold(attributesOf(ask.groups, 'printer'))
      const before = await store.findDevice(device, uuid)
      const whole = merge(before ? unpacked(before.attributes) : new Map(), told)
      const attributes = packed(whole)
      // Told in many small parts it may be more than can be read again.
      unpacked(attributes)
      const printing = abilitiesOf(whole)
      const body = RegisterBody.safeParse({
        ...(printing && { capabilities: { printing } }),
        objects: objectsOf(told),
      })
      if (!body.success)
        throw new IppRefusal('client-error-bad-request', `No printer is like that: ${body.error.issues[0]?.message}`)
      await database.write(async (tx) => {
        if ((await store.countOthers(tx, device, uuid)) >= mostProxies)
          throw new IppRefusal('client-error-not-possible', `${mostProxies} proxies serve this device already.`)
        await store.saveDevice(tx, { device, uuid, heard_at: clock.wallNow(), attributes, identify_at: null })
      })
      await register(device, body.data)
      if (unsupported.size === 0) return {}
      return {
        status: 'successful-ok-ignored-or-substituted-attributes',
        groups: [{ kind: 'unsupported', attributes: unsupported }],
      }
    },

    async 'Get-Output-Device-Attributes'(ask) {
      const row = await store.findDevice(ask.device, uuidOf(ask))
      if (!row) throw notKnown()
      const groups = { 'printer-description': unpacked(row.attributes) }
      const attributes = select(groups, requestedOf(ask) ?? ['all'], Object.keys(groups))
      return { groups: [{ kind: 'printer', attributes }] }
    },

    async 'Deregister-Output-Device'({ device, operation }) {
      const uuid = uuidOf({ operation })
      if (!(await store.findDevice(device, uuid))) throw notKnown()
      await jobs.leave(device, uuid)
      await database.write((tx) => store.removeDevice(tx, device, uuid))
      return {}
    },
  }
}

/** A part of an attribute with many values (`media-col-database.3`) is left out and named in the answer: whoever sends it can send the whole. */
function readTold(group: IppAttributes) {
  const told = new Map<string, readonly IppValue[]>()
  const unsupported = new Map<string, readonly IppValue[]>()
  for (const [name, values] of group)
    if (/\.\d/.test(name)) unsupported.set(name, ipp.none('unsupported'))
    else told.set(name, values)
  return { told, unsupported }
}

/** RFC 3380: what is to be deleted is not there any more. */
function merge(before: IppAttributes, told: IppAttributes): IppAttributes {
  const whole = new Map(before)
  for (const [name, values] of told)
    if (values.some(({ tag }) => tag === 'delete-attribute')) whole.delete(name)
    else whole.set(name, values)
  return whole
}

/** In IPP's own form, which says the syntax of each value. */
function packed(attributes: IppAttributes): string {
  const message = { version: { major: 2, minor: 0 }, operation: 0, requestId: 1 }
  return Buffer.from(encodeRequest({ ...message, groups: [{ kind: 'printer', attributes }] })).toString('base64')
}

function unpacked(text: string): IppAttributes {
  const { head } = decodeRequest(Buffer.from(text, 'base64'), limitsOfProxies)
  return attributesOf(head.groups, 'printer')
}

const notKnown = () => new IppRefusal('client-error-not-found', 'This proxy is not known here.')
