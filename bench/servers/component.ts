/** What Prosody and ejabberd have in common: a domain of devices, one of those who ask them, and answers as IQ results. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { deriveKeys, minIterations, type ScramCredentials } from '@fairlead/protocol/xmpp'
import type { StartedProcess } from '../../testkit/process.ts'
import { openComponentAsker } from '../generator/component-asker.ts'
import { plainAnswerText } from '../generator/content.ts'
import { listens } from './listens.ts'
import type { RunningServer } from './server.ts'

export const domain = 'localhost'
export const componentDomain = 'ask.localhost'
export const componentSecret = 'the-secret-of-who-asks'

export interface Ports {
  http: number
  component: number
}

/** A server that has been started, once it listens at both ports. @throws {Error} with what it said when it does not */
export async function whenItListens(process: StartedProcess, ports: Ports): Promise<RunningServer> {
  const ended = process.exited.then(({ code, signal }) => {
    throw new Error(`It ended with ${signal ?? code}: ${JSON.stringify(process.output())}`)
  })
  await Promise.race([Promise.all([listens(ports.http), listens(ports.component)]), ended])
  ended.catch(() => {})
  const host = '127.0.0.1'
  return {
    pid: process.pid,
    process,
    terms: {
      bosh: { host, port: ports.http, path: '/http-bind' },
      domain,
      mechanism: 'SCRAM-SHA-1',
      answerOf: (device) => `<response xmlns='urn:fairlead:request:1'>${plainAnswerText(device)}</response>`,
    },
    openAsker: () =>
      openComponentAsker({ at: { host, port: ports.component }, domain: componentDomain, secret: componentSecret }),
  }
}

/** One salt for all devices: neither the enrolment nor the generator has to hash for each. */
export function credentialsOf(secret: string): Promise<ScramCredentials> {
  return deriveKeys(secret, Buffer.from('the salt of all '), minIterations)
}

export async function versionOf(packageName: string): Promise<string> {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own way to name a field.
  const { stdout } = await promisify(execFile)('dpkg-query', ['--show', '--showformat=${Version}', packageName])
  return stdout.replace(/-.*/, '')
}
