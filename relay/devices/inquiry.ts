/** The device ID inquiry (A7): which devices are there, by account, serial number, model, tag, capability or state. */
import type { DeviceCounts, DeviceCountsQuery, DeviceInquiry, DeviceState, Page } from '@fairlead/protocol/contract'
import { cutPage } from '../database/page.ts'
import { tenantOf } from '../http/reach.ts'
import type { Caller } from '../http/route.ts'
import type { KnownDevice, KnownDevices } from './known-devices.ts'

/**
 * Filters are joined by AND, and so are several tags or capabilities. Serial number and model match whatever their case (A2);
 * each word of `q` must be in ID, model, serial number or a tag.
 *
 * @throws {Failure} `invalid-request` for a cursor that was never given out
 */
export function inquire(
  devices: KnownDevices,
  caller: Caller,
  inquiry: DeviceInquiry,
  stateOf: (device: string) => DeviceState,
): Page<KnownDevice> {
  const checks = checksOf(inquiry, stateOf)
  return cutPage(
    within(devices, caller, inquiry.account),
    ({ id }) => id,
    inquiry,
    (device) => checks.every((check) => check(device)),
  )
}

/** How many of those that fit are in which state. */
export function countByState(
  devices: KnownDevices,
  caller: Caller,
  query: DeviceCountsQuery,
  stateOf: (device: string) => DeviceState,
): DeviceCounts {
  const counts: DeviceCounts = { online: 0, offline: 0, asleep: 0 }
  const checks = checksOf(query, stateOf)
  for (const device of within(devices, caller, query.account))
    if (checks.every((check) => check(device))) counts[stateOf(device.id)]++
  return counts
}

/** What the caller may see of the account that is asked for, if one is. */
function within(devices: KnownDevices, caller: Caller, asked: string | undefined): readonly KnownDevice[] {
  const account = tenantOf(caller) ?? asked
  if (account === undefined) return devices.all()
  return asked === undefined || asked === account ? devices.ofAccount(account) : []
}

type Check = (device: KnownDevice) => boolean

/** Only what is asked for is looked at: a walk over 100,000 devices must not hold up anybody. */
function checksOf(
  inquiry: DeviceCountsQuery & Pick<DeviceInquiry, 'state'>,
  stateOf: (device: string) => DeviceState,
): Check[] {
  const { tag = [], capability = [], state, q } = inquiry
  const checks: Check[] = []
  if (inquiry.serial !== undefined) checks.push(hasText('serial', inquiry.serial))
  if (inquiry.model !== undefined) checks.push(hasText('model', inquiry.model))
  if (tag.length > 0) checks.push((device) => tag.every((one) => device.tags.includes(one)))
  if (capability.length > 0) checks.push((device) => capability.every((one) => device.capabilities.includes(one)))
  if (state !== undefined) checks.push((device) => stateOf(device.id) === state)
  if (q !== undefined) checks.push(hasWords(q))
  return checks
}

function hasText(field: 'serial' | 'model', text: string): Check {
  const wanted = text.toLowerCase()
  return (device) => device[field]?.toLowerCase() === wanted
}

function hasWords(q: string): Check {
  const words = q.toLowerCase().split(/\s+/)
  return ({ id, model, serial, tags }) => {
    const text = [id, model ?? '', serial ?? '', ...tags].join('\n').toLowerCase()
    return words.every((word) => text.includes(word))
  }
}
