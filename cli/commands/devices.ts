/** `fairlead devices`: lists, shows, adds, removes, releases and rotates, and says who may do what on them. */

import type { Device } from '@fairlead/protocol/contract'
import type { Command } from 'commander'
import { several, wholeNumber } from '../read-option.ts'
import { openClient } from '../relay-access.ts'
import { tableOf } from '../table.ts'
import type { CommonFlags, Terminal } from '../terminal.ts'
import { ageOf } from '../times.ts'
import { deviceInWords, harmless, stateInWords } from '../words.ts'
import { beforeHarm, type HarmFlags, withYes } from './before-harm.ts'
import { addDeviceAccess } from './device-access.ts'
import { type FilterFlags, filterOf, withFilter } from './device-filter.ts'
import { type PageFlags, readPages, tellOfMore, withPages } from './pages.ts'
import { withAccess } from './with-access.ts'

interface ListFlags extends CommonFlags, PageFlags, FilterFlags {}

export function addDeviceCommands(program: Command, terminal: Terminal): void {
  const list = program.command('devices').argument('[ID]').description('lists devices, or shows one')
  const devices = withFilter(withPages(withAccess(list))).action(async (id: string | undefined, flags: ListFlags) => {
    const { json } = flags
    const filter = filterOf(flags)
    const client = openClient(flags, terminal)
    if (id !== undefined) {
      const device = await client.devices.find(id)
      return terminal.print(json ? JSON.stringify(device) : deviceInWords(device, terminal.now()))
    }
    const page = await readPages(flags, (query) => client.devices.list({ ...filter, ...query }))
    if (json) return terminal.print(JSON.stringify(page))
    if (page.items.length > 0) terminal.print(devicesInWords(page.items, terminal))
    else if (Object.keys(filter).length > 0) terminal.print('No device is like that. `fairlead devices` lists all.')
    else terminal.print('No devices. Add one with `fairlead devices add ID`.')
    tellOfMore(page, terminal)
  })

  withAccess(devices.command('add').argument('<ID>').description('enrols a device by hand and shows its secret once'))
    .option('--account <id>', 'whose it is; with the admin key')
    .option('--model <text>', 'as far as known')
    .option('--tag <tag>', 'to find it by; repeatable', several)
    .option('--secret <text>', '16 to 128 characters; made by the relay if left out')
    .action(
      async (
        id: string,
        flags: CommonFlags & { account?: string; model?: string; tag?: string[]; secret?: string },
      ) => {
        const { account, model, tag, secret } = flags
        const added = await openClient(flags, terminal).devices.add({
          id,
          ...(account !== undefined && { account }),
          ...(model !== undefined && { model }),
          ...(tag && { tags: tag }),
          ...(secret !== undefined && { secret }),
        })
        if (flags.json) return terminal.print(JSON.stringify(added))
        terminal.print(`${added.id} is enrolled as ${added.jid}.\nIts secret, shown this once: ${added.secret}`)
      },
    )

  withYes(
    withAccess(devices.command('remove').argument('<ID>').description('removes a device; its history stays')),
  ).action(async (id: string, flags: CommonFlags & HarmFlags) => {
    const warning = `${id} is cut off at once, its secret is void, and what waits for it is dropped. \`fairlead devices add ${id}\` enrols it anew, with another secret.`
    await beforeHarm('remove', warning, flags, terminal)
    await openClient(flags, terminal).devices.remove(id)
    if (!flags.json) terminal.print(`${id} is removed. \`fairlead devices add ${id}\` enrols it anew.`)
  })

  withYes(
    withAccess(devices.command('release').argument('<ID>').description('gives a device away; its history stays here')),
  )
    .option('--to <account>', 'for 7 days only this account may have it')
    .action(async (id: string, flags: CommonFlags & HarmFlags & { to?: string }) => {
      const whose = flags.to === undefined ? 'whoever claims or pairs it next' : `the account ${flags.to}`
      const warning = `${id} is cut off at once, and is for ${whose}. Claim it again by its code, or pair with it, to have it back as it was.`
      await beforeHarm('release', warning, flags, terminal)
      const ownership = await openClient(flags, terminal).devices.release(id, flags.to)
      if (flags.json) return terminal.print(JSON.stringify(ownership))
      terminal.print(`${id} is released, for ${whose}.`)
    })

  addDeviceAccess(devices, terminal)

  withAccess(
    devices.command('keep').argument('<ID>').description('objects to a reset that somebody has made at the device'),
  ).action(async (id: string, flags: CommonFlags) => {
    await openClient(flags, terminal).devices.refuseReset(id)
    if (!flags.json) terminal.print(`${id} stays yours. Whoever stands before it may ask again.`)
  })

  withAccess(devices.command('rotate').argument('<ID>').description('gives a device a new secret and shows it once'))
    .option('--overlap <seconds>', 'the old secret stays good so long', wholeNumber(0, 604_800, 'seconds'), 0)
    .action(async (id: string, flags: CommonFlags & { overlap: number }) => {
      const rotated = await openClient(flags, terminal).devices.rotate(id, flags.overlap)
      if (flags.json) return terminal.print(JSON.stringify(rotated))
      const old = flags.overlap === 0 ? 'is void' : `stays good for ${flags.overlap} s`
      terminal.print(`The new secret of ${id}, shown this once: ${rotated.secret}\nThe old one ${old}.`)
    })
}

function devicesInWords(devices: readonly Device[], { columns, now: clock }: Terminal): string {
  const now = clock()
  const rows = devices.map((device) => [
    device.id,
    stateInWords(device),
    ageOf(device.stateSinceAt, now),
    device.state === 'online' ? '' : (device.reason ?? '').replaceAll('-', ' '),
    device.model ?? '',
    device.tags.join(', '),
  ])
  const cells = rows.map((row) => row.map(harmless))
  return tableOf(['ID', 'STATE', 'SINCE', 'WHY', 'MODEL', 'TAGS'], cells, columns)
}
