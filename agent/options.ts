/** The agent's options (contract part 2), as one table for flags, environment and configuration file. */
import type { OptionTable } from '@fairlead/base'
import { survivalModes } from './memory/device-record.ts'

/** What is a device's own; in the configuration file each of `devices` may say it. */
export const deviceOptions = {
  relay: {
    kind: 'text',
    matches: /^https?:\/\/\S+$/,
    mustBe: 'an address such as https://relay.example',
    describe: "the relay's address",
  },
  id: {
    kind: 'text',
    // Serial numbers are printed in capitals; as a device ID they are lower case (A2).
    matches: /^[A-Za-z0-9._-]{1,64}$/,
    mustBe: '1 to 64 of a-z 0-9 . _ -',
    describe: 'the device ID',
  },
  secret: { kind: 'text', secret: true, describe: "the device's secret (or FAIRLEAD_SECRET)" },
  code: { kind: 'text', secret: true, describe: 'the factory code, instead of a secret' },
  listen: {
    kind: 'text',
    matches: /^(\S+|\[[0-9a-f:.]+\]):\d{1,5}$/i,
    mustBe: 'HOST:PORT',
    describe: "where the device's local page is; without it there is none",
  },
  sessionMaintenance: { kind: 'switch', describe: 'keep the device reachable: on or off' },
  survivalMode: {
    kind: 'choice',
    of: survivalModes,
    describe: 'what to do when nothing was heard for the survival time-out',
  },
  survivalTimeout: {
    kind: 'integer',
    min: 0,
    max: 86_400,
    unit: 'seconds',
    describe: "the device's own survival timer, 0 for none; else the relay's applies",
  },
  survivalAnswerTimeout: {
    kind: 'integer',
    min: 1,
    max: 300,
    unit: 'seconds',
    describe: 'how long a survival notification may stay unanswered (10 if not given)',
  },
  lookEvery: {
    kind: 'integer',
    min: 0,
    max: 86_400,
    unit: 'seconds',
    describe: 'how often counter and supplies are looked at, to tell what changed; 0: never (60 if not given)',
  },
  scanner: {
    kind: 'text',
    // It becomes one word of a command: what begins like an option is none.
    matches: /^[^-\s\p{Cc}][^\p{Cc}]{0,255}$/u,
    mustBe: 'a name as `scanimage -L` lists it',
    describe: 'a scanner that SANE knows, for pull services that take scans',
  },
  walkUp: {
    kind: 'text',
    secret: true,
    describe:
      'sleep, and wake when this sensor tells that somebody comes: http://HOST:PORT/PATH, mqtt://HOST[:PORT]/TOPIC, gpio:CHIP/LINE; or off',
  },
  sleepAfter: {
    kind: 'integer',
    min: 1,
    max: 86_400,
    unit: 'seconds',
    describe: 'after how long with nothing to do a device with a --walk-up sensor sleeps (60 if not given)',
  },
  leaveAfter: {
    kind: 'integer',
    min: 5,
    // The relay takes whoever has not been heard of for two minutes for gone.
    max: 110,
    unit: 'seconds',
    describe: 'after how long without a touch whoever came for their documents has left the panel (60 if not given)',
  },
} as const satisfies OptionTable

/** In the file a driver may also be an object (SNMPv3), so it is read apart. */
const driver = {
  kind: 'text',
  describe:
    'virtual[?OBJECT=VALUE&…], snmp://HOST[:PORT]?community=…&print=HOST:PORT|none, ipp[s]://HOST[:PORT]/PATH[?community=…&fingerprint=…]',
  secret: true,
} as const

/** Everything the command line takes. */
export const agentOptions = {
  ...deviceOptions,
  driver,
  data: { kind: 'path', default: './agent-data', describe: 'the folder for what survives a restart' },
  config: { kind: 'path', describe: 'a YAML file with these options and a list of devices' },
  printObjects: { kind: 'switch', describe: 'print what the driver makes of the device, and exit' },
  discover: { kind: 'switch', describe: 'list the printers on the local network, with a --driver for each, and exit' },
  seconds: { kind: 'integer', min: 1, max: 60, unit: 'seconds', default: 5, describe: 'how long --discover listens' },
  json: { kind: 'switch', describe: 'print JSON' },
} as const satisfies OptionTable

/** Flags that stand alone, without a value. */
export const bareFlags: ReadonlySet<string> = new Set(['printObjects', 'discover', 'json'])
