/** From flags, environment, configuration file and memory to the devices that this agent runs. */
import { firstLineOf, flagName, readSettings, type Settings, UsageError } from '@fairlead/base'
import { readFactoryCode } from '@fairlead/protocol/contract'
import { isDeviceId } from '@fairlead/protocol/xmpp'
import { parse } from 'yaml'
import type { DeviceRecord, DriverSpec } from './memory/device-record.ts'
import { agentOptions, deviceOptions } from './options.ts'
import { readSensor } from './power/sensors.ts'
import { type PullService, PullServices } from './pull/pull-service.ts'

export type Flags = Readonly<Record<string, unknown>>
type Environment = Readonly<Record<string, string | undefined>>
type Said = Partial<Settings<typeof deviceOptions>> & { driver?: DriverSpec; services?: PullService[] }

export interface AgentSettings {
  data: string
  printObjects: boolean
  discover: boolean
  /** How long is listened then. */
  seconds: number
  json: boolean
  /** Devices that were named, with what was said of each. */
  named: GivenDevice[]
  /** Said of no device by name: of the one that the memory knows. */
  unnamed: Said
  /** Where the mode was said: a flag overrules the memory, the file only with a new word. */
  modeFlag: boolean | undefined
}

export interface GivenDevice extends Said {
  id: string
}

const fromFileOnly = ['devices', 'driver', 'services']

/** @throws {UsageError} one sentence for what is wrong */
export function readAgentSettings(
  flags: Flags,
  environment: Environment,
  readFile: (path: string) => string,
): AgentSettings {
  const path = flags['config']
  const file = typeof path === 'string' ? readYaml(path, readFile) : {}
  const plainFile = Object.fromEntries(Object.entries(file).filter(([name]) => !fromFileOnly.includes(name)))
  // The relay's variables (FAIRLEAD_LISTEN, FAIRLEAD_DATA…) on the same machine are not meant for the agent.
  const { FAIRLEAD_SECRET, FAIRLEAD_RELAY } = environment
  const read = readSettings(agentOptions, { flags, environment: { FAIRLEAD_SECRET, FAIRLEAD_RELAY }, file: plainFile })
  const { data, config: _config, printObjects, discover, seconds, json, driver, id, ...rest } = read
  const common = said({
    ...rest,
    sessionMaintenance: modeOf(flags, plainFile),
    driver: driver ?? file['driver'],
    services: readServices(file['services']),
  })
  const modeFlag = readMode(flags['sessionMaintenance'])
  const base = { data, printObjects, discover, seconds, json, modeFlag }
  const devices = file['devices']
  if (devices !== undefined && id !== undefined)
    throw new UsageError(`${flagName('id')} names one device and the configuration file has a list: use one of them.`)
  if (devices !== undefined) return { ...base, named: readDevices(devices, common), unnamed: common }
  if (id === undefined) return { ...base, named: [], unnamed: common }
  return { ...base, named: [{ ...common, id: readId(id) }], unnamed: common }
}

/**
 * A device's record: what was said now, else what is remembered, else the default.
 *
 * @throws {UsageError} when something is missing
 */
export function recordOf(
  given: GivenDevice,
  known: DeviceRecord | undefined,
  modeFlag: boolean | undefined,
): DeviceRecord {
  const relay = given.relay === undefined ? known?.relay : cleanAddress(given.relay)
  const driver = given.driver ?? known?.driver
  if (relay === undefined) throw new UsageError(`Say at which relay ${given.id} is to be: --relay URL.`)
  const means = meansOf(given, known)
  if (driver === undefined)
    throw new UsageError(`Say how to speak to ${given.id}: --driver virtual, or --driver snmp://HOST.`)
  return {
    id: given.id,
    relay,
    ...means,
    driver,
    printerKey: known?.printerKey ?? null,
    services: given.services ?? known?.services ?? [],
    scanner: given.scanner ?? known?.scanner ?? null,
    ...modeFor(given, known, modeFlag),
    survivalMode: given.survivalMode ?? known?.survivalMode ?? 'survival',
    survivalTimeoutSeconds: given.survivalTimeout ?? known?.survivalTimeoutSeconds ?? null,
    survivalAnswerTimeoutSeconds: given.survivalAnswerTimeout ?? known?.survivalAnswerTimeoutSeconds ?? 10,
    lookEverySeconds: given.lookEvery ?? known?.lookEverySeconds ?? 60,
    walkUp: walkUpOf(given, known),
    // Learned of the way to one relay; the way to another is another, that to its https address is not.
    learnedWaitSeconds: known && hostOf(known.relay) === hostOf(relay) ? known.learnedWaitSeconds : null,
  }
}

function walkUpOf(
  { walkUp, sleepAfter, leaveAfter }: GivenDevice,
  known: DeviceRecord | undefined,
): DeviceRecord['walkUp'] {
  const sensor = walkUp ?? known?.walkUp?.sensor
  if (sensor === undefined || sensor === 'off') return null
  readSensor(sensor)
  return {
    sensor,
    sleepAfterSeconds: sleepAfter ?? known?.walkUp?.sleepAfterSeconds ?? 60,
    leaveAfterSeconds: leaveAfter ?? known?.walkUp?.leaveAfterSeconds ?? 60,
  }
}

/** What it comes in with: a secret, a code, or a page on which it shows a PIN. */
function meansOf(
  given: GivenDevice,
  known: DeviceRecord | undefined,
): Pick<DeviceRecord, 'secret' | 'code' | 'claim' | 'confirmationPages' | 'pairs' | 'listen' | 'resetDueAt'> {
  const code = readCode(given) ?? known?.code ?? null
  // Another code is another device, as far as the relay knows; what it was told for the old one is worth nothing.
  const isSameCode = code === (known?.code ?? null)
  const secret = given.secret ?? (isSameCode ? known?.secret : undefined) ?? null
  const claim = isSameCode && given.secret === undefined ? (known?.claim ?? null) : null
  const listen = given.listen ?? known?.listen ?? null
  const pairs = code === null && given.secret === undefined && (secret === null || (known?.pairs ?? false))
  if (pairs && listen === null)
    throw new UsageError(
      `${given.id} has no secret: give --secret or FAIRLEAD_SECRET, or the --code on its label, or with --listen HOST:PORT a page on which it shows a PIN.`,
    )
  const resetDueAt = secret === known?.secret ? known.resetDueAt : null
  // How many were printed lately stays, whatever they are for.
  const confirmationPages = known?.confirmationPages ?? { page: null, printedAt: [] }
  return { secret, code, claim, confirmationPages, pairs, listen, resetDueAt }
}

/** @returns undefined: none was given @throws {UsageError} for one that is mistyped */
export function readCode({ id, code }: GivenDevice): string | undefined {
  if (code === undefined) return undefined
  const read = readFactoryCode(code)
  if (read === undefined) throw new UsageError(`The --code of ${id} is no factory code: compare it with the label.`)
  return read
}

/**
 * The mode survives a restart (A1): the file is the factory's word, and only when that changes it overrules what the
 * panel or the command line has switched since. A flag is somebody's word now.
 */
function modeFor(given: Said, known: DeviceRecord | undefined, modeFlag: boolean | undefined) {
  const configured = given.sessionMaintenance ?? null
  const isNewWord = configured !== null && configured !== known?.configuredMode
  const remembered = known?.sessionMaintenance ?? true
  return {
    sessionMaintenance: modeFlag ?? (isNewWord ? configured : remembered),
    configuredMode: configured ?? known?.configuredMode ?? null,
  }
}

function modeOf(flags: Flags, file: Record<string, unknown>): boolean | undefined {
  return flags['sessionMaintenance'] === undefined ? readMode(file['sessionMaintenance']) : undefined
}

function readMode(value: unknown): boolean | undefined {
  if (value === undefined) return undefined
  return readSettings(
    { sessionMaintenance: deviceOptions.sessionMaintenance },
    {
      flags: { sessionMaintenance: value },
      environment: {},
    },
  ).sessionMaintenance
}

function readYaml(path: string, readFile: (path: string) => string): Record<string, unknown> {
  let text: string
  try {
    text = readFile(path)
  } catch {
    throw new UsageError(`The configuration file ${path} cannot be read.`)
  }
  let value: unknown
  try {
    // Its warnings would print the line that they are about, which may hold a secret.
    value = parse(text, { logLevel: 'error' })
  } catch (error) {
    throw new UsageError(`The configuration file ${path} is not YAML: ${firstLineOf(error)}.`)
  }
  if (value === null || value === undefined) return {}
  if (typeof value !== 'object' || Array.isArray(value))
    throw new UsageError(`The configuration file ${path} must hold names and values, one a line.`)
  return value as Record<string, unknown>
}

/** @returns undefined: none were said @throws {UsageError} what is wrong, and of which; no value is repeated: one is a secret */
function readServices(services: unknown): PullService[] | undefined {
  if (services === undefined || services === null) return undefined
  const read = PullServices.safeParse(services)
  if (read.success) return read.data
  const [issue] = read.error.issues
  const place = (issue?.path ?? []).map((part) => (typeof part === 'number' ? `number ${part + 1}` : String(part)))
  const words = issue?.code === 'custom' || issue?.code === 'invalid_format' ? issue.message : 'is not as it must be'
  throw new UsageError(`\`services\` in the configuration file: ${[...place, words].join(' ')}.`)
}

function readDevices(devices: unknown, common: Said): GivenDevice[] {
  if (!Array.isArray(devices) || devices.length === 0)
    throw new UsageError('`devices` in the configuration file must be a list with at least one device.')
  const given = devices.map((device: unknown) => {
    if (typeof device !== 'object' || device === null)
      throw new UsageError('Each of `devices` in the configuration file needs an id and a driver.')
    const { driver, services, sessionMaintenance, ...file } = device as Record<string, unknown>
    const own = readSettings(deviceOptions, { flags: {}, environment: {}, file })
    const { sessionMaintenance: _default, ...rest } = own
    const mode = readMode(sessionMaintenance)
    const merged = {
      ...common,
      ...said({ ...rest, sessionMaintenance: mode, driver, services: readServices(services) }),
    }
    if (merged.id === undefined) throw new UsageError('Each of `devices` in the configuration file needs an id.')
    return { ...merged, id: readId(merged.id) }
  })
  const twice = given.find((device, at) => given.findIndex(({ id }) => id === device.id) !== at)
  if (twice) throw new UsageError(`The configuration file has the device ${twice.id} twice.`)
  return given
}

/** Without what was not said, so that a merge keeps what is there. */
function said(settings: Record<string, unknown>): Said {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as Said
}

function readId(text: string): string {
  const id = text.toLowerCase()
  if (!isDeviceId(id)) throw new UsageError(`${text} is no device ID: it must be 1 to 64 of a-z 0-9 . _ -.`)
  return id
}

function hostOf(address: string): string {
  return new URL(address).hostname
}

function cleanAddress(text: string): string {
  if (!URL.canParse(text)) throw new UsageError(`--relay ${text} is no address: write it as https://relay.example.`)
  const url = new URL(text)
  if (url.search || url.hash || url.username)
    throw new UsageError('--relay takes the address alone: no user name, no ? and no #.')
  return url.href.replace(/\/+$/, '')
}
