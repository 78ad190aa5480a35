/** The one table of what each role may, and who manages whom. */
import type { Right, Role } from '@fairlead/protocol/contract'

const looks: readonly Right[] = ['devices:read', 'requests:read', 'events:read']
const works: readonly Right[] = [...looks, 'requests:write', 'jobs:write']
const runs: readonly Right[] = [...works, 'devices:write', 'keys:write', 'users:write']

/** A relay admin may besides what the admin key may: that is no right of a role. */
export const rightsOf: Readonly<Record<Role, ReadonlySet<Right>>> = {
  viewer: new Set(looks),
  operator: new Set(works),
  admin: new Set(runs),
  owner: new Set(runs),
}

/** After so long without a call a session is over: who may do harm walks away from a screen sooner. */
export const idleMs: Readonly<Record<Role, number>> = {
  viewer: 12 * 3_600_000,
  operator: 2 * 3_600_000,
  admin: 2 * 3_600_000,
  owner: 2 * 3_600_000,
}
