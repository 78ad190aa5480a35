/**
 * Devices, owners, strangers and thieves around the rooms that give devices their owners: claims by code, pairings by PIN,
 * releases, resets, crashes, hours and days in a second. What happens, and in which order, follows from a seed.
 *
 * The rooms are the relay's own, on a real database file; a crash forgets all memory and opens that file anew.
 */
import { createHandClock, createSeededRandom, Failure } from '@fairlead/base'
import { type EnrolAnswer, makeFactoryCode, type Pairing } from '@fairlead/protocol/contract'
import type { Caller } from '../../relay/http/route.ts'
import type { Whence } from '../../relay/pairing/whence.ts'
import { accounts, openOwnersRelay } from './owners-relay.ts'

const networks = ['198.51.100.2', '203.0.113.9'] as const
const patient = new AbortController().signal

/** What one device knows, and all that it was ever told. */
interface Thing {
  id: string
  /** On its label; undefined: it shows PINs. */
  code: string | undefined
  network: string
  pin: string | undefined
  token: string | undefined
  /** The last link that led to it. */
  link: string | undefined
  secrets: Set<string>
}

export interface OwnersPlayed {
  steps: string[]
  /** What must never be and was, in words; empty: all is well. */
  broken: string[]
  /** How often each thing was done, so that one sees that it was. */
  done: Map<string, number>
}

/** @param folder empty */
export async function playOwners(seed: number, folder: string, stepCount = 80): Promise<OwnersPlayed> {
  const chance = createSeededRandom(seed)
  const secrets = createSeededRandom(seed + 1)
  const clock = createHandClock()
  const pick = <Item>(items: readonly Item[]) => items[Math.floor(chance.fraction() * items.length)] as Item
  const played: OwnersPlayed = { steps: [], broken: [], done: new Map() }
  let relay = await openOwnersRelay({ folder, clock, random: secrets })

  const things: Thing[] = Array.from({ length: 3 }, (_, at) => ({
    id: `thing-${at}`,
    code: at % 2 ? makeFactoryCode(Buffer.from(secrets.token(10), 'base64url')) : undefined,
    network: networks[at % 2] as string,
    ...{ pin: undefined, token: undefined, link: undefined },
    secrets: new Set<string>(),
  }))

  const callerOf = (account: string): Caller => ({ kind: 'key', keyId: account, account, scopes: new Set() })
  const from = (network: string): Whence => ({ address: network, network, isVeiled: false })

  /** Time goes on while it is done: no failure is told before its 400 ms. @returns undefined: it was refused */
  async function doing<Result>(work: Promise<Result>): Promise<Result | undefined> {
    let isDone = false
    const settled = work.then(
      (result) => result,
      (error: unknown) => {
        if (!(error instanceof Failure)) throw error
      },
    )
    void settled
      .catch(() => {})
      .finally(() => {
        isDone = true
      })
    while (!isDone) {
      await new Promise((resolve) => setImmediate(resolve))
      clock.pass(20)
    }
    return (await settled) as Result | undefined
  }

  function told(thing: Thing, answer: EnrolAnswer | undefined): void {
    if (answer?.registration === 'second') thing.secrets.add(answer.secret)
  }

  const linkOf = (pairing: Pairing | undefined) =>
    pairing?.sendingRequest && new URL(pairing.sendingRequest.url).hash.slice(1)

  /** Mostly somebody does press. @returns the code, once that was told */
  async function pressed(
    { token = '', network }: Thing,
    account: string,
    pairingId: string,
  ): Promise<string | undefined> {
    if (chance.fraction() < 0.3) return undefined
    await doing(relay.pairings.news({ token, pressed: true }, from(network), 0, patient))
    return linkOf(await doing(relay.pairings.find(callerOf(account), pairingId)))
  }

  const ways: Record<string, (thing: Thing) => Promise<unknown>> = {
    async 'comes with its code'(thing) {
      if (thing.code !== undefined)
        told(
          thing,
          await doing(relay.enrolment.enrol({ id: thing.id, code: thing.code }, from(thing.network), 0, patient)),
        )
    },
    async 'is claimed by many at once'({ id, code }) {
      if (code === undefined) return
      const before = relay.devices.find(id)
      const tries = Array.from({ length: 6 }, () => pick(accounts)).map(async (account) => ({
        account,
        claim: await doing(relay.enrolment.claims.create(callerOf(account), { code }, pick(networks))),
      }))
      const claims = (await Promise.all(tries)).filter(({ claim }) => claim !== undefined)
      if (claims.length > 1) played.broken.push(`${id} was claimed ${claims.length} times at once`)
      if (claims.length > 0 && before && before.registration !== 'none')
        played.broken.push(`${id} was claimed though it is ${before.account}'s`)
      for (const { account } of claims)
        if (relay.devices.find(id)?.account !== account) played.broken.push(`${id} is not ${account}'s, who claimed it`)
      return claims.length > 0
    },
    async 'shows a PIN'(thing) {
      if (thing.code !== undefined) return
      const pin = String(Math.floor(chance.fraction() * 1e8)).padStart(8, '0')
      const addresses = ['192.168.1.20/24']
      const order = { id: thing.id, pin, addresses, localUrl: 'http://192.168.1.20/' }
      const announced = await doing(relay.pairings.announce(order, from(thing.network)))
      if (announced) Object.assign(thing, { pin, token: announced.token })
    },
    async 'its PIN is typed'(thing) {
      if (thing.pin === undefined) return
      const [account, where] = [pick(accounts), pick([thing.network, thing.network, ...networks])]
      const isRight = chance.fraction() < 0.85
      const order = { pin: isRight ? thing.pin : '00000000', addresses: pick([['192.168.1.33/24'], []]) }
      const pairing = await doing(relay.pairings.create(callerOf(account), order, from(where)))
      if (!pairing) return false
      if (where !== thing.network || !isRight)
        played.broken.push(`${thing.id} was paired from elsewhere, or with another PIN`)
      if (pairing.sendingRequest && order.addresses.length === 0)
        played.broken.push(`${thing.id} was sent a code without a press`)
      thing.link = linkOf(pairing) ?? (await pressed(thing, account, pairing.pairingId))
      return true
    },
    async 'spends the code of a link'(thing) {
      if (thing.link === undefined) return
      const thief = things.find(({ id }) => id !== thing.id)
      if (thief && (await doing(relay.pairings.spend(thief.id, thing.link, thing.network))))
        played.broken.push(`${thief.id} spent the code of ${thing.id}`)
      const [one, other] = await Promise.all([
        doing(relay.pairings.spend(thing.id, thing.link, thing.network)),
        doing(relay.pairings.spend(thing.id, thing.link, thing.network)),
      ])
      for (const answer of [one, other]) told(thing, answer)
      return one !== undefined
    },
    async 'uses its secret'({ id, secrets }) {
      const newest = [...secrets].at(-1)
      return newest !== undefined && (await relay.devices.logIn.checkSecret(id, newest))
    },
    async 'is released'({ id }) {
      const device = relay.devices.find(id)
      const order = chance.fraction() < 0.3 ? { to: pick(accounts) } : {}
      return device && (await doing(relay.devices.release(callerOf(device.account), id, order)))
    },
    async 'is released by somebody else'({ id }) {
      const device = relay.devices.find(id)
      const thief = accounts.find((account) => account !== device?.account)
      if (device && thief && (await doing(relay.devices.release(callerOf(thief), id, {}))))
        played.broken.push(`${thief} released ${id}, which is ${device.account}'s`)
    },
    async 'is removed'({ id }) {
      const device = relay.devices.find(id)
      if (!device) return
      await doing(relay.devices.remove(callerOf(device.account), id))
      return true
    },
    async 'is reset'({ id }) {
      return relay.devices.find(id) && (await doing(relay.devices.askReset(id)))
    },
    async 'waits for minutes'() {
      clock.pass(Math.floor(chance.fraction() * 900_000))
    },
    async 'waits for days'() {
      clock.pass(Math.floor(chance.fraction() * 10 * 86_400_000))
      await doing(relay.devices.carryOutResets())
      await doing(relay.enrolment.forgetOld())
      await doing(relay.pairings.forgetOld())
    },
    async 'the relay crashes'() {
      await relay[Symbol.asyncDispose]()
      relay = await openOwnersRelay({ folder, clock, random: secrets })
      for (const thing of things) await mustHold(thing)
    },
  }
  const names = Object.keys(ways)
  /** What leads on comes oftener than what ends it. */
  const often = names.flatMap((name) =>
    /comes|claimed|shows|typed|spends|uses/.test(name) ? [name, name, name] : [name],
  )

  async function mustHold(thing: Thing): Promise<void> {
    const device = relay.devices.find(thing.id)
    const good: string[] = []
    for (const secret of thing.secrets) if (await relay.devices.logIn.checkSecret(thing.id, secret)) good.push(secret)
    if (good.length > 1) played.broken.push(`${thing.id} has ${good.length} secrets that are good`)
    if (good.length > 0 && device?.registration !== 'second')
      played.broken.push(`${thing.id} has a good secret and is ${device?.registration ?? 'nobody’s'}`)
  }

  for (let step = 0; step < stepCount && played.broken.length === 0; step++) {
    const thing = pick(things)
    const name = pick(often)
    played.steps.push(`${thing.id} ${name}`)
    if (await ways[name]?.(thing)) played.done.set(name, (played.done.get(name) ?? 0) + 1)
    // To look at a secret is to use it: at the end of each life, not in the middle of all of them.
    if (chance.fraction() < 0.2) await mustHold(thing)
  }
  for (const thing of things) await mustHold(thing)
  await relay[Symbol.asyncDispose]()
  return played
}
