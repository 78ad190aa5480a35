/** Factory codes that no claim can match, each kind for a reason of its own, and how a real relay comes to have them. */
import { randomBytes } from 'node:crypto'
import { makeFactoryCode } from '@fairlead/protocol/contract'
import type { Neighbourhood } from '../neighbourhood.ts'
import type { Reply } from '../service.ts'
import type { Guess, Subject } from './guessing.ts'
import { inTurns } from './in-turns.ts'
import { headersFrom, must, onRecord } from './street.ts'

export const codes: Subject = {
  path: '/v1/claims',
  kinds: {
    random: 'no device has it',
    used: 'claimed, and its secret used',
    'somebody else’s': 'claimed by another account',
    'not come yet': 'on the list of its maker',
    forgotten: 'its device came, and was forgotten unclaimed',
  },
  make: makeCodes,
}

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

/** They stay as they are while they are tried. */
async function makeCodes(street: Neighbourhood, each: number): Promise<Record<string, Guess[]>> {
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
  const codesOf = (devices: readonly Device[]) => devices.map(({ code }) => ({ body: { code } }))
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
