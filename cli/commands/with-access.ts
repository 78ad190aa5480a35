/** The options that every command which talks to a relay has. */
import type { Command } from 'commander'

/** @param json what `--json` prints, where that is not the API's own body */
export function withAccess(command: Command, json = "print the API's body unchanged"): Command {
  return command
    .option('--relay <url>', 'the relay; else FAIRLEAD_RELAY, else what `fairlead login` kept')
    .option('--key <key>', 'the key; else FAIRLEAD_KEY, else what `fairlead login` kept')
    .option('--json', json)
}
