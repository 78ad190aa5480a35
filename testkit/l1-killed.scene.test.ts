/** L1 under `kill -9`: the agent dies between any two steps of a launch and its run, and goes on from its folder alone. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startAgent } from './agent-command.ts'
import { openHttpWire } from './http-wire.ts'
import { openNeighbourhood } from './neighbourhood.ts'
import { press, wordsOf } from './panel-page.ts'
import { findFreePort } from './ports.ts'
import { answerForm } from './program-form.ts'
import { openProgramService } from './program-service.ts'
import { openPullService } from './pull-service.ts'
import { until } from './until.ts'

await using building = new AsyncDisposableStack()
const port = await findFreePort()
/** Between the agent and the relay, also where the relay says that runs are sent. */
const wire = building.use(await openHttpWire(`http://127.0.0.1:${port}`))
const street = building.use(
  await openNeighbourhood({
    listen: `127.0.0.1:${port}`,
    relay: ['--webhook-networks', '127.0.0.1', '--public-url', `http://localhost:${wire.port}`],
  }),
)
const host = building.use(await openProgramService())
const scans = building.use(await openPullService())
const lobby = await street.openAgent({ id: 'lobby', relayUrl: wire.url, agent: ['--listen', '127.0.0.1:0'] })
const scene = building.move()
after(() => scene.disposeAsync())

let { process } = lobby
let page = String((await process.nextEvent('agent.ready'))['url'])

/** What is pressed then is on the disk and under way; nothing of it may be lost, or done twice. */
async function dies(...more: string[]): Promise<void> {
  await process.stop('SIGKILL')
  wire.set({ silentPath: '' })
  process = scene.use(await startAgent(['--data', lobby.data, ...more]))
  page = String((await process.nextEvent('agent.ready'))['url'])
}

const shows = (words: RegExp) => until(`the panel says ${words}`, async () => words.test(await wordsOf(page)))
const interrupted = /This was interrupted, and nothing of it is lost\. Go on\? Cancel Continue/
const calls = (type: string) => host.received.filter(({ call }) => call.type === type)

test('L1 killed at every step it stands where it stood, and each step is the same one when it goes on', async () => {
  const order = { program: 'mail', title: 'Mail', url: host.url, asks: ['model'] }
  host.trust(Object((await street.service.post('/v1/programs', order)).body).secret)
  await dies()
  await shows(/Programs.*Mail/)

  wire.set({ silentPath: '/device/v1/launches' })
  await press(page, '/program', { program: 'mail' })
  await shows(/It is being launched/)
  await dies()
  await shows(interrupted)
  await press(page, '/program-again')
  await shows(/Launch Mail\?/)
  await dies()
  await shows(/Launch Mail\? This program will be told: Model/)

  wire.set({ silentPath: '/device/v1/launches/' })
  await press(page, '/program-agree')
  await until('the information is sent', () => wire.visits.some(({ path }) => path.endsWith('/information')))
  await dies()
  host.decide = () => undefined
  await press(page, '/program-again')
  await until('the program is told', () => calls('launch').length === 1)
  await dies()
  host.decide = ({ type }) => (type === 'launch' ? {} : undefined)
  await press(page, '/program-again')
  await until('it runs', () => calls('run').length === 1)
  const [{ id, call } = { id: '', call: undefined }] = calls('run')
  assert.equal(calls('launch')[0]?.id, calls('launch')[1]?.id, 'to the program it is one launch')
  await dies()
  await shows(interrupted)
  host.decide = (each) =>
    each.type === 'run' && each.answers['to'] === undefined
      ? { ask: { title: 'To whom?', fields: [{ name: 'to', label: 'Address', type: 'text' }] } }
      : { scan: { title: 'Put it on the glass', to: `${scans.url}/up`, authorization: 'Bearer once', resolution: 75 } }
  await press(page, '/program-again')
  await shows(/To whom\?/)
  assert.deepEqual([calls('run')[1]?.id, calls('run')[1]?.call], [id, call], 'and one run')
  await dies()
  await shows(/To whom\? Address/)

  scans.answer('/up', () => undefined)
  await answerForm(page, { to: 'ann' })
  await shows(/Put it on the glass 1 page scanned\./)
  await dies()
  await shows(/1 page scanned\./)
  await press(page, '/pull-scan', { word: 'finished' })
  await until('the scan is sent', () => scans.of('/up').length === 1)
  await dies()
  scans.answer('/up', (response) => response.end(JSON.stringify({ state: 'stored' })))
  await shows(/Kept by Mail\. Close/)
  const keys = scans
    .of('/up')
    .map(({ headers, body }) => [headers['idempotency-key'], headers.authorization, body.length])
  assert.equal(keys.length, 2)
  assert.deepEqual(keys[0], keys[1], 'one scan, sent again')
  assert.equal(keys[0]?.[1], 'Bearer once')
  assert.equal(calls('run').at(-1)?.call.type === 'run' && Object(calls('run').at(-1)?.call).runId, Object(call).runId)
  const launches = Object((await street.service.read('/v1/programs/mail/launches')).body).items
  assert.equal(launches.filter(({ launchedAt }: { launchedAt: string | null }) => launchedAt).length, 1)

  await press(page, '/program-close')
  host.decide = () => ({ done: { title: 'Done', lines: [] } })
  await press(page, '/program', { program: 'mail' })
  await shows(/Done Close/)
  await dies()
  await shows(/Done Close/)
  await press(page, '/program-close')

  // Another device stands there now, with the same agent: what is known of it is told, and nobody is asked again.
  await dies('--relay', wire.url, '--id', 'lobby', '--driver', 'virtual?serial=OTHER-1&model=Other')
  await press(page, '/program', { program: 'mail' })
  await shows(/Done Close/)
  assert.deepEqual(calls('run').at(-1)?.call.values, { model: 'Other' })
})
