/** Who may do what on a device: the users of its account, its keys, its services, and what is known of their changes. */
import type { DeviceAccess, Key, User } from '@fairlead/protocol/contract'
import { Role } from '@fairlead/protocol/contract'
import { actsAsAdmin, has } from '../http/reach.ts'
import type { Caller } from '../http/route.ts'
import { rightsOf } from '../people/roles.ts'

/** Names are for those who manage what bears them; everybody else who sees the device is told how many there are. */
export type ShowAccess = (caller: Caller, device: string) => Promise<DeviceAccess>

/** When each changed something of a device last, as far back as was looked. */
interface LastChanges {
  sinceAt: number | undefined
  of(kind: 'key' | 'user', id: string): number | undefined
}

export interface AccessNeeds {
  /** @throws {Failure} `unknown-device`, also for another tenant's */
  mustFindDevice(caller: Caller, device: string): { account: string }
  usersOf(account: string): Promise<readonly User[]>
  /** Those that are good. */
  keysOf(account: string): readonly Key[]
  lastChanges(account: string, device: string): Promise<LastChanges>
  servicesOf(account: string, device: string): Promise<Services>
}

interface Services {
  subscriptions: DeviceAccess['subscriptions']
  mandate: { kind: 'instruction' | 'consent'; sinceAt: number; by: string } | undefined
}

/** More in one answer would be no page for people any more; the count says that there are more. */
const mostNamed = 500

export function createShowAccess(needs: AccessNeeds): ShowAccess {
  return async (caller, device) => {
    const { account } = needs.mustFindDevice(caller, device)
    const [users, changes, services] = await Promise.all([
      needs.usersOf(account),
      needs.lastChanges(account, device),
      needs.servicesOf(account, device),
    ])
    const keys = needs.keysOf(account)
    const seesUsers = actsAsAdmin(caller) || has(caller, 'users:write')
    // Whoever has this right reads the audit log, where the same stands.
    const seesKeys = actsAsAdmin(caller) || has(caller, 'keys:write')
    const changed = (kind: 'key' | 'user', id: string) => timeOf(changes.of(kind, id))
    const userOf = ({ userId, name, email, isRelayAdmin }: User) => ({
      ...{ userId, name, email, isRelayAdmin },
      lastChangedAt: changed('user', userId),
    })
    const keyOf = ({ keyId, name, scopes, expiresAt, lastUsedAt }: Key) => ({
      ...{ keyId, name, scopes, expiresAt, lastUsedAt },
      lastChangedAt: changed('key', keyId),
    })
    const { mandate } = services
    return {
      ...{ device, account },
      roles: Role.options.map((role) => {
        const those = users.filter((user) => user.role === role)
        return {
          ...{ role, rights: [...rightsOf[role]], count: those.length },
          ...(seesUsers && { users: those.slice(0, mostNamed).map(userOf) }),
        }
      }),
      keys: { count: keys.length, ...(seesKeys && { items: keys.slice(0, mostNamed).map(keyOf) }) },
      subscriptions: services.subscriptions,
      mandate: mandate
        ? {
            kind: mandate.kind,
            sinceAt: new Date(mandate.sinceAt).toISOString(),
            ...(seesKeys && { by: mandate.by }),
          }
        : null,
      changesKnownSince: timeOf(changes.sinceAt),
    }
  }
}

function timeOf(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString()
}
