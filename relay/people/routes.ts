/** Users and invitations of an account, for those who manage them. */
import {
  Acceptance,
  CreatedInvitation,
  CreatedPasswordReset,
  Invitation,
  InvitationParams,
  NewInvitation,
  NewPasswordReset,
  pageOf,
  User,
  UserAnswer,
  UserChange,
  UserParams,
  UsersQuery,
} from '@fairlead/protocol/contract'
import type { z } from 'zod'
import { type Route, route } from '../http/route.ts'
import type { People } from './people.ts'
import { from, welcome } from './session-routes.ts'

/** @param publicUrl what browsers call this relay */
export function peopleRoutes(people: People, publicUrl: () => string): Route[] {
  const { users, invitations } = people
  return [
    route<unknown, UsersQuery>({
      method: 'GET',
      path: '/v1/users',
      operationId: 'listUsers',
      summary: 'The users of the account (for the admin: of all accounts)',
      access: 'users:write',
      work: 'look',
      query: UsersQuery,
      answers: { 200: { description: 'A page of users', schema: pageOf(User) } },
      handle: async ({ caller, query }) => ({ status: 200, body: await users.list(caller, query) }),
    }),
    route<z.infer<typeof UserParams>, unknown, UserChange>({
      method: 'PATCH',
      path: '/v1/users/{userId}',
      operationId: 'changeUser',
      summary: 'Another role or name; with another role the user has to sign in anew',
      access: 'users:write',
      needsProof: true,
      work: 'manage',
      params: UserParams,
      body: UserChange,
      answers: { 200: { description: 'As the user is now', schema: User } },
      problems: ['not-found', 'last-owner'],
      handle: async ({ caller, params, body, address }) => ({
        status: 200,
        body: await users.change(caller, params.userId, body, address),
      }),
    }),
    route<z.infer<typeof UserParams>>({
      method: 'DELETE',
      path: '/v1/users/{userId}',
      operationId: 'removeUser',
      summary: 'Remove a user; whatever they hold open ends at once',
      access: 'users:write',
      needsProof: true,
      params: UserParams,
      answers: { 204: { description: 'Removed' } },
      problems: ['not-found', 'last-owner'],
      async handle({ caller, params, address }) {
        await users.remove(caller, params.userId, address)
        return { status: 204 }
      },
    }),
    route<z.infer<typeof UserParams>>({
      method: 'DELETE',
      path: '/v1/users/{userId}/sessions',
      operationId: 'endUserSessions',
      summary: 'Sign a user out, wherever they are signed in',
      access: 'users:write',
      needsProof: true,
      params: UserParams,
      answers: { 204: { description: 'Signed out everywhere' } },
      problems: ['not-found'],
      async handle({ caller, params, address }) {
        await users.endSessions(caller, params.userId, address)
        return { status: 204 }
      },
    }),
    route<z.infer<typeof UserParams>, unknown, NewPasswordReset>({
      method: 'POST',
      path: '/v1/users/{userId}/reset',
      operationId: 'resetUser',
      summary: 'Make a link by which a user sets a new password; the one before is dead',
      access: 'users:write',
      needsProof: true,
      work: 'manage',
      params: UserParams,
      body: NewPasswordReset,
      answers: { 201: { description: 'Good for 24 hours, once', schema: CreatedPasswordReset } },
      problems: ['not-found'],
      async handle({ caller, params, body, address }) {
        const { token, expiresAt } = await people.resets.make(caller, params.userId, body, address)
        return { status: 201, body: { url: `${publicUrl()}/console/#/reset/${token}`, expiresAt } }
      },
    }),
    route<unknown, unknown, NewInvitation>({
      method: 'POST',
      path: '/v1/invitations',
      operationId: 'inviteUser',
      summary: 'Invite somebody; an invitation of the same address before it is dead',
      access: 'users:write',
      needsProof: true,
      work: 'manage',
      body: NewInvitation,
      answers: { 201: { description: 'Good for 7 days, once', schema: CreatedInvitation } },
      problems: ['not-found', 'email-taken'],
      async handle({ caller, body, address }) {
        const { invitation, token } = await invitations.create(caller, body, address)
        return { status: 201, body: { ...invitation, url: `${publicUrl()}/console/#/invitation/${token}` } }
      },
    }),
    route<unknown, UsersQuery>({
      method: 'GET',
      path: '/v1/invitations',
      operationId: 'listInvitations',
      summary: 'Who is invited and has not come yet',
      access: 'users:write',
      work: 'look',
      query: UsersQuery,
      answers: {
        200: { description: 'A page of invitations, without what opens the door', schema: pageOf(Invitation) },
      },
      handle: async ({ caller, query }) => ({ status: 200, body: await invitations.list(caller, query) }),
    }),
    route<z.infer<typeof InvitationParams>>({
      method: 'DELETE',
      path: '/v1/invitations/{invitationId}',
      operationId: 'removeInvitation',
      summary: 'Take an invitation back',
      access: 'users:write',
      params: InvitationParams,
      answers: { 204: { description: 'Taken back' } },
      problems: ['not-found'],
      async handle({ caller, params, address }) {
        await invitations.remove(caller, params.invitationId, address)
        return { status: 204 }
      },
    }),
    route<unknown, unknown, Acceptance>({
      method: 'POST',
      path: '/v1/invitations/accept',
      operationId: 'acceptInvitation',
      summary: 'Become a user by the link of an invitation',
      access: 'anybody',
      isSecret: true,
      isSignIn: true,
      work: 'manage',
      body: Acceptance,
      answers: { 201: { description: 'Made and signed in, by a cookie', schema: UserAnswer } },
      problems: ['no-match', 'email-taken', 'forbidden', 'insecure-transport'],
      handle: async (visit) => await welcome(people, await invitations.accept(visit.body, from(visit)), 201, visit),
    }),
  ]
}
