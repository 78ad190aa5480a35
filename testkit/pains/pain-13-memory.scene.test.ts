/** Field note 13: memory that grows with every connection that was; here it comes back, at the relay and at an agent whose relay is away. */
import assert from 'node:assert/strict'
import { readdir, readFile } from 'node:fs/promises'
import { after, before, test } from 'node:test'
import { createSeededRandom } from '@fairlead/base'
import { stepUplink } from '../../agent/uplink/uplink-machine.ts'
import { createUplinkState, type UplinkEffect } from '../../agent/uplink/uplink-state.ts'
import { countSessions } from '../device-look.ts'
import { openHandDevice } from '../hand-device.ts'
import { type Neighbourhood, openNeighbourhood } from '../neighbourhood.ts'
import type { StartedProcess } from '../process.ts'
import { until } from '../until.ts'
import { openFleet, untilOnline } from './fleet.ts'
import { openPoints } from './points.ts'

// What strangers may cost: relay/xmpp/bosh-bounds.test.ts. Hours of it, with a table: the soak.

const scene = new AsyncDisposableStack()
let street: Neighbourhood
before(async () => {
  street = scene.use(await openNeighbourhood({ relay: ['--inactivity', '3', '--survival-timeout', '0'] }))
})
after(() => scene.disposeAsync())

interface Use {
  megabytes: number
  files: number
}

async function useOf({ pid }: StartedProcess): Promise<Use> {
  const [, kilobytes = ''] = /^VmRSS:\s+(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? []
  return { megabytes: Number(kilobytes) / 1024, files: (await readdir(`/proc/${pid}/fd`)).length }
}

const untilNobody = () =>
  until('no session is left', async () => (await countSessions(street.url, 'bosh')) === 0, 30_000)

test('pain 13: sessions that come and go by the hundred leave nothing behind, however they go', async () => {
  const devices = await Promise.all(
    Array.from({ length: 30 }, async (_, at) => ({
      id: `guest-${at}`,
      secret: (await street.enrol(`guest-${at}`)).secret,
    })),
  )
  /** Each device logs in ten times: half of them take their leave, half come again over the session that still stands. */
  async function playRound(): Promise<Use> {
    await Promise.all(
      devices.map(async ({ id, secret }, at) => {
        for (let turn = 0; turn < 10; turn++) {
          const device = await openHandDevice({ relayUrl: street.url, id, secret })
          if (at % 2 === 0) await device.leave()
          else await device[Symbol.asyncDispose]()
        }
      }),
    )
    assert.ok((await countSessions(street.url, 'bosh')) <= devices.length, 'a device has one session at most')
    await untilNobody()
    return useOf(street.relay())
  }

  // The first rounds fill what every process fills once.
  const warm = [await playRound(), await playRound()]
  const later = [await playRound()]
  const told = JSON.stringify([...warm, ...later].map(({ megabytes, files }) => [Math.round(megabytes), files]))
  const most = Math.max(...warm.map(({ megabytes }) => megabytes))
  assert.ok((later.at(-1)?.megabytes ?? 0) < most + 40, told)
  await until(
    'its connections are closed',
    async () => (await useOf(street.relay())).files <= (warm[0]?.files ?? 0) + 20,
  )
})

test('pain 13: an impatient client that logs in again and again without leaving has one session, not hundreds', async () => {
  const { secret } = await street.enrol('impatient')
  const before = await countSessions(street.url, 'bosh')
  for (let turn = 0; turn < 50; turn++) await openHandDevice({ relayUrl: street.url, id: 'impatient', secret })
  assert.equal((await countSessions(street.url, 'bosh')) - before, 1)
  await untilNobody()
})

test('pain 13: an agent whose relay is away grows no more than one whose relay is there', async () => {
  const count = 40
  await using points = await openPoints(street.url)
  await using fleet = await openFleet(street, count, points.url)
  const present = await useOf(fleet.process())
  points.lead(undefined)
  await until('every device has tried a few times', () => points.counts.turnedAway > count * 3, 60_000)
  const alone = await useOf(fleet.process())
  const told = JSON.stringify([present, alone])
  assert.ok(alone.megabytes < present.megabytes + 60, told)
  assert.ok(alone.files <= present.files, told)
  points.lead(street.url)
  await untilOnline(street, count)
  await until('and it is as it was', async () => (await useOf(fleet.process())).files <= present.files + 10)
})

test('pain 13: what an agent keeps in its head is the same after a month without its relay', () => {
  const random = createSeededRandom(13)
  const settings = {
    survivalMode: 'survival' as const,
    survivalTimeoutSeconds: null,
    survivalAnswerTimeoutSeconds: 10,
    learnedWaitSeconds: null,
  }
  const uplink = createUplinkState({ relayHost: 'relay.test', on: true, settings, fraction: random.fraction })
  const monthMs = 30 * 86_400_000
  let [nowMs, tries, largest] = [0, 0, 0]
  let effects: UplinkEffect[] = []
  stepUplink(uplink, { kind: 'start' }, nowMs, effects)
  while (nowMs < monthMs) {
    const happened = effects
    effects = []
    for (const effect of happened) {
      if (effect.kind === 'wake') nowMs = Math.max(nowMs, effect.atMs)
      if (effect.kind !== 'register') continue
      tries++
      const trouble = { kind: 'refused' as const, host: 'relay.test' }
      stepUplink(uplink, { kind: 'call-failed', call: effect.call, trouble }, nowMs, effects)
    }
    stepUplink(uplink, { kind: 'time' }, nowMs, effects)
    largest = Math.max(largest, JSON.stringify(uplink).length)
  }
  assert.ok(tries > 40_000 && tries < 200_000, `${tries} tries`)
  assert.ok(largest < 2000, `${largest} characters`)
})
