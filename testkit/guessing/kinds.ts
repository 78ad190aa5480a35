/** Codes that no claim can match, each kind for a reason of its own, and how a real relay comes to have them. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { makeFactoryCode } from '@fairlead/protocol/contract'
import type { Neighbourhood } from '../neighbourhood.ts'
import type { Reply } from '../service.ts'
import { inTurns } from './in-turns.ts'

export const kinds = {
  random: 'no device has it',
  used: 'claimed, and its secret used',
  'somebody else’s': 'claimed by another account',
  'not come yet': 'on the list of its maker',
  forgotten: 'its device came, and was forgotten unclaimed',
} as const

export type Kind = keyof typeof kinds

/** The guesser's own is the default one: what is used is used there. */
const otherAccount = 'others'
/** What `POST /v1/factory-list` takes. */
const listedAtOnce = 500
/** The relay lets twenty that nobody has claimed come from an address. */
const devicesOfAddress = 20
/** As many wait for a secret to be stretched as it takes to keep two processors busy. */
const atOnce = 32

interface Device {
  id: string
  code: string
}

/** Makes `each` codes of each kind; they stay as they are while they are tried. */
export async function makeKinds(street: Neighbourhood, each: number): Promise<Record<Kind, string[]>> {
  const { service } = street
  await must(201, service.post('/v1/accounts', { id: otherAccount }))
  const own = devicesCalled('own', each)
  const others = devicesCalled('other', each)
  const listed = devicesCalled('listed', each)
  const forgotten = devicesCalled('forgotten', each)
  await come(street, forgotten)
  // As the relay does it after seven days.
  onRecord(street, 'DELETE FROM target WHERE claim_id IS NULL')
  await come(street, own)
  await claim(street, own, 'default')
  await useSecrets(street, own)
  await come(street, others)
  await claim(street, others, otherAccount)
  for (let at = 0; at < each; at += listedAtOnce)
    await must(200, service.post('/v1/factory-list', { items: listed.slice(at, at + listedAtOnce) }))
  const codesOf = (devices: readonly Device[]) => devices.map(({ code }) => code)
  return {
    random: codesOf(devicesCalled('none', each)),
    used: codesOf(own),
    'somebody else’s': codesOf(others),
    'not come yet': codesOf(listed),
    forgotten: codesOf(forgotten),
  }
}

function devicesCalled(name: string, count: number): Device[] {
  return Array.from({ length: count }, (_, at) => ({ id: `${name}-${at}`, code: makeFactoryCode(randomBytes(10)) }))
}

/** As a trusted proxy tells of them. @param at of the whole 10.0.0.0/8 */
export function headersFrom(at: number): Record<string, string> {
  return { 'x-forwarded-for': `10.${(at >> 16) & 255}.${(at >> 8) & 255}.${at & 255}`, 'x-forwarded-proto': 'https' }
}

function enrol({ service }: Neighbourhood, { id, code }: Device, status: number, at: number): Promise<Reply> {
  return must(status, service.post('/device/v1/enrol', { id, code }, headersFrom(Math.floor(at / devicesOfAddress))))
}

async function come(street: Neighbourhood, devices: readonly Device[]): Promise<void> {
  await inTurns(devices, atOnce, (device, at) => enrol(street, device, 202, at))
}

async function claim({ service }: Neighbourhood, devices: readonly Device[], account: string): Promise<void> {
  await inTurns(devices, atOnce, ({ code }, at) =>
    must(201, service.post('/v1/claims', { code, account }, headersFrom(at))),
  )
}

async function useSecrets(street: Neighbourhood, devices: readonly Device[]): Promise<void> {
  await inTurns(devices, atOnce, async (device, at) => {
    const { body } = await enrol(street, device, 200, at)
    const basic = `Basic ${Buffer.from(`${device.id}:${Object(body).secret}`).toString('base64')}`
    const headers = { ...headersFrom(at), authorization: basic }
    await must(200, street.service.post('/device/v1/register', {}, headers))
  })
}

async function must(status: number, replying: Promise<Reply>): Promise<Reply> {
  const reply = await replying
  if (reply.status !== status) throw new Error(`${reply.status} and not ${status}: ${JSON.stringify(reply.body)}`)
  return reply
}

function onRecord({ data }: Neighbourhood, sql: string): void {
  const record = new DatabaseSync(join(data, 'fairlead.db'), { timeout: 5_000 })
  try {
    record.exec(sql)
  } finally {
    record.close()
  }
}
