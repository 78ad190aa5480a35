/** GET and SET against Net-SNMP's agent, in every security model that it speaks. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { silentLog, systemClock } from '@fairlead/base'
import { findFreePort } from '../../testkit/ports.ts'
import { type DriverSpec, openDriver } from './drivers.ts'

const sysName = '1.3.6.1.2.1.1.5.0'
const sysUpTime = '1.3.6.1.2.1.1.3.0'
const configuration = `
rocommunity readers
rwcommunity writers
rwcommunity6 writers
createUser nobody
createUser signer SHA-256 "correct horse"
createUser sealer SHA-256 "correct horse" AES "battery staple"
createUser older SHA "correct horse" AES "battery staple"
rwuser nobody noauth
rwuser signer auth
rwuser sealer priv
rwuser older priv
`

const stack = new AsyncDisposableStack()
let home = ''
let port = 0
let snmpd: ChildProcess | undefined

before(async () => {
  home = await mkdtemp(join(tmpdir(), 'fairlead-snmpd-'))
  stack.defer(() => rm(home, { recursive: true, force: true }))
  await writeFile(join(home, 'snmpd.conf'), configuration)
  port = await findFreePort()
  stack.defer(stop)
  await start()
})
after(() => stack.disposeAsync())

async function start(): Promise<void> {
  const addresses = `udp:127.0.0.1:${port},udp6:[::1]:${port}`
  snmpd = spawn('snmpd', ['-f', '-Lo', '-C', '-c', join(home, 'snmpd.conf'), addresses], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...process.env,
      MIBS: '',
      SNMP_PERSISTENT_DIR: join(home, 'state'), // Beside the configuration: it would be written over.
      PATH: `${process.env['PATH']}:/usr/sbin`,
    },
  })
  await untilItRuns(snmpd)
}

/** Ready is what it says on its standard output. */
async function untilItRuns(child: ChildProcess): Promise<void> {
  let said = ''
  const ready = new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => {
        said += chunk.toString()
        if (/NET-SNMP version/.test(said)) resolve()
      })
    child.on('error', () => reject(new Error('snmpd is missing: apt-get install --no-install-recommends snmpd')))
    child.on('exit', () => reject(new Error(`snmpd does not run: ${said}`)))
  })
  await ready
}

async function stop(): Promise<void> {
  if (!snmpd || snmpd.exitCode !== null || snmpd.signalCode !== null || snmpd.pid === undefined) return
  snmpd.removeAllListeners('exit')
  snmpd.kill('SIGTERM') // It writes down how often it was started, which version 3 wants to know.
  await once(snmpd, 'exit')
}

const open = (spec: DriverSpec) => openDriver(spec, { clock: systemClock, log: silentLog })
const url = (options = '') => `snmp://127.0.0.1:${port}?timeout=1&retries=2${options}`
const password = { authPassword: 'correct horse' }

const writers: Record<string, () => DriverSpec> = {
  'version 1': () => url('&version=1&community=writers'),
  'version 2c': () => url('&community=writers'),
  'version 2c with two communities': () => url('&community=readers&writeCommunity=writers'),
  'version 2c over IPv6': () => `snmp://[::1]:${port}?timeout=1&community=writers`,
  'version 3 noAuthNoPriv': () => ({ url: url(), user: 'nobody' }),
  'version 3 authNoPriv': () => ({ url: url(), user: 'signer', ...password }),
  'version 3 authPriv': () => ({ url: url(), user: 'sealer', ...password, privPassword: 'battery staple' }),
  'version 3 authPriv with SHA-1': () => ({
    url: url(),
    user: 'older',
    ...password,
    authProtocol: 'sha',
    privPassword: 'battery staple',
  }),
}

for (const [how, spec] of Object.entries(writers))
  test(`a name is set and read back in ${how}`, async () => {
    await using driver = await open(spec())
    const name = `printer in ${how}`
    assert.deepEqual(await driver.set({ name }), { values: { name }, errors: {} })
    assert.deepEqual((await driver.get(['name', sysName])).values, { name, [sysName]: name })
    assert.deepEqual(await driver.set({ [sysName]: 'plain' }), { values: { [sysName]: 'plain' }, errors: {} })
    const { errors } = await driver.set({ [sysUpTime]: 1, [sysName]: 7 })
    assert.deepEqual([errors[sysUpTime]?.code, errors[sysName]?.code], ['read-only', 'bad-value'])
    assert.equal((await driver.all())['name'], 'plain')
  })

const readers: Record<string, [spec: () => DriverSpec, code: string]> = {
  'a community that may only read': [() => url('&community=readers'), 'read-only'],
  'a community that may only read, in version 1': [() => url('&version=1&community=readers'), 'read-only'],
  'an unknown community': [
    () => url('&community=strangers&timeout=0.2&retries=0').replace('timeout=1&retries=2&', ''),
    'no-answer',
  ],
  'a wrong password': [() => ({ url: url(), user: 'signer', authPassword: 'wrong horse' }), 'no-answer'],
  'an unknown user': [() => ({ url: url(), user: 'mallory', ...password }), 'no-answer'],
}

for (const [who, [spec, code]] of Object.entries(readers))
  test(`${who} sets nothing: ${code}`, async () => {
    await using driver = await open(spec())
    assert.equal((await driver.set({ name: 'mine' })).errors['name']?.code, code)
    await using other = await open(url('&community=writers'))
    assert.notEqual((await other.get(['name'])).values['name'], 'mine')
  })

/** What an SNMP engine says of itself (RFC 3414 §2.2), before and after something happened to it. */
const engine = (id: string, boots: number) =>
  `oldEngineID 0x80001f88${id}\nexactEngineID 0x80001f88${id}\nengineBoots ${boots}\n`
const mishaps: Record<string, string> = {
  'was restarted': engine('03aabbccddee', 7),
  'forgot how often it was started': engine('03aabbccddee', 1),
  'was replaced by another one': engine('03112233445566', 3),
}

test('a device is asked on in version 3, whatever happened to it', async () => {
  const restart = async (engineLines: string) => {
    await stop()
    await writeFile(join(home, 'snmpd.conf'), `${engineLines}${configuration}`)
    await start()
  }
  for (const [what, after] of Object.entries(mishaps)) {
    await restart(engine('03aabbccddee', 6))
    await using driver = await open(writers['version 3 authPriv']?.() ?? assert.fail())
    assert.deepEqual((await driver.set({ name: 'before' })).errors, {})
    await restart(after)
    assert.deepEqual((await driver.get([sysName])).errors, {}, what)
    assert.deepEqual((await driver.set({ name: 'again' })).values, { name: 'again' }, what)
  }
})
