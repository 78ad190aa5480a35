/** The options that every command which talks to a relay has. */
import type { Command } from 'commander'

export function withAccess(command: Command): Command {
  return command
    .option('--relay <url>', 'the relay; else FAIRLEAD_RELAY, else what `fairlead login` kept')
    .option('--key <key>', 'the key; else FAIRLEAD_KEY, else what `fairlead login` kept')
    .option('--json', "print the API's body unchanged")
}
