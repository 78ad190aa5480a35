/** Fairlead: the real command with its real defaults; devices are enrolled and asked through its API. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findFreePort } from '../../testkit/ports.ts'
import { createService } from '../../testkit/service.ts'
import { openApiAsker } from '../generator/api-asker.ts'
import { answerText } from '../generator/content.ts'
import type { DeviceTerms } from '../generator/device.ts'
import { nameOf } from '../generator/fleet.ts'
import { runOnCore } from './run-on-core.ts'
import type { Place, RunningServer, ServerKind } from './server.ts'

const home = fileURLToPath(new URL('../..', import.meta.url))
const adminKey = 'the-admin-key-of-the-bench'
const account = 'bench'
/** Enrolments at once: the relay hashes secrets on several threads. */
const atOnce = 32

export function fairlead(answers: DeviceTerms['answers']): ServerKind {
  const inSession = answers === 'session'
  let [port, key] = [0, '']

  async function start({ folder, core }: Place): Promise<RunningServer> {
    port ||= await findFreePort()
    const options = ['--listen', `127.0.0.1:${port}`, '--data', join(folder, 'data'), '--admin-key', adminKey]
    const process = await runOnCore(
      core,
      globalThis.process.execPath,
      [join(home, 'fairlead.mjs'), 'relay', ...options],
      {
        // Told so, it looks after whoever started it, and ends when that one is killed.
        environment: { npm_lifecycle_event: 'bench' },
      },
    )
    const ready = await process.nextEvent('relay.ready', 60_000)
    const api = { host: '127.0.0.1', port }
    return {
      pid: Number(ready['pid']),
      process,
      terms: {
        bosh: { ...api, path: '/http-bind' },
        domain: 'localhost',
        mechanism: 'SCRAM-SHA-1',
        answerOf: inSession
          ? (device) => `<response xmlns='urn:fairlead:request:1'>${answerText(device)}</response>`
          : answerText,
      },
      openAsker: async (connections) => openApiAsker(api, key, connections),
      async countOnline() {
        const { body } = await createService(`http://127.0.0.1:${port}`, adminKey).read('/metrics')
        return Number(/^fairlead_devices\{state="online"\} (\d+)/m.exec(String(body))?.[1] ?? 0)
      },
    }
  }

  return {
    name: inSession ? 'fairlead' : 'fairlead-http',
    title: inSession ? 'Fairlead' : 'Fairlead, answers over HTTP',
    answers,
    hasOwnSalts: true,
    start,
    async version() {
      return JSON.parse(await readFile(join(home, 'package.json'), 'utf8')).version
    },

    async prepare(place, secret) {
      const { process } = await start({ ...place, core: undefined })
      const service = createService(`http://127.0.0.1:${port}`, adminKey)
      const post = async (path: string, body: object) => {
        const reply = await service.post(path, body)
        if (reply.status !== 201) throw new Error(`${path}: ${reply.status} ${JSON.stringify(reply.body)}`)
        return Object(reply.body)
      }
      await post('/v1/accounts', { id: account })
      key = (await post('/v1/keys', { account, scopes: ['requests:write'] })).key
      let next = 0
      const enrolSome = async () => {
        while (next < place.devices) await post('/v1/devices', { id: nameOf(next++), account, secret })
      }
      await Promise.all(Array.from({ length: atOnce }, enrolSome))
      await process.stop()
    },
  }
}
