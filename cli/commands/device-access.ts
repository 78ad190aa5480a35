/** `fairlead devices access`: who may do what on a device. */
import type { DeviceAccess } from '@fairlead/protocol/contract'
import type { Command } from 'commander'
import { openClient } from '../relay-access.ts'
import type { CommonFlags, Terminal } from '../terminal.ts'
import { ageOf, shortTime, timeInWords } from '../times.ts'
import { harmless } from '../words.ts'
import { withAccess } from './with-access.ts'

export function addDeviceAccess(devices: Command, terminal: Terminal): void {
  withAccess(
    devices
      .command('access')
      .argument('<ID>')
      .description('shows who may do what on a device, and who changed it last'),
  ).action(async (id: string, flags: CommonFlags) => {
    const access = await openClient(flags, terminal).devices.access(id)
    terminal.print(flags.json ? JSON.stringify(access) : accessInWords(access, terminal.now()))
  })
}

/** What a role comes to at a device; its rights are the relay's own table. */
function mayOf(rights: readonly string[]): string {
  if (rights.includes('devices:write')) return 'may look, ask and change, release and remove'
  return rights.includes('requests:write') ? 'may look, ask and change' : 'may look'
}

function accessInWords(access: DeviceAccess, now: number): string {
  const { device, account, roles, keys, subscriptions, mandate, changesKnownSince } = access
  const changed = (at: string | null) => (at === null ? 'no change known' : `changed something ${ageOf(at, now)}`)
  const people = roles.flatMap(({ role, rights, count, users }) => [
    `  ${role}: ${count}, ${mayOf(rights)}`,
    ...(users ?? []).map(
      ({ name, email, isRelayAdmin, lastChangedAt }) =>
        `    ${name} <${email}>${isRelayAdmin ? ', runs this relay' : ''}, ${changed(lastChangedAt)}`,
    ),
  ])
  const known = keys.items?.map(({ keyId, name, scopes, expiresAt, lastUsedAt, lastChangedAt }) =>
    [
      `    ${name ?? 'without a name'} (${keyId}): ${scopes.join(' ')}`,
      ...(expiresAt === null ? [] : [`good until ${shortTime(expiresAt)}`]),
      lastUsedAt === null ? 'never used' : `used ${ageOf(lastUsedAt, now)} for this or another device`,
      changed(lastChangedAt),
    ].join(', '),
  )
  const services = subscriptions.map(
    ({ subscriptionId, name, paused, ofAllDevices, lastOrderedAt }) =>
      `    ${name} (${subscriptionId})${ofAllDevices ? ', for all devices' : ''}${paused ? ', paused' : ''}, ${
        lastOrderedAt === null ? 'has ordered nothing for it' : `ordered ${ageOf(lastOrderedAt, now)}`
      }`,
  )
  return [
    `${device} of the account ${account}; whoever runs this relay may do everything, too.`,
    ...people,
    `  keys: ${keys.count}`,
    ...(known ?? []),
    `  services: ${subscriptions.length}`,
    ...services,
    `  ${mandateInWords(mandate, now)}`,
    changesKnownSince === null
      ? 'No change is known yet.'
      : `Changes are known since ${shortTime(changesKnownSince)}; who only looked stands in no record.`,
  ]
    .map(harmless)
    .join('\n')
}

function mandateInWords(mandate: DeviceAccess['mandate'], now: number): string {
  if (!mandate) return 'services are not performed: neither an instruction at the device nor a consent of its owner'
  const by = mandate.by === undefined ? '' : ` by ${mandate.by}`
  const since = timeInWords(mandate.sinceAt, now)
  return mandate.kind === 'consent'
    ? `services are performed: the owner consented${by}, ${since}`
    : `services are performed: claimed${by} and confirmed at the device, ${since}`
}
