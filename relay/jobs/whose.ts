/** Whether a job waits for a person at its device, and for whom (H1). */
import { Failure } from '@fairlead/base'
import type { NewJobQuery } from '@fairlead/protocol/contract'
import { isPerson } from '../http/reach.ts'
import type { Caller } from '../http/route.ts'

export interface Person {
  userId: string
  account: string
  email: string
  /** For people. */
  name: string
}

export interface WhoseNeeds {
  findDevice(device: string): { account: string; releaseAtDevice: boolean } | undefined
  /** @param user by ID, or as they sign in */
  findPerson(user: { userId: string } | { email: string }): Promise<Person | undefined>
}

/**
 * @returns undefined: it waits for nobody
 * @throws {Failure} `invalid-request`: it is said of nobody, or of somebody of another account
 */
export type Whose = (caller: Caller, device: string, query: NewJobQuery) => Promise<Person | undefined>

export function createWhose({ findDevice, findPerson }: WhoseNeeds): Whose {
  return async (caller, device, query) => {
    const known = findDevice(device)
    // Only what people send themselves: a service that prints labels there is at no device.
    const isUsual = isPerson(caller) && !query.hold && query.deliverWithinSeconds > 0 && known?.releaseAtDevice
    if ((query.release ?? (isUsual ? 'person' : 'none')) === 'none') {
      if (query.for !== undefined)
        throw wrong('`for` says whose job waits at the device: give `release=person` as well.')
      return undefined
    }
    if (query.hold)
      throw wrong('A job waits for its person, or for anybody to release it: leave out `hold` or `release`.')
    if (query.deliverWithinSeconds === 0)
      throw wrong('A job that is to go now or not at all cannot wait for its person: give deliverWithinSeconds.')
    const person = await findPerson(askedFor(caller, query.for))
    if (person?.account === known?.account && person) return person
    throw wrong(
      isPerson(caller)
        ? 'You are no user of the account that the device belongs to: nothing can wait for you there.'
        : 'There is no user with that e-mail address in the account of the device.',
    )
  }
}

/** Whoever has signed in prints for themselves. */
function askedFor(caller: Caller, email: string | undefined): { userId: string } | { email: string } {
  if (isPerson(caller) && email === undefined) return { userId: caller.userId }
  if (isPerson(caller)) throw wrong('`for` is for keys: what you print waits for yourself.')
  if (email === undefined)
    throw wrong('A key says for whom the job waits: give `for` with the e-mail address of a user.')
  return { email }
}

const wrong = (detail: string) => new Failure('invalid-request', detail)
