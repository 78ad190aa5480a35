/** Which devices: the filters of the device ID inquiry (A7) as options of every command that is for several. */
import type { DeviceFilter } from '@fairlead/sdk'
import { type Command, Option } from 'commander'
import { several } from '../read-option.ts'

export interface FilterFlags {
  account?: string
  serial?: string
  model?: string
  tag?: string[]
  capability?: string[]
  state?: 'online' | 'offline' | 'asleep'
  where?: string[]
  q?: string
}

export function withFilter(command: Command): Command {
  return command
    .option('--account <id>', 'only those of this account')
    .option('--serial <number>', 'only the one with this serial number')
    .option('--model <text>', "only those of this model; * stands for anything, as in 'MFC*'")
    .option('--tag <tag>', 'only those with this tag; repeatable', several)
    .option('--capability <name>', 'only those with this feature or medium; repeatable', several)
    .addOption(new Option('--state <state>', 'only those in this state').choices(['online', 'offline', 'asleep']))
    .option('--where <filter>', "only those that told so, as 'toner.black<20'; repeatable", several)
    .option('--q <words>', 'words in ID, model, serial number and tags')
}

/** The same as the API has it: what was not given is left out. */
export function filterOf({ account, serial, model, tag, capability, state, where, q }: FilterFlags): DeviceFilter {
  const given = Object.entries({ account, serial, model, tag, capability, state, where, q })
  return Object.fromEntries(given.filter(([, value]) => value !== undefined))
}
