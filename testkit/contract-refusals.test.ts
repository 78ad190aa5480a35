/** Options that cannot be: exit status 2 and a sentence; a taken port or folder: exit status 1 and a sentence. Never a stack. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { makeCertificate } from './certificate.ts'
import { openFolder } from './folder.ts'
import { openNeighbourhood } from './neighbourhood.ts'
import { runCli } from './run-cli.ts'

const scene = new AsyncDisposableStack()
let folder: string

before(async () => {
  folder = scene.use(await openFolder()).path
})
after(() => scene.disposeAsync())

/** Runs a relay that must not start. @returns its sentence */
async function refused(args: readonly string[], status: 1 | 2, environment: Record<string, string> = {}) {
  const data = args.includes('--data') ? [] : ['--data', join(folder, 'unused')]
  const { code, stdout, stderr } = await runCli(['relay', '--listen', '127.0.0.1:0', ...data, ...args], { environment })
  assert.equal(code, status, `${args.join(' ')}: ${stderr}`)
  assert.equal(stdout, '')
  assert.doesNotMatch(stderr, /\n\s+at |node:internal/, 'a stack is no sentence')
  assert.match(stderr, /\S.*[.)]\n$/s)
  return stderr
}

/** One of each; every single value is refused beside the code that reads it. */
const wrong = [
  ['--listen', '--listen', '127.0.0.1:70000'],
  ['--domain', '--domain', 'Relay.Example'],
  ['--public-url', '--public-url', 'https://relay.example/path'],
  ['--admin-key', '--admin-key', 'x'.repeat(15)],
  ['--admin-listen', '--admin-listen', 'nowhere'],
  ['--wait', '--wait', '56'],
  ['--inactivity', '--inactivity', '0'],
  ['--survival-timeout', '--survival-timeout', '86401'],
  ['--management-timeout', '--management-timeout', '4'],
  ['--management-timeout', '--survival-timeout', '60', '--management-timeout', '60'],
  ['--management-timeout', '--wait', '55', '--management-timeout', '64'],
  ['--wait + --inactivity', '--wait', '30', '--inactivity', '30', '--survival-timeout', '55'],
  ['--request-timeout', '--request-timeout', '301'],
  ['--enrolment', '--enrolment', 'closed'],
  ['--trusted-proxies', '--trusted-proxies', 'everybody'],
  ['--cors-origin', '--cors-origin', 'https://console.example/'],
  ['--anonymous', '--anonymous', 'on', '--listen', '0.0.0.0:0'],
  ['--tls-cert', '--tls-cert', '/nowhere/cert.pem', '--tls-key', '/nowhere/key.pem'],
  ['--tls-key', '--tls-cert', '/etc/hostname'],
  ['--models', '--models', '/nowhere/models.yaml'],
  ['--config', '--config', '/nowhere/relay.yaml'],
  ['--colour', '--colour', 'red'],
] as const

for (const [option, ...args] of wrong)
  test(`${option} is refused: ${args.join(' ')}`, async () => {
    const sentence = await refused(args, 2)
    assert.ok(sentence.includes(option), sentence)
  })

test('--models: rules that cannot be read are refused with the entry that is wrong', async () => {
  const models = join(folder, 'models.yaml')
  await writeFile(models, '- { name: loom, models: ["Loom*"], objects: { speed: { oid: fast } } }')
  assert.match(await refused(['--models', models], 2), /models\.yaml.*OID/s)
})

test('--survival-timeout 0 is off: the other times need not be longer than it', async () => {
  // The port is taken, so that it ends; that it comes so far tells that its times were accepted.
  await using street = await openNeighbourhood()
  const times = ['--survival-timeout', '0', '--wait', '5', '--inactivity', '1', '--management-timeout', '15']
  await refused([...times, '--listen', new URL(street.url).host], 1)
})

test('a wrong value in the environment is named by its variable, and no secret is repeated', async () => {
  assert.match(await refused([], 2, { FAIRLEAD_WAIT: '99' }), /FAIRLEAD_WAIT/)
  const sentence = await refused([], 2, { FAIRLEAD_ADMIN_KEY: 'canary' })
  assert.match(sentence, /FAIRLEAD_ADMIN_KEY/)
  assert.ok(!sentence.includes('canary'))
})

test('an unknown key of the file is an error, with the name that was probably meant', async () => {
  const config = join(folder, 'unknown.yaml')
  for (const [text, words] of [
    ['wayt: 30', /wayt/],
    ['survival-timeout: 30', /survivalTimeout/],
    ['- wait', /names and values/],
    ['wait: [', /not YAML/],
    ['wait: soon', /wait.*whole number/],
  ] as const) {
    await writeFile(config, `${text}\n`)
    assert.match(await refused(['--config', config], 2), words)
  }
})

test('a certificate and a key that do not belong together are refused', async () => {
  await using other = await openFolder()
  const [one, two] = [await makeCertificate(folder), await makeCertificate(other.path)]
  assert.match(await refused(['--tls-cert', one.certPath, '--tls-key', two.keyPath], 2), /do not fit together/)
})

test('a taken port is exit status 1 and a sentence that names it', async () => {
  await using street = await openNeighbourhood()
  const { host, port } = new URL(street.url)
  assert.match(await refused(['--listen', host], 1), new RegExp(`Port ${port} .* taken`))
})

test('a taken data folder is exit status 1 and a sentence that names it and who has it', async () => {
  await using street = await openNeighbourhood()
  const sentence = await refused(['--data', street.data], 1)
  assert.ok(sentence.includes(street.data) && sentence.includes(`${street.relay().pid}`), sentence)
  assert.equal((await street.service.read('/v1/devices')).status, 200, 'the first one goes on')
})

test('a data folder that cannot be is exit status 1 and a sentence', async () => {
  const file = join(folder, 'a-file')
  await writeFile(file, 'not a folder')
  assert.ok((await refused(['--data', file], 1)).includes(file))
})
