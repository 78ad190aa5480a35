/** The one table of what each role may, and who manages whom. */
import { Failure } from '@fairlead/base'
import type { Right, Role } from '@fairlead/protocol/contract'
import { actsAsAdmin } from '../http/reach.ts'
import type { Caller } from '../http/route.ts'

const looks: readonly Right[] = ['devices:read', 'requests:read', 'events:read']
const works: readonly Right[] = [...looks, 'requests:write', 'jobs:write']
const runs: readonly Right[] = [...works, 'devices:write', 'keys:write', 'users:write']

/** A relay admin may, besides, what the admin key may: that is no right of a role. */
export const rightsOf: Readonly<Record<Role, ReadonlySet<Right>>> = {
  viewer: new Set(looks),
  operator: new Set(works),
  admin: new Set(runs),
  owner: new Set(runs),
}

/** Whom somebody of this role may invite, change and remove. */
const manages: Readonly<Record<Role, ReadonlySet<Role>>> = {
  viewer: new Set(),
  operator: new Set(),
  admin: new Set(['viewer', 'operator']),
  owner: new Set(['viewer', 'operator', 'admin', 'owner']),
}

/** @returns whom the caller may invite, change and remove */
export function managedBy(caller: Caller): ReadonlySet<Role> {
  if (actsAsAdmin(caller)) return manages.owner
  return caller.kind === 'user' ? manages[caller.role] : manages.viewer
}

/** @throws {Failure} `forbidden` */
export function mustManage(caller: Caller, role: Role): void {
  if (managedBy(caller).has(role)) return
  throw new Failure('forbidden', `Your role does not manage users who are ${role}. Ask an owner of your account.`)
}

/** After so long without a call a session is over: who may do harm walks away from a screen sooner. */
export const idleMs: Readonly<Record<Role, number>> = {
  viewer: 12 * 3_600_000,
  operator: 2 * 3_600_000,
  admin: 2 * 3_600_000,
  owner: 2 * 3_600_000,
}
