/** E1, the sender's side: a job is made while no relay answers, checked by what this machine knows, and sent when one is there again. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { makePdf } from './documents.ts'
import { openFolder } from './folder.ts'
import { type Neighbourhood, openNeighbourhood } from './neighbourhood.ts'
import { invite } from './person.ts'
import { pagesOf, untilJob } from './print-jobs.ts'
import { type Ran, runHouseFile } from './process.ts'
import { until } from './until.ts'

const scene = new AsyncDisposableStack()
let street: Neighbourhood
let home: string
let file: string

before(async () => {
  street = scene.use(await openNeighbourhood())
  home = scene.use(await openFolder()).path
  file = join(home, 'report.pdf')
  await writeFile(file, makePdf(3))
  await street.openAgent({ id: 'lobby' })
})
after(() => scene.disposeAsync())

function fairlead(...words: string[]): Promise<Ran> {
  const environment = {
    HOME: home,
    XDG_STATE_HOME: undefined,
    XDG_CONFIG_HOME: undefined,
    FAIRLEAD_RELAY: street.url,
    FAIRLEAD_KEY: street.adminKey,
  }
  return runHouseFile('cli/main.ts', words, { environment })
}

async function jobs(): Promise<{ jobId: string; name: string; state: string; ticket: object }[]> {
  return Object((await street.service.read('/v1/jobs')).body).items
}

test('E1 print waits until it is printed, and says so', async () => {
  const { code, stdout, stderr } = await fairlead('print', file, '--to', 'lobby', '--wait')
  assert.equal(code, 0, stderr)
  assert.match(stdout, /report\.pdf on lobby: printed, 3 pages/)
})

test('H1 print sends for somebody who is to be at the device, and says that it waits for them', async () => {
  await invite(street.url, street.service, { email: 'ann@example.com', role: 'viewer' })
  const sent = await fairlead('print', file, '--to', 'lobby', '--release', '--for', 'ann@example.com', '--json')
  assert.equal(sent.code, 0, sent.stderr)
  const { jobId } = JSON.parse(sent.stdout)
  assert.match((await fairlead('jobs', jobId)).stdout, /report\.pdf on lobby: waits for ann@example\.com at the device/)
  assert.equal((await fairlead('jobs', 'cancel', jobId)).code, 0)
})

test('E1 with the relay off a job is kept here, and printed once when the relay is back', async () => {
  const before = await pagesOf(street, 'lobby')
  await street.relay().kill()
  const kept = await fairlead('print', file, '--to', 'lobby', '--name', 'kept', '--json')
  assert.equal(kept.code, 0, kept.stderr)
  assert.equal(JSON.parse(kept.stdout).state, 'kept')
  assert.match(kept.stderr, /No relay answers.*`fairlead outbox install`/)
  const cannot = await fairlead('print', file, '--to', 'lobby', '--media', 'iso_a3_297x420mm')
  assert.equal(cannot.code, 1)
  assert.match(cannot.stderr, /The device has no iso_a3_297x420mm/)
  const now = await fairlead('print', file, '--to', 'lobby', '--deliver-within', '0')
  assert.equal(now.code, 1)
  assert.equal(JSON.parse((await fairlead('outbox', '--json')).stdout).length, 1)
  assert.equal((await fairlead('jobs')).code, 1)

  await street.restartRelay('SIGKILL')
  // Two that send at once make one job of it.
  const sent = await Promise.all([fairlead('outbox', 'send'), fairlead('outbox', 'send')])
  for (const { code, stderr } of sent) assert.equal(code, 0, stderr)
  const [job, ...others] = await until('it is at the relay', async () => {
    const found = (await jobs()).filter(({ name }) => name === 'kept')
    return found.length > 0 && found
  })
  assert.deepEqual(others, [])
  await untilJob(street, job?.jobId ?? '', 'done')
  assert.equal(await pagesOf(street, 'lobby'), before + 3)
  assert.deepEqual(JSON.parse((await fairlead('outbox', '--json')).stdout), [])
})

test('E1 a device that has changed since it was heard of: its sender is asked, and the job waits', async () => {
  await street.enrol('hall')
  const { secret } = Object((await street.service.post('/v1/devices/hall/rotate', {})).body)
  const register = (sides: string[]) =>
    fetch(`${street.url}/device/v1/register`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`hall:${secret}`).toString('base64')}` },
      body: JSON.stringify({ capabilities: { printing: { formats: ['application/pdf'], sides } } }),
    })
  const both = ['one-sided', 'two-sided-long-edge']
  assert.equal((await register(both)).status, 200)
  // Whoever prints once knows from then on what it can do.
  assert.equal((await fairlead('print', file, '--to', 'hall', '--sides', 'two-sided-long-edge')).code, 0)
  assert.equal((await register(['one-sided'])).status, 200)
  const asked = await fairlead('print', file, '--to', 'hall', '--sides', 'two-sided-long-edge', '--name', 'asked')
  assert.equal(asked.code, 1)
  assert.match(asked.stderr, /hall has changed .* prints one-sided only/)
  const [kept] = JSON.parse((await fairlead('outbox', '--json')).stdout)
  assert.equal(kept.waitsFor, 'answer')
  assert.equal(kept.relay, street.url)
  const sent = await fairlead('outbox', 'send', kept.id)
  assert.equal(sent.code, 0, sent.stderr)
  const [job] = (await jobs()).filter(({ name }) => name === 'asked')
  assert.deepEqual(job?.ticket, {}, 'as the device can')
  assert.equal((await fairlead('outbox', 'remove', kept.id)).code, 1)
  assert.deepEqual(JSON.parse((await fairlead('outbox', '--json')).stdout), [])
})

test('E1 files that cannot be printed are told in one sentence, and nothing is kept', async () => {
  await writeFile(join(home, 'empty.pdf'), '')
  await writeFile(join(home, 'none.pdf'), 'Dear Sir')
  const cases: [string[], number, RegExp][] = [
    [['print', join(home, 'nowhere.pdf'), '--to', 'lobby'], 2, /cannot be read: there is no such file/],
    [['print', home, '--to', 'lobby'], 2, /is no file/],
    [['print', join(home, 'empty.pdf'), '--to', 'lobby'], 2, /is empty/],
    [['print', join(home, 'none.pdf'), '--to', 'lobby'], 1, /is not application\/pdf/],
    [['print', file, '--to', 'nobody'], 1, /no such device/],
    [['print', file, '--to', 'lobby', '--pages', '9-1'], 2, /ranges that rise/],
    [['print', file, '--to', 'lobby', '--for', 'ann@example.com'], 2, /--release as well/],
    [['print', file, '--to', 'lobby', '--release'], 2, /--for says whose job it is/],
    [['print', file, '--to', 'lobby', '--release', '--for', 'nobody@example.com'], 1, /no user with that e-mail/],
    [['print', file], 2, /--to/],
    [['jobs', 'no-such-job'], 1, /no such job/],
  ]
  for (const [words, status, says] of cases) {
    const { code, stderr } = await fairlead(...words)
    assert.equal(code, status, `${words.join(' ')}: ${stderr}`)
    assert.match(stderr, says)
  }
  assert.deepEqual(JSON.parse((await fairlead('outbox', '--json')).stdout), [])
})
