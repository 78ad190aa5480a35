/** Every command as people and scripts run it, against a relay that runs: words, --json, exit statuses, wrong input. */
import assert from 'node:assert/strict'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { after, before, test } from 'node:test'
import { openFolder } from '../testkit/folder.ts'
import { type Neighbourhood, openNeighbourhood } from '../testkit/neighbourhood.ts'
import { startProcess } from '../testkit/process.ts'
import { type Ran, runCli } from '../testkit/run-cli.ts'
import { createService } from '../testkit/service.ts'

const scene = new AsyncDisposableStack()
let street: Neighbourhood
let access: Record<string, string>

before(async () => {
  street = scene.use(await openNeighbourhood())
  await street.openAgent({ id: 'mfp', driver: 'virtual?toner.black=42&pages=7&location=hall' })
  await street.enrol('away')
  access = { FAIRLEAD_RELAY: street.url, FAIRLEAD_KEY: street.adminKey }
})
after(() => scene.disposeAsync())

const fairlead = (...args: string[]): Promise<Ran> => runCli(args, { environment: access })

/** Done: exit status 0, nothing on standard error. @returns what was printed */
async function done(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await fairlead(...args)
  assert.equal(code, 0, `${args.join(' ')}: ${stderr}`)
  assert.equal(stderr, '')
  return stdout
}

async function refused(status: 1 | 2, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await fairlead(...args)
  assert.equal(code, status, `${args.join(' ')}: ${stdout}${stderr}`)
  assert.equal(stdout, '')
  assert.doesNotMatch(stderr, /\n\s+at |node:internal/, 'a stack is no sentence')
  return stderr
}

test('get tells values in words, with their units, one a line', async () => {
  assert.equal(
    await done('get', 'mfp', 'toner.black', 'pages', 'location', 'alerts'),
    'toner.black: 42 %\npages: 7 impressions\nlocation: hall\nalerts: (none)\n',
  )
  assert.match(await done('get', 'mfp', 'supplies'), /^supplies:\n {4}Black Toner Cartridge: 42 %\n/)
})

test("get --json prints the API's body unchanged", async () => {
  const { values, errors, device, requestId } = JSON.parse(await done('get', 'mfp', 'toner.black', '--json'))
  assert.deepEqual({ values, errors, device }, { values: { 'toner.black': 42 }, errors: {}, device: 'mfp' })
  assert.match(requestId, /^\S{16,}$/)
})

test('get ends with 1 if one object failed, and tells the others', async () => {
  const { code, stdout } = await fairlead('get', 'mfp', 'location', 'wings')
  assert.equal(code, 1)
  assert.match(stdout, /^location: hall\nwings: \S.* \(unknown-object\)\n$/)
})

test('get and set of a device that is offline, or is none, end with 1 and one sentence', async () => {
  assert.match(await refused(1, 'get', 'away', 'model'), /^The device is offline\..*--deliver-within SECONDS.*\.\n$/)
  assert.match(await refused(1, 'set', 'nobody', 'location=here'), /no such device.*\.\n$/)
  const { code, stdout } = await fairlead('get', 'away', 'model', '--json')
  assert.equal(code, 1)
  assert.equal(JSON.parse(stdout).code, 'device-offline')
})

test('set takes texts with = and JSON with :=, and tells what now holds', async () => {
  assert.equal(
    await done('set', 'mfp', 'location=2nd floor = left', 'name:="press"'),
    'location: 2nd floor = left\nname: press\n',
  )
  const { code, stdout } = await fairlead('set', 'mfp', 'model=x')
  assert.equal(code, 1)
  assert.match(stdout, /^model: \S.* \(read-only\)\n$/)
})

test('set that waits for its device is not done yet: exit status 1, and where to ask', async () => {
  const { code, stdout } = await fairlead('set', 'away', 'location=later', '--deliver-within', '60')
  assert.equal(code, 1)
  assert.match(stdout, /waits.*`fairlead request \S+` tells what became of it\.\n$/)
})

test('set with the same --idempotency-key is done once', async () => {
  const args = ['set', 'mfp', 'location=once', '--idempotency-key', 'only-once', '--json']
  assert.equal(await done(...args), await done(...args))
})

test('command tells its result, or the words in which the device refused', async () => {
  assert.equal(await done('command', 'mfp', 'identify'), 'identified: true\n')
  assert.equal(await done('command', 'mfp', 'print-test-page', 'pages:=2'), 'pages: 2\ntotalPages: 9\n')
  assert.match(await refused(1, 'command', 'mfp', 'sing'), /no command sing/)
})

test('devices lists, filters and shows', async () => {
  const list = await done('devices')
  assert.match(
    list,
    /^ID +STATE +SINCE +WHY +MODEL +TAGS\naway +offline +\S.*\S +never seen\nmfp +online +\S.*\S +Fairlead Virtual MFP\n$/,
  )
  assert.doesNotMatch(await done('devices', '--state', 'online'), /away/)
  assert.equal(await done('devices', '--q', 'zebra'), 'No device is like that. `fairlead devices` lists all.\n')
  const first = await fairlead('devices', '--limit', '1')
  assert.match(first.stderr, /^There are more: .*--cursor \S+ the next page\.\n$/)
  const [, cursor = ''] = /--cursor (\S+)/.exec(first.stderr) ?? []
  assert.match(await done('devices', '--limit', '1', '--cursor', cursor), /^mfp/m)
  const shown = await done('devices', 'mfp')
  assert.match(shown, /^mfp\n {2}account: +default\n {2}state: +online since/)
  assert.match(shown, /^ {2}toner\.black \(told .*\): 42 %$/m)
  assert.match(shown, /^ {4}Black Toner Cartridge: 42 %$/m)
  assert.equal(JSON.parse(await done('devices', 'mfp', '--json')).id, 'mfp')
  assert.match(await refused(1, 'devices', 'nobody'), /no device nobody/)
})

test('devices add, rotate and remove', async () => {
  const added = await done('devices', 'add', 'till', '--tag', 'shop', '--tag', 'red', '--model', 'Till 1')
  assert.match(added, /^till is enrolled as till@localhost\.\nIts secret, shown this once: \S{16,}\n$/)
  assert.deepEqual(JSON.parse(await done('devices', 'till', '--json')).tags.sort(), ['red', 'shop'])
  assert.match(await refused(1, 'devices', 'add', 'till'), /taken/)
  const given = await done('devices', 'add', 'safe', '--secret', 'sixteen characters', '--json')
  assert.equal(JSON.parse(given).secret, 'sixteen characters')
  assert.match(
    await done('devices', 'rotate', 'till'),
    /^The new secret of till, shown this once: \S{16,}\nThe old one is void\.\n$/,
  )
  assert.equal(typeof JSON.parse(await done('devices', 'rotate', 'till', '--overlap', '60', '--json')).secret, 'string')
  assert.match(await done('devices', 'remove', 'till'), /^till is removed\./)
  assert.equal(await done('devices', 'remove', 'safe', '--json'), '')
  assert.match(await refused(1, 'devices', 'remove', 'till'), /no device till/)
})

test('accounts and keys', async () => {
  assert.match(await done('accounts', 'add', 'shop', '--name', 'The shop'), /^The account shop is there\./)
  assert.match(await done('accounts'), /^ID +NAME +SINCE\ndefault .*\nshop +The shop +\S+ \S+\n$/)
  assert.match(await refused(1, 'accounts', 'add', 'shop'), /already/)

  const scopes = ['--scope', 'devices:read', '--scope', 'requests:read']
  const [, key = ''] = /shown this once: (fl_\S{8}_\S{43})\n$/.exec(await done('keys', 'add', 'shop', ...scopes)) ?? []
  const { keyId } = JSON.parse(await done('keys', 'add', 'shop', '--expires', '2099-01-01T00:00:00Z', '--json'))
  assert.match(
    await done('keys'),
    new RegExp(`^ID .*\n(.*\n)*${keyId} +shop +never +(2099-01-01|2098-12-31) \\S+ +all`, 'm'),
  )
  const own = { environment: { FAIRLEAD_RELAY: street.url, FAIRLEAD_KEY: key } }
  assert.equal((await runCli(['devices'], own)).stdout, 'No devices. Add one with `fairlead devices add ID`.\n')
  assert.match((await runCli(['devices', 'add', 'x'], own)).stderr, /lacks the right devices:write/)
  assert.match(await done('keys', 'remove', keyId), /opens nothing any more/)
  assert.match(await refused(1, 'keys', 'remove', keyId), /no key/)
})

for (const args of [
  [],
  ['nonsense'],
  ['get'],
  ['get', 'mfp'],
  ['get', 'mfp', 'model', '--timeout', '0'],
  ['get', 'mfp', 'model', '--timeout', 'long'],
  ['set', 'mfp'],
  ['set', 'mfp', 'location'],
  ['set', 'mfp', 'location:=no'],
  ['set', 'mfp', 'location=a', 'location=b'],
  ['set', 'mfp', 'location=a', '--deliver-within', '604801'],
  ['command', 'mfp'],
  ['devices', 'one', 'two'],
  ['devices', '--state', 'ready'],
  ['devices', '--limit', '501'],
  ['devices', '--colour', 'red'],
  ['devices', 'add'],
  ['devices', 'rotate', 'mfp', '--overlap', 'long'],
  ['devices', 'remove'],
  ['accounts', 'add'],
  ['keys', 'add'],
  ['keys', 'add', 'shop', '--scope', 'everything'],
  ['keys', 'remove'],
  ['login'],
  ['devices', '--relay', 'nonsense'],
])
  test(`wrong usage: fairlead ${args.join(' ')}`, async () => {
    assert.match(await refused(2, ...args), /\S/)
  })

test('a relay that is not there, and a key that is wrong, are told in one sentence', async () => {
  const { port } = new URL(street.url)
  const nobody = await runCli(['devices', '--relay', 'http://127.0.0.1:9', '--key', 'x'])
  assert.deepEqual([nobody.code, nobody.stdout], [1, ''])
  assert.match(nobody.stderr, /^No relay answers at http:\/\/127\.0\.0\.1:9: .*\.\n$/)
  const wrong = await runCli(['devices', '--relay', `http://localhost:${port}`, '--key', 'canary'])
  assert.equal(wrong.code, 1)
  assert.match(wrong.stderr, /^The relay does not know this key\. .*\.\n$/)
})

test('neither relay nor key named anywhere is wrong usage, and says where they can be', async () => {
  const nothing = await runCli(['devices'])
  assert.equal(nothing.code, 2)
  assert.match(nothing.stderr, /--relay.*FAIRLEAD_RELAY.*login/)
  const noKey = await runCli(['devices'], { environment: { FAIRLEAD_RELAY: street.url } })
  assert.equal(noKey.code, 2)
  assert.match(noKey.stderr, /--key.*FAIRLEAD_KEY.*login/)
})

test('login keeps relay and key for this user alone; flags beat the environment, the environment beats the file', async () => {
  await using home = await openFolder()
  const kept = join(home.path, '.config/fairlead/config.yaml')
  const run = (args: string[], more: Record<string, string> = {}) =>
    runCli(args, { environment: { HOME: home.path, ...more } })

  const wrong = await run(['login', '--relay', street.url, '--key', 'wrong'])
  assert.equal(wrong.code, 1)
  await assert.rejects(stat(kept), 'a key that does not work is not kept')

  const { code, stdout } = await run(['login', '--relay', street.url, '--key', street.adminKey])
  assert.equal(code, 0)
  assert.ok(stdout.includes(kept) && !stdout.includes(street.adminKey), stdout)
  assert.equal((await stat(kept)).mode & 0o777, 0o600)
  assert.equal((await run(['devices'])).code, 0)
  assert.equal((await run(['devices'], { FAIRLEAD_KEY: 'wrong' })).code, 1)
  assert.equal((await run(['devices', '--key', street.adminKey], { FAIRLEAD_KEY: 'wrong' })).code, 0)
  assert.equal((await run(['devices'], { FAIRLEAD_RELAY: 'http://127.0.0.1:9' })).code, 1)
  assert.equal((await run(['devices', '--relay', street.url], { FAIRLEAD_RELAY: 'http://127.0.0.1:9' })).code, 0)

  const elsewhere = { XDG_CONFIG_HOME: join(home.path, 'xdg') }
  assert.equal((await run(['devices'], elsewhere)).code, 2)
  assert.equal((await run(['login', '--relay', street.url, '--key', street.adminKey], elsewhere)).code, 0)
  assert.equal((await stat(join(home.path, 'xdg/fairlead/config.yaml'))).mode & 0o777, 0o600)
})

test('login takes the key from standard input, so that it stays out of the shell history', async () => {
  await using home = await openFolder()
  const environment = { HOME: home.path, XDG_CONFIG_HOME: undefined, KEY: street.adminKey }
  const line = `printf '%s\\n' "$KEY" | "${process.execPath}" cli/main.ts login --relay ${street.url}`
  await using shell = await startProcess('/bin/sh', ['-c', line], { environment })
  assert.equal((await shell.exited).code, 0, shell.output().stderr)
  assert.match(await readFile(join(home.path, '.config/fairlead/config.yaml'), 'utf8'), /neighbourhood-admin-key/)
})

test('a configuration file that cannot be read is wrong configuration, told in one sentence', async () => {
  await using home = await openFolder()
  const path = join(home.path, '.config/fairlead/config.yaml')
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, 'relay: [')
  const { code, stderr } = await runCli(['devices'], { environment: { HOME: home.path } })
  assert.equal(code, 2)
  assert.match(stderr, /config\.yaml .*\.\n$/)
  assert.doesNotMatch(stderr, /\n\s+at /)
})

test('--help and --version tell without a relay', async () => {
  const help = await runCli(['--help'])
  assert.equal(help.code, 0)
  for (const command of ['relay', 'agent', 'devices', 'get', 'set', 'command', 'accounts', 'keys', 'login', 'doctor'])
    assert.match(help.stdout, new RegExp(`^  ${command}\\b`, 'm'))
  assert.match((await runCli(['--version'])).stdout, /^\d+\.\d+\.\d+\n$/)
  assert.match((await runCli(['relay', '--help'])).stdout, /--management-timeout <seconds>.*120/s)
})

test('a device cannot write on the terminal: control characters of its texts are shown as what they are not', async () => {
  await street.openAgent({ id: 'rude', driver: 'virtual' })
  await createService(street.url, street.adminKey).ask('rude', { set: { location: 'a\u001b[31mb' } })
  const { stdout } = await fairlead('get', 'rude', 'location')
  assert.ok(!stdout.includes('\u001b'), JSON.stringify(stdout))
})
