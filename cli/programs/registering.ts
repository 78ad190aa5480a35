/** Offers the programs at the relay, as often as one likes, and keeps what their calls are signed with. */
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { Failure } from '@fairlead/base'
import { type Client, RelayError } from '@fairlead/sdk'
import { z } from 'zod'
import type { HostedProgram } from './hosted.ts'
import { keepFile, readKept } from './kept-file.ts'

const Secrets = z.object({
  /** Of this process alone: what it hands to devices is made of it. */
  own: z.string(),
  /** By program. */
  signing: z.record(z.string(), z.string()),
})
export type Secrets = z.infer<typeof Secrets>

/** @returns as they are on disk @throws {Failure} `unavailable`: what is kept cannot be read */
export async function openSecrets(folder: string): Promise<Secrets> {
  const path = secretsIn(folder)
  const kept = await readKept(path)
  if (kept === undefined) {
    const made = { own: randomBytes(32).toString('base64url'), signing: {} }
    await keepSecrets(folder, made)
    return made
  }
  try {
    return Secrets.parse(JSON.parse(kept.toString()))
  } catch (cause) {
    throw new Failure('unavailable', `${path} is not as it was written: remove it, and secrets are made anew.`, {
      cause,
    })
  }
}

/**
 * What is there already is changed where it differs, and its launches stay.
 *
 * @param urlOf where each is called @param secrets take what is new
 * @throws {RelayError} @throws {NoRelayError}
 */
export async function register(
  client: Client,
  hosted: readonly HostedProgram[],
  urlOf: (program: string) => string,
  folder: string,
  secrets: Secrets,
): Promise<void> {
  for (const { offer } of hosted) {
    const { program, title, description = null, asks = [] } = offer
    const url = urlOf(program)
    const there = await find(client, program)
    if (there && secrets.signing[program] !== undefined) {
      const isSame = there.title === title && there.description === description && there.url === url
      if (!isSame || there.asks.join() !== asks.join())
        await client.programs.change(program, { title, description, url, asks: [...asks] })
      continue
    }
    if (there) await client.programs.change(program, { title, description, url, asks: [...asks] })
    // Its secret was shown once, and to somebody else.
    const { secret } = there ? await client.programs.rotate(program) : await client.programs.add({ ...offer, url })
    secrets.signing[program] = secret
    await keepSecrets(folder, secrets)
  }
}

async function find({ programs }: Client, program: string) {
  try {
    return await programs.find(program)
  } catch (error) {
    if (error instanceof RelayError && error.status === 404) return undefined
    throw error
  }
}

const secretsIn = (folder: string) => join(folder, 'secrets.json')
const keepSecrets = (folder: string, secrets: Secrets) => keepFile(secretsIn(folder), JSON.stringify(secrets))
