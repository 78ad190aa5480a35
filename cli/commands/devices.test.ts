/** `fairlead devices` against a real relay: list, show, add, remove and rotate. */
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { joinByHand } from '../../testkit/hand-device.ts'
import { openNeighbourhood } from '../../testkit/neighbourhood.ts'
import { until } from '../../testkit/until.ts'
import { cliFor, runAtTerminal, runCli } from '../for-tests.ts'

const street = await openNeighbourhood()
after(() => street[Symbol.asyncDispose]())
const run = cliFor(street)
const access = { FAIRLEAD_RELAY: street.url, FAIRLEAD_KEY: street.adminKey }

test('a device is added, listed, shown, given a new secret and removed, in words', async () => {
  await street.service.post('/v1/accounts', { id: 'words' })
  const none = await run(['devices', '--account', 'words'])
  assert.equal(none.stdout, 'No device is like that. `fairlead devices` lists all.\n')

  const added = await run([
    'devices',
    'add',
    'mfp-1',
    '--account',
    'words',
    '--model',
    'MFC 9',
    '--tag',
    'a',
    '--tag',
    'b',
  ])
  assert.equal(added.code, 0, added.stderr)
  assert.match(added.stdout, /^mfp-1 is enrolled as mfp-1@localhost\.\nIts secret, shown this once: \S{16,}\n$/)

  const list = await run(['devices', '--account', 'words'])
  assert.match(
    list.stdout,
    /^ID {5}STATE {4}SINCE {2,7}WHY {9}MODEL {2}TAGS\nmfp-1 {2}offline {2}(?:\d+ s ago|just now) {2,3}never seen {2}MFC 9 {2}a, b\n$/,
  )

  const shown = await run(['devices', 'mfp-1'])
  assert.match(
    shown.stdout,
    /^mfp-1\n {2}account: +words\n {2}state: +offline since .* \(.*(ago|just now)\)\n {2}why: +It has never/,
  )
  assert.match(shown.stdout, /last seen: +never\n/)

  const rotated = await run(['devices', 'rotate', 'mfp-1', '--overlap', '5'])
  assert.match(
    rotated.stdout,
    /^The new secret of mfp-1, shown this once: \S{16,}\nThe old one stays good for 5 s\.\n$/,
  )

  const removed = await run(['devices', 'remove', 'mfp-1'])
  assert.deepEqual([removed.code, removed.stderr], [0, ''])
  assert.equal(removed.stdout, 'mfp-1 is removed. `fairlead devices add mfp-1` enrols it anew.\n')
  const gone = await run(['devices', 'mfp-1'])
  assert.deepEqual([gone.code, gone.stdout], [1, ''])
  assert.equal(gone.stderr, 'There is no device mfp-1 in this account.\n')
})

test("--json is the API's body unchanged, refusals included", async () => {
  const added = await run(['devices', 'add', 'json-1', '--secret', 'a-secret-of-the-test', '--json'])
  assert.deepEqual(JSON.parse(added.stdout), { id: 'json-1', jid: 'json-1@localhost', secret: 'a-secret-of-the-test' })
  const shown = await run(['devices', 'json-1', '--json'])
  assert.deepEqual(JSON.parse(shown.stdout), (await street.service.read('/v1/devices/json-1')).body)
  const list = await run(['devices', '--q', 'json-1', '--json'])
  assert.deepEqual(JSON.parse(list.stdout), (await street.service.read('/v1/devices?q=json-1')).body)
  const rotated = await run(['devices', 'rotate', 'json-1', '--json'])
  assert.deepEqual(Object.keys(JSON.parse(rotated.stdout)), ['secret'])
  const taken = await run(['devices', 'add', 'json-1', '--json'])
  assert.deepEqual([taken.code, JSON.parse(taken.stdout).code, taken.stderr], [1, 'id-taken', ''])
  const removed = await run(['devices', 'remove', 'json-1', '--json'])
  assert.deepEqual([removed.code, removed.stdout], [0, ''])
})

test('relay, key and --json may stand behind every word, also behind `devices`', async () => {
  const flags = ['--relay', street.url, '--key', street.adminKey, '--json']
  const behind = await runCli(['devices', 'add', 'flags-1', ...flags])
  assert.equal(JSON.parse(behind.stdout).id, 'flags-1', behind.stderr)
  const between = await runCli(['devices', ...flags, 'add', 'flags-2', '--account', 'default'])
  assert.equal(JSON.parse(between.stdout).id, 'flags-2', between.stderr)
  const misplaced = await runCli(['devices', '--state', 'online', 'add', 'flags-3', ...flags])
  assert.equal(misplaced.code, 2)
  assert.equal(misplaced.stderr, '--state belongs to `devices` and not to `devices add`.\n')
})

test('a long list goes on with --cursor, or comes whole with --all', async () => {
  await street.service.post('/v1/accounts', { id: 'long' })
  for (const id of ['l-1', 'l-2', 'l-3']) await street.service.post('/v1/devices', { id, account: 'long' })
  const filter = ['devices', '--account', 'long', '--limit', '2']
  const first = await run(filter)
  assert.equal(first.stdout.trim().split('\n').length, 3)
  const [, cursor = ''] = /^There are more: --all shows all, --cursor (\S+) the next page\.\n$/.exec(first.stderr) ?? []
  const next = await run([...filter, '--cursor', cursor])
  assert.match(next.stdout, /\nl-3 .*\n$/)
  assert.equal(next.stderr, '')
  const all = JSON.parse((await run([...filter, '--all', '--json'])).stdout)
  assert.deepEqual(all.items.map(({ id }: { id: string }) => id).sort(), ['l-1', 'l-2', 'l-3'])
  assert.equal(all.nextCursor, null)
})

test('wrong values of options are told before anything is asked', async () => {
  const wrong: [string[], RegExp][] = [
    [
      ['devices', '--state', 'lost'],
      /^Option '--state <state>' argument 'lost' is invalid\. Allowed choices are online, offline, asleep\.\n/,
    ],
    [['devices', '--limit', '5x'], /It must be a whole number, 1 to 500\.\n/],
    [['devices', 'rotate', 'x', '--overlap', 'abc'], /It must be a whole number of seconds, 0 to 604800\.\n/],
    [['devices', 'add'], /^Missing required argument 'ID'\.\n/],
    [['devices', 'remove'], /^Missing required argument 'ID'\.\n/],
    [['devices', '--colour', 'red'], /^Unknown option '--colour'\.\n/],
  ]
  for (const [args, sentence] of wrong) {
    const { code, stdout, stderr } = await run(args)
    assert.deepEqual([code, stdout], [2, ''], args.join(' '))
    assert.match(stderr, sentence)
  }
})

test('what the relay refuses is one sentence without the names of its fields', async () => {
  const { code, stderr } = await run(['devices', 'add', 'UPPER'])
  assert.equal(code, 1)
  assert.equal(stderr, 'id: a device ID is 1 to 64 characters of a-z 0-9 . _ -.\n')
})

test('a device that is online says since when and what it told, with its age', async () => {
  await using device = await joinByHand(street, 'lively')
  device.serve(() => ({ values: {}, errors: {} }))
  await device.call('/device/v1/register', { capabilities: { model: 'Hand' }, objects: { 'toner.black': 37 } })
  await until(
    'it is online',
    async () => Object((await street.service.read('/v1/devices/lively')).body).state === 'online',
  )
  const { stdout } = await run(['devices', 'lively'])
  assert.match(stdout, /state: +online since .*\n {2}last seen: +\d{4}-.* \((.* ago|just now)\)\n/)
  assert.match(stdout, /\n {2}toner\.black \(told (.* ago|just now)\): 37 %\n/)
})

test("a device's texts cannot play with the terminal", async () => {
  const evil = '\u001b[2J\u009b31mMFC\u202e\u2028x'
  await using device = await joinByHand(street, 'hostile')
  device.serve(() => ({ values: { location: `${evil}\nmodel: forged` }, errors: {} }))
  // The relay may refuse some of them at its door already: what it takes must still be harmless here.
  await device.call('/device/v1/register', { capabilities: { model: evil }, objects: { location: `${evil}\n` } })
  await until(
    'it is online',
    async () => Object((await street.service.read('/v1/devices/hostile')).body).state === 'online',
  )
  const screens = await Promise.all([
    run(['devices']),
    run(['devices', 'hostile']),
    run(['get', 'hostile', 'location']),
  ])
  for (const { code, stdout, stderr } of screens) {
    assert.equal(code, 0, stderr)
    assert.doesNotMatch(stdout + stderr, /[^\P{Cc}\n]|[\u2028\u202e]/u)
    assert.doesNotMatch(stdout, /^model: forged/m)
  }
  assert.match(screens[2]?.stdout ?? '', /^location: .*MFC.*model: forged\n$/)
})

test('at a terminal of 80 columns no line of a table is longer, and IDs stay whole', async () => {
  const id = 'a-printer-with-quite-a-long-name-01'
  const tags = ['berlin', 'second-floor', 'accounting']
  await street.service.post('/v1/devices', { id, model: 'レーザー複合機 MFC-L9570CDW series', tags })
  const { code, stdout } = await runAtTerminal(['devices', '--q', id], { environment: access })
  assert.equal(code, 0, stdout)
  const lines = stdout.trimEnd().split('\n')
  assert.equal(lines.length, 2, stdout)
  for (const line of lines) assert.ok(line.replace(/[\u3000-\u9fff]/g, 'xx').length <= 80, line)
  assert.match(lines[1] ?? '', new RegExp(`^${id}  offline .*…`))
})

test('before a device is removed the person at the terminal types the verb', async () => {
  await street.enrol('asked')
  const options = { environment: access }
  const no = await runAtTerminal(['devices', 'remove', 'asked'], { ...options, input: 'y\n' })
  assert.equal(no.code, 1)
  assert.match(no.stdout, /asked is cut off at once, .* enrols it anew, with another secret\.\n/)
  assert.match(no.stdout, /Nothing was changed\.\n$/)
  assert.equal((await street.service.read('/v1/devices/asked')).status, 200)
  const yes = await runAtTerminal(['devices', 'remove', 'asked'], { ...options, input: 'remove\n' })
  assert.equal(yes.code, 0, yes.stdout)
  assert.equal((await street.service.read('/v1/devices/asked')).status, 404)
  await street.enrol('sure')
  const sure = await runAtTerminal(['devices', 'remove', 'sure', '--yes'], options)
  assert.equal(sure.stdout, 'sure is removed. `fairlead devices add sure` enrols it anew.\n')
})
