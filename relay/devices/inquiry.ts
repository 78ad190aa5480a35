/** The device ID inquiry (A7): which devices are there, by account, serial number, model, tag, capability, state or what they told. */
import {
  type DeviceCounts,
  type DeviceCountsQuery,
  type DeviceInquiry,
  type DeviceState,
  meets,
  type Page,
  readWhere,
  textFits,
  type Where,
} from '@fairlead/protocol/contract'
import { cutPage, placeAfter, readCursor } from '../database/page.ts'
import { tenantOf } from '../http/reach.ts'
import type { Caller } from '../http/route.ts'
import type { KnownDevice, KnownDevices } from './known-devices.ts'
import type { DeviceStore } from './store.ts'

export interface InquiryNeeds {
  known: KnownDevices
  store: Pick<DeviceStore, 'valuesOf'>
  stateOf(device: string): DeviceState
}

/**
 * Filters are joined by AND, and so are several tags or capabilities. Serial number and model match whatever their case (A2);
 * each word of `q` must be in ID, model, serial number or a tag.
 *
 * @throws {Failure} `invalid-request` for a cursor that was never given out
 */
export async function inquire(needs: InquiryNeeds, caller: Caller, inquiry: DeviceInquiry): Promise<Page<KnownDevice>> {
  const devices = within(needs.known, caller, inquiry.account)
  const checks = checksOf(inquiry, needs.stateOf)
  const fits = (device: KnownDevice) => checks.every((check) => check(device))
  if (inquiry.where === undefined) return cutPage(devices, idOf, inquiry, fits)
  const { cursor, limit } = inquiry
  const rest = cursor === undefined ? devices : devices.slice(placeAfter(devices, idOf, readCursor(cursor)))
  const found: KnownDevice[] = []
  for await (const some of thoseWhere(needs.store, rest.filter(fits), inquiry.where)) {
    found.push(...some)
    // One more than the page shows that there is another.
    if (found.length > limit) break
  }
  return cutPage(found, idOf, { limit, cursor })
}

/** How many of those that fit are in which state. */
export async function countByState(needs: InquiryNeeds, caller: Caller, query: DeviceCountsQuery) {
  const { known, store, stateOf } = needs
  const counts: DeviceCounts = { online: 0, offline: 0, asleep: 0 }
  const checks = checksOf(query, stateOf)
  const fitting = within(known, caller, query.account).filter((device) => checks.every((check) => check(device)))
  for await (const some of thoseWhere(store, fitting, query.where ?? []))
    for (const { id } of some) counts[stateOf(id)]++
  return counts
}

const idOf = ({ id }: KnownDevice) => id

/** Looked up in the record together: by their keys, so that what other devices have told costs nothing. */
const lookedUpAtOnce = 500

/** Those that meet all of it, in their order, some at a time: whoever has enough asks for no more. */
async function* thoseWhere(
  store: InquiryNeeds['store'],
  devices: readonly KnownDevice[],
  where: readonly string[],
): AsyncGenerator<readonly KnownDevice[], void, undefined> {
  const wanted = where.map(mustRead)
  if (wanted.length === 0) return yield devices
  for (let at = 0; at < devices.length; at += lookedUpAtOnce) {
    let some = devices.slice(at, at + lookedUpAtOnce)
    for (const one of wanted) {
      if (some.length === 0) break
      const isMet = meets(one)
      const told = await store.valuesOf(some.map(idOf), one.object)
      const meeting = new Set(told.filter(({ value }) => isMet(JSON.parse(value))).map(({ device }) => device))
      some = some.filter(({ id }) => meeting.has(id))
    }
    yield some
  }
}

/** The schema of the query has seen to it. */
function mustRead(text: string): Where {
  const where = readWhere(text)
  if (typeof where === 'string') throw new TypeError(`${text} is no filter: ${where}`)
  return where
}

/** What the caller may see of the account that is asked for, if one is. */
export function within(devices: KnownDevices, caller: Caller, asked: string | undefined): readonly KnownDevice[] {
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
  if (inquiry.id !== undefined) checks.push(hasId(inquiry.id))
  if (inquiry.serial !== undefined) checks.push(hasSerial(inquiry.serial))
  if (inquiry.model !== undefined) checks.push(isOfModel(inquiry.model))
  if (tag.length > 0) checks.push((device) => tag.every((one) => device.tags.includes(one)))
  if (capability.length > 0) checks.push((device) => capability.every((one) => device.capabilities.includes(one)))
  if (state !== undefined) checks.push((device) => stateOf(device.id) === state)
  if (q !== undefined) checks.push(hasWords(q))
  return checks
}

function hasId(pattern: string): Check {
  const fits = textFits(pattern)
  return ({ id }) => fits(id)
}

function hasSerial(text: string): Check {
  const wanted = text.toLowerCase()
  return ({ serial }) => serial?.toLowerCase() === wanted
}

function isOfModel(pattern: string): Check {
  const fits = textFits(pattern)
  return ({ model }) => model !== null && fits(model)
}

function hasWords(q: string): Check {
  const words = q.toLowerCase().split(/\s+/)
  return ({ id, model, serial, tags }) => {
    const text = [id, model ?? '', serial ?? '', ...tags].join('\n').toLowerCase()
    return words.every((word) => text.includes(word))
  }
}
