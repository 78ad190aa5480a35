/** Accounts and keys over HTTP: `/v1/accounts` for the admin, `/v1/keys` for each account's own. */
import {
  Account,
  AccountChange,
  AccountId,
  CreatedKey,
  Key,
  NewAccount,
  NewKey,
  PageQuery,
  pageOf,
  pageQuery,
} from '@fairlead/protocol/contract'
import { z } from 'zod'
import { type Route, route } from '../http/route.ts'
import type { Accounts } from './accounts.ts'

const AccountNamed = z.object({ account: z.string() })
const KeyParams = z.object({ keyId: z.string() })
const KeysQuery = z.strictObject({ account: AccountId.optional(), ...pageQuery })

export function accountRoutes(accounts: Accounts): Route[] {
  const { keys } = accounts
  return [
    route<unknown, unknown, NewAccount>({
      method: 'POST',
      path: '/v1/accounts',
      operationId: 'createAccount',
      summary: 'Make an account (a tenant)',
      access: 'admin',
      work: 'manage',
      body: NewAccount,
      answers: { 201: { description: 'Made', schema: Account } },
      problems: ['account-exists'],
      handle: async ({ caller, body, address }) => ({
        status: 201,
        body: await accounts.create(caller, body, address),
      }),
    }),
    route<unknown, PageQuery>({
      method: 'GET',
      path: '/v1/accounts',
      operationId: 'listAccounts',
      summary: 'All accounts',
      access: 'admin',
      work: 'look',
      query: PageQuery,
      answers: { 200: { description: 'A page of accounts', schema: pageOf(Account) } },
      handle: async ({ query }) => ({ status: 200, body: accounts.list(query) }),
    }),
    route<z.infer<typeof AccountNamed>, unknown, AccountChange>({
      method: 'PATCH',
      path: '/v1/accounts/{account}',
      operationId: 'changeAccount',
      summary: 'Demand a second factor of all users of the account, or no more',
      access: 'users:write',
      needsProof: true,
      work: 'manage',
      params: AccountNamed,
      body: AccountChange,
      answers: { 200: { description: 'As the account is now', schema: Account } },
      problems: ['not-found'],
      handle: async ({ caller, params, body, address }) => ({
        status: 200,
        body: await accounts.change(caller, params.account, body, address),
      }),
    }),
    route<unknown, unknown, NewKey>({
      method: 'POST',
      path: '/v1/keys',
      operationId: 'createKey',
      summary: 'Make a key for a service; it is shown this once',
      access: 'keys:write',
      needsProof: true,
      work: 'manage',
      body: NewKey,
      answers: { 201: { description: 'Made', schema: CreatedKey } },
      problems: ['not-found'],
      handle: async ({ caller, body, address }) => ({ status: 201, body: await keys.create(caller, body, address) }),
    }),
    route<unknown, z.infer<typeof KeysQuery>>({
      method: 'GET',
      path: '/v1/keys',
      operationId: 'listKeys',
      summary: 'The keys of the account (for the admin: of all accounts), without what opens the door',
      access: 'keys:write',
      work: 'look',
      query: KeysQuery,
      answers: { 200: { description: 'A page of keys', schema: pageOf(Key) } },
      handle: async ({ caller, query }) => ({ status: 200, body: keys.list(caller, query) }),
    }),
    route<z.infer<typeof KeyParams>>({
      method: 'DELETE',
      path: '/v1/keys/{keyId}',
      operationId: 'revokeKey',
      summary: 'Revoke a key; it is dead at once',
      access: 'keys:write',
      needsProof: true,
      params: KeyParams,
      answers: { 204: { description: 'Revoked' } },
      problems: ['not-found'],
      async handle({ caller, params, address }) {
        await keys.revoke(caller, params.keyId, address)
        return { status: 204 }
      },
    }),
  ]
}
