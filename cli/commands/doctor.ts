/** `fairlead doctor`: names what stands in the way between this machine and the relay. */
import { type Command, InvalidArgumentError } from 'commander'
import { defaultHoldSeconds, runDoctor } from '../doctor/doctor.ts'
import { findRelayUrl } from '../relay-access.ts'
import type { Terminal } from '../terminal.ts'
import type { Exit } from './requests.ts'

interface DoctorFlags {
  relay?: string
  hold: number
  json?: boolean
}

export function addDoctorCommand(program: Command, terminal: Terminal, exit: Exit): void {
  program
    .command('doctor')
    .description('names what stands in the way between this machine and the relay; needs no key')
    .option('--relay <url>', 'the relay; else FAIRLEAD_RELAY, else what `fairlead login` kept')
    .option(
      '--hold <seconds>',
      'how long to hold a request, to find what cuts it (0 to 120)',
      seconds,
      defaultHoldSeconds,
    )
    .option('--json', 'print the findings as one JSON object')
    .action(async ({ relay, hold, json = false }: DoctorFlags) => {
      const options = {
        relayUrl: findRelayUrl(relay === undefined ? {} : { relay }, terminal),
        holdSeconds: hold,
        json,
        environment: terminal.environment,
        // Long work shows progress on a terminal and none in a pipe.
        ...(process.stdout.isTTY && !json && { progress: terminal.complain }),
      }
      exit((await runDoctor(options, terminal.print)) === 0 ? 0 : 1)
    })
}

function seconds(text: string): number {
  if (/^\d{1,3}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('It is a whole number of seconds.')
}
