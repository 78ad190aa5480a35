/** Sensors: what is taken as one, who may call one over HTTP, and the program that reads GPIO, with one of that name in its place. */
import assert from 'node:assert/strict'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { silentLog, systemClock } from '@fairlead/base'
import { openMosquitto } from '../../testkit/mosquitto.ts'
import { findFreePort } from '../../testkit/ports.ts'
import { until } from '../../testkit/until.ts'
import { openSensor, readSensor } from './sensors.ts'

function needs() {
  const told = { approaches: 0, warnings: [] as string[] }
  const log = { ...silentLog, warn: (_event: string, words: string) => void told.warnings.push(words) }
  const approach = () => void told.approaches++
  return { told, needs: { clock: systemClock, log, device: 'hall', approach } }
}

test('H1 a sensor that others could call has a token, and what is none is told without its secrets', () => {
  assert.deepEqual(readSensor('gpio:gpiochip0/17:active-low'), {
    ...{ kind: 'gpio', chip: 'gpiochip0', line: '17', isActiveLow: true },
  })
  assert.equal(readSensor('http://192.0.2.7:81/here?token=secret-of-it').kind, 'http')
  assert.throws(() => readSensor('http://192.0.2.7:81/here'), /give it a token/)
  for (const wrong of ['gpio:../17', 'gpio:gpiochip0/17 --x', 'https://user:secret-of-it@host/', 'secret-of-it'])
    assert.throws(
      () => readSensor(wrong),
      (error: Error) => /--walk-up is/.test(error.message) && !/secret/.test(error.message),
    )
})

test('H1 over HTTP a sensor that knows the token is heard, a web page and a stranger are not', async () => {
  const { told, needs: given } = needs()
  const address = `http://127.0.0.1:${await findFreePort()}/here`
  await using _sensor = await openSensor(`${address}?token=right`, given)
  const call = async (url: string, init: RequestInit) => (await fetch(url, init)).status
  assert.equal(await call(`${address}?token=wrong`, { method: 'POST' }), 401)
  assert.equal(await call(`${address}?token=right`, { method: 'GET' }), 405)
  assert.equal(await call(`${address}?token=right`, { method: 'POST', headers: { origin: 'http://evil' } }), 403)
  assert.equal(await call(`${address}/else?token=right`, { method: 'POST' }), 404)
  assert.equal(told.approaches, 0)
  assert.equal(await call(`${address}?token=right`, { method: 'POST', body: '{"presence":true}' }), 202)
  assert.equal(told.approaches, 1)
  await assert.rejects(openSensor(address, given), /cannot be heard/)
})

test('H1 each message of a topic is somebody; what lay at the broker, and that nobody is there, is not; a broker that comes back is found', async () => {
  const { told, needs: given } = needs()
  await using broker = await openMosquitto()
  await broker.say('hall/presence', 'of yesterday', { isRetained: true })
  await using _sensor = await openSensor(`${broker.url}/hall/presence`, given)
  const untilItListens = () => until('it listens', () => /SUBACK/.test(broker.log()))
  await untilItListens()
  await broker.say('hall/presence', '{"presence": false}')
  await broker.say('hall/else', 'somebody')
  await broker.say('hall/presence', '{"presence": true, "distance": 1.5}')
  await until('somebody', () => told.approaches === 1)
  await broker.kill()
  await until('a warning', () => told.warnings.some((words) => /is not heard meanwhile/.test(words)))
  await broker.restart()
  await untilItListens()
  await broker.say('hall/presence', 'somebody')
  await until('somebody', () => told.approaches === 2)
})

test('H1 a broker that wants a password is told it, and a wrong one is said without repeating it', async () => {
  const { told, needs: given } = needs()
  await using broker = await openMosquitto({ isOpen: false })
  const at = (user: string) => `${broker.url.replace('//', `//${user}@`)}/hall`
  {
    await using _sensor = await openSensor(at('hall:wrong-word'), given)
    await until('a warning', () => /does not take the user name/.test(told.warnings[0] ?? ''))
    assert.doesNotMatch(told.warnings.join(), /wrong-word/)
  }
  await using _sensor = await openSensor(at('hall:the-broker-password'), given)
  await until('it listens', () => /SUBACK/.test(broker.log()))
  await broker.say('hall', 'somebody')
  await until('somebody', () => told.approaches === 1)
  for (const wrong of ['hall/%23', 'hall/#', 'hall/+', 'hall?x', ''])
    assert.throws(() => readSensor(`mqtt://127.0.0.1/${wrong}`), /without wildcards/)
})

test('H1 each edge that gpiomon writes is somebody; when it ends it is started again, also in the words of the older one', async () => {
  const { told, needs: given } = needs()
  const folder = await mkdtemp(join(tmpdir(), 'fairlead-gpio-'))
  const path = process.env['PATH']
  try {
    const program = `#!/bin/sh\necho "$@" >> ${folder}/words\ncase "$*" in *--chip*) exit 1;; esac\necho edge\nexec sleep 60\n`
    await writeFile(join(folder, 'gpiomon'), program)
    await chmod(join(folder, 'gpiomon'), 0o755)
    process.env['PATH'] = `${folder}:${path}`
    await using _sensor = await openSensor('gpio:gpiochip0/17:active-low', given)
    await until('an edge', () => told.approaches === 1)
    assert.equal(
      await readFile(join(folder, 'words'), 'utf8'),
      '--active-low --edges=rising --chip gpiochip0 17\n--active-low --rising-edge gpiochip0 17\n',
    )
    assert.match(told.warnings[0] ?? '', /has ended \(1\); it is started again/)
  } finally {
    process.env['PATH'] = path
    await rm(folder, { recursive: true })
  }
})

test('H1 without gpiomon it is said what to install', async () => {
  const { told, needs: given } = needs()
  const path = process.env['PATH']
  try {
    process.env['PATH'] = '/nonexistent'
    await using _sensor = await openSensor('gpio:gpiochip0/17', given)
    await until('a warning', () => told.warnings.length > 0)
    assert.match(told.warnings[0] ?? '', /apt-get install gpiod/)
  } finally {
    process.env['PATH'] = path
  }
})
