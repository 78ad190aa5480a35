/** Target services over HTTP: `/v1/subscriptions`, `/v1/orders`, `/v1/mandates`, and of a device its readings and its owner's consent. */
import {
  Consent,
  CreatedSubscription,
  DeviceParams,
  Mandate,
  MandatesQuery,
  NewSubscription,
  Order,
  OrdersQuery,
  PageQuery,
  pageOf,
  Reading,
  ReadingsQuery,
  Subscription,
  SubscriptionChange,
  WebhookSecret,
  WebhookTry,
} from '@fairlead/protocol/contract'
import { z } from 'zod'
import { type Route, route } from '../http/route.ts'
import type { Supplies } from './supplies.ts'

const SubscriptionParams = z.object({ subscriptionId: z.string().max(64) })
type SubscriptionParams = z.infer<typeof SubscriptionParams>
const OrderParams = z.object({ orderId: z.string().max(64) })
type Params = z.infer<typeof DeviceParams>

const path = '/v1/subscriptions/{subscriptionId}'
const change = { access: 'devices:write', work: 'manage' } as const
const look = { access: 'devices:read', work: 'look' } as const

export function supplyRoutes(supplies: Supplies): Route[] {
  return [...subscriptionRoutes(supplies), ...orderRoutes(supplies), ...ofDevice(supplies)]
}

function subscriptionRoutes({ subscriptions }: Supplies): Route[] {
  const ofOne = { params: SubscriptionParams, problems: ['not-found'] } as const
  return [
    route<unknown, unknown, NewSubscription>({
      ...change,
      method: 'POST',
      path: '/v1/subscriptions',
      operationId: 'createSubscription',
      summary: 'Be told by a signed webhook, once for each cartridge, when conditions over objects hold',
      body: NewSubscription,
      answers: { 201: { description: 'Made; its secret is shown this once', schema: CreatedSubscription } },
      problems: ['not-found', 'unknown-device', 'too-many-requests'],
      handle: async ({ caller, body, address }) => ({
        status: 201,
        body: await subscriptions.create(caller, body, address),
      }),
    }),
    route<unknown, PageQuery>({
      ...look,
      method: 'GET',
      path: '/v1/subscriptions',
      operationId: 'listSubscriptions',
      summary: 'The subscriptions of the account (for the admin: of all accounts)',
      query: PageQuery,
      answers: { 200: { description: 'A page of subscriptions, by age', schema: pageOf(Subscription) } },
      handle: async ({ caller, query }) => ({ status: 200, body: await subscriptions.list(caller, query) }),
    }),
    route<SubscriptionParams>({
      ...look,
      ...ofOne,
      method: 'GET',
      path,
      operationId: 'showSubscription',
      summary: 'One subscription',
      answers: { 200: { description: 'The subscription', schema: Subscription } },
      handle: async ({ caller, params }) => ({
        status: 200,
        body: await subscriptions.find(caller, params.subscriptionId),
      }),
    }),
    route<SubscriptionParams, unknown, SubscriptionChange>({
      ...change,
      ...ofOne,
      method: 'PATCH',
      path,
      operationId: 'changeSubscription',
      summary: 'Pause a subscription, or have it go on: evidence is gathered anew then',
      body: SubscriptionChange,
      answers: { 200: { description: 'As it is now', schema: Subscription } },
      handle: async ({ caller, params, body, address }) => ({
        status: 200,
        body: await subscriptions.change(caller, params.subscriptionId, body, address),
      }),
    }),
    route<SubscriptionParams>({
      ...change,
      ...ofOne,
      method: 'DELETE',
      path,
      operationId: 'removeSubscription',
      summary: 'Remove a subscription; what it ordered stays to be seen, and is not tried any more',
      needsProof: true,
      answers: { 204: { description: 'Removed' } },
      async handle({ caller, params, address }) {
        await subscriptions.remove(caller, params.subscriptionId, address)
        return { status: 204 }
      },
    }),
    route<SubscriptionParams>({
      ...change,
      ...ofOne,
      method: 'POST',
      path: `${path}/rotate`,
      operationId: 'rotateWebhookSecret',
      summary: 'Make a new signing secret; for a day each call is signed with the one before as well',
      needsProof: true,
      answers: { 200: { description: 'The new secret, shown this once', schema: WebhookSecret } },
      handle: async ({ caller, params, address }) => ({
        status: 200,
        body: await subscriptions.rotate(caller, params.subscriptionId, address),
      }),
    }),
    route<SubscriptionParams>({
      ...change,
      ...ofOne,
      method: 'POST',
      path: `${path}/test`,
      operationId: 'testSubscription',
      summary: 'Send a signed ping to the webhook, now and once',
      answers: { 200: { description: 'What came of it', schema: WebhookTry } },
      handle: async ({ caller, params }) => ({
        status: 200,
        body: await subscriptions.test(caller, params.subscriptionId),
      }),
    }),
  ]
}

function orderRoutes({ orders }: Supplies): Route[] {
  return [
    route<unknown, OrdersQuery>({
      ...look,
      method: 'GET',
      path: '/v1/orders',
      operationId: 'listOrders',
      summary: 'What was ordered, and why',
      query: OrdersQuery,
      answers: { 200: { description: 'A page of orders, the newest first', schema: pageOf(Order) } },
      handle: async ({ caller, query }) => ({ status: 200, body: await orders.list(caller, query) }),
    }),
    route<z.infer<typeof OrderParams>>({
      ...look,
      method: 'GET',
      path: '/v1/orders/{orderId}',
      operationId: 'showOrder',
      summary: 'Why was this ordered? And was it delivered?',
      params: OrderParams,
      answers: { 200: { description: 'The order', schema: Order } },
      problems: ['not-found'],
      handle: async ({ caller, params }) => ({ status: 200, body: await orders.find(caller, params.orderId) }),
    }),
  ]
}

function ofDevice({ consents, mandates, listReadings }: Supplies): Route[] {
  const ofOne = { params: DeviceParams, problems: ['unknown-device'] } as const
  return [
    route<unknown, MandatesQuery>({
      ...look,
      method: 'GET',
      path: '/v1/mandates',
      operationId: 'listMandates',
      summary: 'For which devices services are performed, and what is missing for the others',
      query: MandatesQuery,
      answers: { 200: { description: 'A page of them, by the ID of the device', schema: pageOf(Mandate) } },
      handle: async ({ caller, query }) => ({ status: 200, body: await mandates.list(caller, query) }),
    }),
    route<Params, ReadingsQuery>({
      ...look,
      ...ofOne,
      method: 'GET',
      path: '/v1/devices/{id}/readings',
      operationId: 'listReadings',
      summary: 'Levels and counters of a device over time',
      query: ReadingsQuery,
      answers: { 200: { description: 'A page of readings, by time', schema: pageOf(Reading) } },
      handle: async ({ caller, params, query }) => ({
        status: 200,
        body: await listReadings(caller, params.id, query),
      }),
    }),
    route<Params>({
      ...change,
      ...ofOne,
      method: 'PUT',
      path: '/v1/devices/{id}/consent',
      operationId: 'giveConsent',
      summary: 'The owner consents to services for a device that was not claimed by its code',
      answers: { 200: { description: 'The consent as it stands', schema: Consent } },
      handle: async ({ caller, params, address }) => ({
        status: 200,
        body: await consents.give(caller, params.id, address),
      }),
    }),
    route<Params>({
      ...change,
      ...ofOne,
      method: 'DELETE',
      path: '/v1/devices/{id}/consent',
      operationId: 'withdrawConsent',
      summary: 'Take the consent back: nothing more is ordered for the device',
      answers: { 204: { description: 'There is none any more' } },
      async handle({ caller, params, address }) {
        await consents.withdraw(caller, params.id, address)
        return { status: 204 }
      },
    }),
  ]
}
