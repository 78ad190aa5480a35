/** Devices for services: `/v1/devices`. */
import {
  Device,
  DeviceChange,
  DeviceCounts,
  DeviceCountsQuery,
  DeviceInquiry,
  DeviceParams,
  DeviceWords,
  EnrolledDevice,
  NewDevice,
  Ownership,
  pageOf,
  Release,
  RotatedSecret,
  Rotation,
} from '@fairlead/protocol/contract'
import type { z } from 'zod'
import { type Route, route } from '../http/route.ts'
import type { Inventory } from './inventory.ts'
import type { Releasing } from './release.ts'

type Params = z.infer<typeof DeviceParams>

export function deviceRoutes(devices: Inventory & Releasing): Route[] {
  return [
    route<unknown, unknown, NewDevice>({
      method: 'POST',
      path: '/v1/devices',
      operationId: 'enrolDevice',
      summary: 'Enrol a device by hand; its secret is shown this once',
      access: 'devices:write',
      work: 'manage',
      body: NewDevice,
      answers: { 201: { description: 'Enrolled', schema: EnrolledDevice } },
      problems: ['id-taken', 'not-found'],
      handle: async ({ caller, body, address }) => ({ status: 201, body: await devices.enrol(caller, body, address) }),
    }),
    route<unknown, DeviceInquiry>({
      method: 'GET',
      path: '/v1/devices',
      operationId: 'inquireDevices',
      summary: 'The device ID inquiry: which devices are there? Filters are joined by AND',
      access: 'devices:read',
      work: 'look',
      query: DeviceInquiry,
      answers: { 200: { description: 'A page of devices, by ID', schema: pageOf(Device) } },
      handle: async ({ caller, query }) => ({ status: 200, body: await devices.inquire(caller, query) }),
    }),
    route<unknown, DeviceCountsQuery>({
      method: 'GET',
      path: '/v1/device-counts',
      operationId: 'countDevices',
      summary: 'How many devices are in which state; filters are joined by AND',
      access: 'devices:read',
      work: 'look',
      query: DeviceCountsQuery,
      answers: { 200: { description: 'A number for each state', schema: DeviceCounts } },
      handle: async ({ caller, query }) => ({ status: 200, body: await devices.countByState(caller, query) }),
    }),
    route({
      method: 'GET',
      path: '/v1/device-words',
      operationId: 'listDeviceWords',
      summary: 'What a search of devices can be completed with',
      access: 'devices:read',
      work: 'look',
      answers: { 200: { description: 'At most 1,000 of each', schema: DeviceWords } },
      handle: async ({ caller }) => ({ status: 200, body: await devices.words(caller) }),
    }),
    route<Params>({
      method: 'GET',
      path: '/v1/devices/{id}',
      operationId: 'showDevice',
      summary: 'One device: what it is, how it stands, what it told',
      access: 'devices:read',
      work: 'get',
      params: DeviceParams,
      answers: { 200: { description: 'The device', schema: Device } },
      problems: ['unknown-device'],
      handle: async ({ caller, params }) => ({ status: 200, body: await devices.show(caller, params.id) }),
    }),
    route<Params, unknown, DeviceChange>({
      method: 'PATCH',
      path: '/v1/devices/{id}',
      operationId: 'changeDevice',
      summary: 'Change what a device is found by',
      access: 'devices:write',
      work: 'manage',
      params: DeviceParams,
      body: DeviceChange,
      answers: { 200: { description: 'The device as it is now', schema: Device } },
      problems: ['unknown-device'],
      handle: async ({ caller, params, body, address }) => ({
        status: 200,
        body: await devices.change(caller, params.id, body, address),
      }),
    }),
    route<Params>({
      method: 'DELETE',
      path: '/v1/devices/{id}',
      operationId: 'removeDevice',
      summary: 'Remove a device; its secret and its sessions end at once',
      access: 'devices:write',
      needsProof: true,
      params: DeviceParams,
      answers: { 204: { description: 'Removed' } },
      problems: ['unknown-device'],
      async handle({ caller, params, address }) {
        await devices.remove(caller, params.id, address)
        return { status: 204 }
      },
    }),
    route<Params, unknown, Rotation>({
      method: 'POST',
      path: '/v1/devices/{id}/rotate',
      operationId: 'rotateDeviceSecret',
      summary: 'Make a new secret; the old one and its sessions end at once, or after the overlap',
      access: 'devices:write',
      needsProof: true,
      work: 'manage',
      params: DeviceParams,
      body: Rotation,
      answers: { 200: { description: 'The new secret, shown this once', schema: RotatedSecret } },
      problems: ['unknown-device'],
      handle: async ({ caller, params, body, address }) => ({
        status: 200,
        body: await devices.rotate(caller, params.id, body, address),
      }),
    }),
    route<Params>({
      method: 'GET',
      path: '/v1/devices/{id}/ownership',
      operationId: 'showOwnership',
      summary: 'Whether its owner has released it, and whether somebody has reset it at the device',
      access: 'devices:read',
      work: 'look',
      params: DeviceParams,
      answers: { 200: { description: 'How it stands', schema: Ownership } },
      problems: ['unknown-device'],
      handle: async ({ caller, params }) => ({ status: 200, body: await devices.ownership(caller, params.id) }),
    }),
    route<Params, unknown, Release>({
      method: 'POST',
      path: '/v1/devices/{id}/release',
      operationId: 'releaseDevice',
      summary: 'Give a device away: its secret and its sessions end at once, and it may be claimed or paired anew',
      access: 'devices:write',
      needsProof: true,
      work: 'manage',
      params: DeviceParams,
      body: Release,
      answers: {
        200: {
          description: 'Released; what is known of it stays here until another account has it',
          schema: Ownership,
        },
      },
      problems: ['unknown-device'],
      handle: async ({ caller, params, body, address }) => ({
        status: 200,
        body: await devices.release(caller, params.id, body, address),
      }),
    }),
    route<Params>({
      method: 'DELETE',
      path: '/v1/devices/{id}/reset',
      operationId: 'refuseReset',
      summary: 'Object to a reset that somebody has made at the device: it stays yours',
      access: 'devices:write',
      needsProof: true,
      params: DeviceParams,
      answers: { 204: { description: 'It stays as it is' } },
      problems: ['unknown-device', 'not-found'],
      async handle({ caller, params, address }) {
        await devices.refuseReset(caller, params.id, address)
        return { status: 204 }
      },
    }),
  ]
}
