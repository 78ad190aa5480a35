/** `fairlead login`, and which relay and key count: flags, then the environment, then what was kept. */
import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openFolder } from '../../testkit/folder.ts'
import { openNeighbourhood } from '../../testkit/neighbourhood.ts'
import { runAtTerminal, runCli } from '../for-tests.ts'

const street = await openNeighbourhood()
after(() => street[Symbol.asyncDispose]())
const wrongKey = 'not-a-key-of-this-relay'

/** A home of somebody who has not logged in yet. */
async function openHome() {
  const folder = await openFolder()
  const file = join(folder.path, 'fairlead', 'config.yaml')
  return {
    file,
    run: (args: readonly string[], { input = '', ...environment }: Record<string, string> = {}) =>
      runCli(args, { input, environment: { XDG_CONFIG_HOME: folder.path, ...environment } }),
    atTerminal: (args: readonly string[], input: string) =>
      runAtTerminal(args, { input, environment: { XDG_CONFIG_HOME: folder.path } }),
    keep(text: string) {
      mkdirSync(join(folder.path, 'fairlead'), { recursive: true })
      writeFileSync(file, text)
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  }
}

test('the key comes on standard input and is kept for its owner alone; then no flag is needed', async () => {
  await using home = await openHome()
  const { code, stdout, stderr } = await home.run(['login', '--relay', `${street.url}/`], {
    input: `${street.adminKey}\n`,
  })
  assert.equal(code, 0, stderr)
  assert.equal(stdout, `Logged in to ${street.url}; kept in ${home.file}.\n`)
  assert.equal(statSync(home.file).mode & 0o777, 0o600)
  assert.equal(readFileSync(home.file, 'utf8'), `relay: ${street.url}\nkey: ${street.adminKey}\n`)
  assert.equal((await home.run(['devices'])).code, 0)
  assert.doesNotMatch(stdout + stderr, new RegExp(street.adminKey))
})

test('a person at a terminal is asked for the key', async () => {
  await using home = await openHome()
  const { code, stdout } = await home.atTerminal(['login', '--relay', street.url], `${street.adminKey}\n`)
  assert.equal(code, 0, stdout)
  assert.match(stdout, /Paste the key: /)
  assert.ok(existsSync(home.file))
})

test('a wrong key is refused and nothing is kept; what was kept before stays', async () => {
  await using home = await openHome()
  const refused = await home.run(['login', '--relay', street.url, '--key', wrongKey])
  assert.deepEqual([refused.code, refused.stdout], [1, ''])
  assert.match(refused.stderr, /^The relay does not know this key\. .*\.\n$/)
  assert.ok(!existsSync(home.file))
  home.keep('relay: http://127.0.0.1:1\nkey: old\n')
  await home.run(['login', '--relay', street.url, '--key', wrongKey])
  assert.match(readFileSync(home.file, 'utf8'), /key: old/)
})

test('without a relay, without a key, or with what is neither, it is wrong usage', async () => {
  await using home = await openHome()
  const wrong: [string[], string, RegExp][] = [
    [['login'], 'k', /^Which relay\? .*\.\n$/],
    [['login', '--relay', street.url], '', /^No key came on standard input\. .*\.\n$/],
    [['login', '--relay', street.url], 'two\nlines', /^A key is one line of printable ASCII characters: .*\.\n$/],
    [['login', '--relay', 'relay.example'], 'k', /^The relay is relay\.example: it must be a URL like .*\.\n$/],
    [['login', '--relay', `${street.url}/v1`], 'k', /it must be a URL like .*, without a path\.\n$/],
    [['devices'], '', /^Which relay\? .*\.\n$/],
    [['devices', '--relay', street.url], '', /^Which key\? .*\.\n$/],
  ]
  for (const [args, input, sentence] of wrong) {
    const { code, stdout, stderr } = await home.run(args, { input })
    assert.deepEqual([code, stdout], [2, ''], `${args.join(' ')}: ${stderr}`)
    assert.match(stderr, sentence)
  }
})

test('flags beat the environment, which beats what was kept', async () => {
  await using home = await openHome()
  const nobody = 'http://127.0.0.1:9'
  const { url, adminKey } = street
  home.keep(`relay: ${nobody}\nkey: ${wrongKey}\n`)
  assert.match((await home.run(['devices'])).stderr, /^No relay answers at http:\/\/127\.0\.0\.1:9: .*\.\n$/)
  const fromEnvironment = { FAIRLEAD_RELAY: url, FAIRLEAD_KEY: adminKey }
  assert.equal((await home.run(['devices'], fromEnvironment)).code, 0)
  assert.equal((await home.run(['devices', '--relay', nobody], fromEnvironment)).code, 1)
  assert.equal((await home.run(['devices', '--key', wrongKey], fromEnvironment)).code, 1)
  const wrongEnvironment = { FAIRLEAD_RELAY: nobody, FAIRLEAD_KEY: wrongKey }
  assert.equal((await home.run(['devices', '--relay', url, '--key', adminKey], wrongEnvironment)).code, 0)
  home.keep(`relay: ${url}\nkey: ${adminKey}\n`)
  assert.equal((await home.run(['devices'], { FAIRLEAD_RELAY: '', FAIRLEAD_KEY: '' })).code, 0, 'empty is not given')
})

test('a config file that cannot be read is named, with what is wrong in it', async () => {
  await using home = await openHome()
  home.keep('relay: "unfinished\n')
  const { code, stdout, stderr } = await home.run(['devices'])
  assert.deepEqual([code, stdout], [2, ''])
  assert.match(
    stderr,
    /^\/.*config\.yaml cannot be read \(.*line 2.*\)\. Mend it, or remove it and run `fairlead login`\.\n$/,
  )
})
