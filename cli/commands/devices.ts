/** `fairlead devices`: lists, shows, adds, removes and rotates. */
import { type Command, Option } from 'commander'
import { wholeNumber } from '../numbers.ts'
import { openClient } from '../relay-access.ts'
import type { CommonFlags, Terminal } from '../terminal.ts'
import { deviceInWords, stateInWords, tableOf, wordsOf } from '../words.ts'
import { withAccess } from './with-access.ts'

interface ListFlags extends CommonFlags {
  account?: string
  serial?: string
  model?: string
  tag?: string[]
  capability?: string[]
  state?: 'online' | 'offline' | 'asleep'
  q?: string
  limit?: number
  cursor?: string
}

const several = (value: string, before: string[] = []) => [...before, value]

export function addDeviceCommands(program: Command, terminal: Terminal): void {
  const devices = withAccess(program.command('devices').argument('[ID]').description('lists devices, or shows one'))
    .option('--account <id>')
    .option('--serial <number>')
    .option('--model <text>')
    .option('--tag <tag>', 'repeatable', several)
    .option('--capability <feature or medium>', 'repeatable', several)
    .addOption(new Option('--state <state>').choices(['online', 'offline', 'asleep']))
    .option('--q <words>', 'words in ID, model, serial number and tags')
    .option('--limit <number>', 'at most so many of a page (1 to 500)', wholeNumber(1, 500))
    .option('--cursor <cursor>', 'the page after the one that gave this cursor')
    .action(async (id: string | undefined, flags: ListFlags) => {
      const { json, relay: _relay, key: _key, ...filter } = flags
      const client = openClient(flags, terminal)
      if (id !== undefined) {
        const device = await client.devices.find(id)
        return terminal.print(json ? JSON.stringify(device) : deviceInWords(device))
      }
      const page = await client.devices.list(filter)
      if (json) return terminal.print(JSON.stringify(page))
      if (page.items.length === 0)
        return terminal.print(
          Object.keys(filter).length > 0 ? 'No device fits.' : 'No devices. Add one with `fairlead devices add ID`.',
        )
      const rows = page.items.map((device) => [
        device.id,
        stateInWords(device),
        wordsOf(device.model ?? ''),
        wordsOf(device.tags.join(', ')),
      ])
      terminal.print(tableOf(['ID', 'STATE', 'MODEL', 'TAGS'], rows))
      if (page.nextCursor) terminal.complain(`There are more: --cursor ${page.nextCursor}`)
    })

  withAccess(devices.command('add').argument('<ID>').description('enrols a device by hand and shows its secret once'))
    .option('--account <id>')
    .option('--model <text>')
    .option('--tag <tag>', 'repeatable', several)
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

  withAccess(devices.command('remove').argument('<ID>').description('removes a device; its history stays')).action(
    async (id: string, flags: CommonFlags) => {
      await openClient(flags, terminal).devices.remove(id)
      if (!flags.json) terminal.print(`${id} is removed. \`fairlead devices add ${id}\` enrols it anew.`)
    },
  )

  withAccess(devices.command('rotate').argument('<ID>').description('gives a device a new secret and shows it once'))
    .option('--overlap <seconds>', 'the old secret stays good so long (up to 604800)', wholeNumber(0, 604_800), 0)
    .action(async (id: string, flags: CommonFlags & { overlap: number }) => {
      const rotated = await openClient(flags, terminal).devices.rotate(id, flags.overlap)
      terminal.print(
        flags.json ? JSON.stringify(rotated) : `The new secret of ${id}, shown this once: ${rotated.secret}`,
      )
    })
}
