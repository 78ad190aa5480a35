/** Which relay to talk to and with which key: flags, then the environment, then what `fairlead login` kept. */
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { UsageError } from '@fairlead/base'
import { type Client, createClient, type Relay } from '@fairlead/sdk'
import { parse, stringify } from 'yaml'

export interface AccessFlags {
  relay?: string
  key?: string
}

export interface AccessSources {
  environment: Readonly<Record<string, string | undefined>>
}

/** The file that `fairlead login` writes; XDG_CONFIG_HOME as everywhere (XDG Base Directory Specification). */
function configFileOf(environment: AccessSources['environment']): string {
  const home = environment['XDG_CONFIG_HOME'] || join(environment['HOME'] || homedir(), '.config')
  return join(home, 'fairlead', 'config.yaml')
}

/** @throws {UsageError} when no relay or no key is named anywhere */
export function findRelay(flags: AccessFlags, { environment }: AccessSources): { url: string; key: string } {
  const file = readConfigFile(configFileOf(environment))
  const url = findRelayUrl(flags, { environment })
  const key = flags.key ?? (environment['FAIRLEAD_KEY'] || file['key'])
  if (!key) throw new UsageError('Which key? Give --key KEY, set FAIRLEAD_KEY, or run `fairlead login`.')
  return { url, key: readKey(key) }
}

/** For what needs no key. @throws {UsageError} when no relay is named anywhere */
export function findRelayUrl(flags: Pick<AccessFlags, 'relay'>, { environment }: AccessSources): string {
  const kept = readConfigFile(configFileOf(environment))['relay']
  const url = flags.relay ?? (environment['FAIRLEAD_RELAY'] || kept)
  if (!url) throw new UsageError('Which relay? Give --relay URL, set FAIRLEAD_RELAY, or run `fairlead login`.')
  return readRelayUrl(url)
}

/** @throws {UsageError} when no key of any relay looks like this */
export function readKey(text: string): string {
  if (/^[\x21-\x7e]([\x20-\x7e]{0,254}[\x21-\x7e])?$/.test(text)) return text
  throw new UsageError('A key is one line of printable ASCII characters: this is something else.')
}

export function openClient(flags: AccessFlags, sources: AccessSources): Client {
  return createClient(findRelay(flags, sources))
}

/** @throws {UsageError} when it is not an http(s) URL of a host alone */
export function readRelayUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isHost = url && /^https?:$/.test(url.protocol) && url.href === `${url.origin}/`
  if (isHost) return url.origin
  throw new UsageError(`The relay is ${text}: it must be a URL like https://relay.example.com, without a path.`)
}

function readConfigFile(path: string): Record<string, string> {
  let config: unknown
  try {
    config = parse(readFileSync(path, 'utf8'))
  } catch (error) {
    // Nobody has logged in: the other sources must do.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return {}
    const [why = ''] = String(error instanceof Error ? error.message : error).split('\n')
    throw new UsageError(`${path} cannot be read (${why}). Mend it, or remove it and run \`fairlead login\`.`)
  }
  if (typeof config !== 'object' || config === null) return {}
  return Object.fromEntries(Object.entries(config).filter(([, value]) => typeof value === 'string'))
}

/** Kept for this user alone; written beside and moved, so that it is never half there. */
export function keepAccess(relay: Relay, { environment }: AccessSources): string {
  const path = configFileOf(environment)
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeFileSync(`${path}.new`, stringify({ relay: relay.url, key: relay.key }), { mode: 0o600 })
  chmodSync(`${path}.new`, 0o600)
  renameSync(`${path}.new`, path)
  return path
}
