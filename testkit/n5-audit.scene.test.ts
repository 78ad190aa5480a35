/** N5: who did what stands in one chain that anybody can check, and that cannot be changed unnoticed. */
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { checkChain, type Head, readHead } from '@fairlead/protocol/audit'
import { makeFactoryCode } from '@fairlead/protocol/contract'
import { createClient } from '@fairlead/sdk'
import { cliFor } from '../cli/for-tests.ts'
import { openCluster } from './cluster.ts'
import { openFolder } from './folder.ts'
import { joinByHand, openHandDevice } from './hand-device.ts'
import { openNeighbourhood } from './neighbourhood.ts'
import { createService, type Service } from './service.ts'
import { until } from './until.ts'

type Entry = Record<string, unknown> & { seq: number; previous: string; hash: string }

const scene = new AsyncDisposableStack()
after(() => scene.disposeAsync())
const street = scene.use(await openNeighbourhood({ relay: ['--max-failed-claims', '2'] }))
const { service, url } = street
const run = cliFor(street)

/** Of none of our code: what somebody writes in a language of their own. */
function isWhole(text: string): boolean {
  let before = { seq: 0, hash: '0'.repeat(64) }
  const sha256 = (of: string) => createHash('sha256').update(of).digest('hex')
  const sorted = (_: string, value: object) =>
    Object(value) === value ? Object.fromEntries(Object.entries(value).sort()) : value
  for (const { previous, hash, ...entry } of text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))) {
    const digest = entry.digest ?? sha256(JSON.stringify(entry, sorted))
    if (entry.seq !== before.seq + 1 || previous !== before.hash || hash !== sha256(previous + digest)) return false
    before = { seq: entry.seq, hash }
  }
  return true
}

async function exported(by: Service): Promise<{ text: string; entries: Entry[]; head: string | null }> {
  const { status, body, headers } = await by.read('/v1/audit/export')
  assert.equal(status, 200)
  const text = String(body)
  const entries = text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
  return { text, entries, head: headers.get('fairlead-audit-head') }
}

async function entriesOf(by: Service, query: string): Promise<Entry[]> {
  const { status, body } = await by.read(`/v1/audit?limit=500&${query}`)
  assert.equal(status, 200, JSON.stringify(body))
  return Object(body).items
}

test('S-M2 S-M4 N5 all that changes something leaves an entry: who, what, whose, about what, from where; and no payload', async () => {
  const canaries: string[] = []
  const canary = (what: string) => {
    canaries.push(`canary-${what}-0123456789abcdef`)
    return canaries.at(-1) as string
  }
  await service.post('/v1/accounts', { id: 'acme', name: canary('account-name') })
  const made = await service.post('/v1/keys', { account: 'acme', name: canary('key-name') })
  const { keyId, key } = Object(made.body)
  canaries.push(key)
  const acme = createService(url, key)
  await acme.post('/v1/devices', { id: 'lobby', secret: canary('secret'), tags: [canary('tag')] })
  canaries.push(Object((await acme.post('/v1/devices/lobby/rotate', {})).body).secret)
  const spare = Object((await acme.post('/v1/keys', { account: 'acme' })).body).keyId
  await acme.call('DELETE', `/v1/keys/${spare}`)

  const [code, wrong] = [makeFactoryCode(randomBytes(10)), makeFactoryCode(randomBytes(10))]
  canaries.push(code, wrong)
  await service.post('/v1/factory-list', { items: [{ id: 'listed', code }] })
  const enrol = () => fetch(`${url}/device/v1/enrol`, { method: 'POST', body: JSON.stringify({ id: 'listed', code }) })
  await enrol()
  const { claimId } = Object((await acme.post('/v1/claims', { code })).body)
  for (const status of [404, 404, 429, 429])
    assert.equal((await acme.post('/v1/claims', { code: wrong })).status, status)
  const { secret } = Object(await (await enrol()).json())
  canaries.push(secret)
  await using listed = await openHandDevice({ relayUrl: url, id: 'listed', secret })
  const instruction = { id: 'i', type: 'instruction', at: new Date().toISOString(), claim: claimId }
  await listed.call('/device/v1/events', { events: [instruction] })

  listed.serve(({ request }) => (request.set ? { values: request.set, errors: {} } : { refused: canary('refusal') }))
  await until('it is online', async () => Object((await acme.read('/v1/devices/listed')).body).state === 'online')
  const set = await acme.ask('listed', { set: { location: canary('value') } })
  const idempotent = { 'idempotency-key': canary('idempotency-key') }
  const command = await acme.ask('listed', { command: 'brew', arguments: { how: canary('argument') } }, idempotent)
  await acme.ask('listed', { get: ['location'] })
  await using thief = await joinByHand(street, 'thief')
  for (const _ of [1, 2]) assert.equal(await thief.answer(set.requestId ?? '', { values: { location: 'x' } }), 404)
  assert.equal(await thief.answer('never-asked', { values: {} }), 404)
  await thief.leave()
  await acme.call('DELETE', '/v1/devices/lobby')

  const ofKey = { kind: 'key', id: keyId }
  const ofDevice = { kind: 'device', id: 'listed' }
  const [admin, relay] = [{ kind: 'admin' }, { kind: 'relay' }]
  const from = { address: '127.0.0.1' }
  const own = { account: 'acme', actor: ofKey, ...from, result: 'done' }
  const wanted = [
    { action: 'admin-key.made', actor: relay, result: 'done' },
    { ...own, action: 'account.made', actor: admin, subject: 'acme' },
    { ...own, action: 'key.made', actor: admin, subject: keyId },
    { ...own, action: 'device.enrolled', device: 'lobby' },
    { ...own, action: 'device.rotated', device: 'lobby' },
    { ...own, action: 'key.made', subject: spare },
    { ...own, action: 'key.revoked', subject: spare },
    { action: 'factory-list.added', actor: admin, device: 'listed', ...from, result: 'done' },
    { ...own, action: 'claim.made', device: 'listed', subject: claimId },
    { ...own, action: 'claim.refused', result: 'no-match' },
    { ...own, action: 'claim.refused', result: 'no-match' },
    { ...own, action: 'claim.refused', result: 'too-many-requests' },
    { ...own, action: 'claim.instructed', actor: ofDevice, device: 'listed', subject: claimId },
    { ...own, action: 'request.accepted', device: 'listed', requestId: set.requestId },
    {
      account: 'acme',
      actor: relay,
      action: 'request.finished',
      device: 'listed',
      requestId: set.requestId,
      result: 'done',
    },
    { ...own, action: 'request.accepted', device: 'listed', requestId: command.requestId },
    {
      ...{ account: 'acme', actor: relay, action: 'request.finished', device: 'listed', requestId: command.requestId },
      result: 'device-refused',
    },
    { account: 'default', action: 'device.enrolled', actor: admin, device: 'thief', ...from, result: 'done' },
    {
      ...{ account: 'default', action: 'device.stray-answer', actor: { kind: 'device', id: 'thief' }, device: 'thief' },
      ...{ requestId: set.requestId, ...from, result: 'not-found' },
    },
    { ...own, action: 'device.removed', device: 'lobby' },
  ]
  await until('what is written behind is there', async () => (await exported(service)).entries.length >= wanted.length)
  const { text, entries, head } = await exported(service)
  const untimed = ({ seq: _seq, at: _at, salt: _salt, previous: _previous, hash: _hash, ...entry }: Entry) => entry
  const inOrder = (all: readonly object[]) => all.map((entry) => JSON.stringify(sortedOf(entry))).sort()
  assert.deepEqual(inOrder(entries.map(untimed)), inOrder(wanted))
  for (const text_ of canaries) assert.ok(!text.includes(text_), text_)
  assert.ok(isWhole(text))
  const last = entries.at(-1) as Entry
  assert.equal(head, `${last.seq}:${last.hash}`)
})

function sortedOf(value: object): object {
  return Object.fromEntries(
    Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([name, member]) => [name, Object(member) === member ? sortedOf(member) : member]),
  )
}

test('S-M4 S-M1 N5 a tenant sees its own entries, filtered and in pages, and follows the chain through those of others', async () => {
  await service.post('/v1/accounts', { id: 'rival' })
  const { key, keyId } = Object((await service.post('/v1/keys', { account: 'rival' })).body)
  const rival = createService(url, key)
  for (const id of ['r1', 'r2', 'r3']) await rival.post('/v1/devices', { id })
  const all = await entriesOf(rival, '')
  assert.deepEqual(
    all.map(({ action, device, subject }) => [action, device ?? subject]),
    [
      ['device.enrolled', 'r3'],
      ['device.enrolled', 'r2'],
      ['device.enrolled', 'r1'],
      ['key.made', keyId],
      ['account.made', 'rival'],
    ],
  )
  const paged: unknown[] = []
  for (let cursor = ''; ; ) {
    const { items, nextCursor } = Object((await rival.read(`/v1/audit?limit=2${cursor}`)).body)
    paged.push(...items)
    if (nextCursor === null) break
    cursor = `&cursor=${nextCursor}`
  }
  assert.deepEqual(paged, all)
  const [three, two, one] = all as [Entry, Entry, Entry]
  const filters: [string, Entry[]][] = [
    ['device=r2', [two]],
    [`actor=key:${keyId}`, [three, two, one]],
    ['actor=admin&action=account.made', all.slice(4)],
    [`from=${two['at']}&to=${three['at']}&device=r2`, [two]],
    ['to=2020-01-01T00:00:00Z', []],
    ['account=acme', []],
    ['account=default', []],
  ]
  for (const [query, wanted] of filters) assert.deepEqual(await entriesOf(rival, query), wanted, query)
  assert.ok((await entriesOf(service, 'account=acme')).length > 5, 'the admin sees all')
  for (const query of ['actor=somebody', 'action=x', 'from=yesterday', 'cursor=x', 'cursor=YWZ0ZXI6eA', 'more=1'])
    assert.equal((await rival.read(`/v1/audit?${query}`)).status, 400, query)
  const reader = Object((await service.post('/v1/keys', { account: 'rival', scopes: ['devices:read'] })).body).key
  for (const path of ['/v1/audit', '/v1/audit/export'])
    assert.equal((await createService(url, reader).read(path)).status, 403)

  const own = await exported(rival)
  const whole = await exported(service)
  assert.ok(isWhole(own.text))
  assert.deepEqual(
    own.entries.map(({ seq, hash }) => [seq, hash]),
    whole.entries.map(({ seq, hash }) => [seq, hash]),
  )
  for (const entry of own.entries)
    if (entry['account'] !== 'rival') assert.deepEqual(Object.keys(entry), ['seq', 'digest', 'previous', 'hash'])
  for (const word of ['acme', 'lobby', 'listed', 'admin-key']) assert.ok(!own.text.includes(word), word)
})

test('S-M4 N5 at the command line: a table, an export that another program can check, and one sentence about what is wrong', async () => {
  await using folder = await openFolder()
  const file = join(folder.path, 'audit.jsonl')
  const shown = await run(['audit', '--account', 'acme', '--action', 'claim.made'])
  assert.equal(shown.code, 0, shown.stderr)
  assert.match(shown.stdout, /^SEQ +AT +WHO +ACTION.*\n\d+ .*key \w{8} +claim\.made +acme +listed /)
  const json = await run(['audit', '--json', '--device', 'lobby', '--all'])
  assert.deepEqual(JSON.parse(json.stdout).items, await entriesOf(service, 'device=lobby'))

  const written = await run(['audit', 'export', '--out', file])
  assert.deepEqual([written.code, written.stderr], [0, ''])
  const [, head = ''] = /^Exported \d+ entries\. .*:\n(\d+:[0-9a-f]{64})\n$/.exec(written.stdout) ?? []
  const text = readFileSync(file, 'utf8')
  assert.ok(isWhole(text))
  assert.match((await run(['audit', 'export', '--out', file])).stderr, /^There is a file .* already: name another\.\n$/)
  const piped = await run(['audit', 'export', '--out', '-'])
  assert.ok(piped.stdout.startsWith(text))

  const verify = async (...args: string[]) => {
    const { code, stdout, stderr } = await run(['audit', 'verify', ...args])
    return [code, stdout + stderr] as const
  }
  assert.match((await verify())[1], /^The audit log is whole: \d+ entries, from entry 1 of .* on\. Its head:\n/)
  const [code, words] = await verify(file, '--head', head)
  assert.deepEqual([code, words.endsWith(`${head}\n`)], [0, true])
  const lines = text.trimEnd().split('\n')
  const exchanged = lines.with(4, lines[5] ?? '').with(5, lines[4] ?? '')
  for (const [what, wrong, pattern, ...args] of [
    ['exchanged', exchanged, /^Entry 5 is not in its place/],
    ['cut', lines.slice(0, 6), /^Entry 7 is missing: the log is cut at the end/, '--head', head],
  ] as [string, string[], RegExp, ...string[]][]) {
    writeFileSync(file, `${wrong.join('\n')}\n`)
    const [code, words] = await verify(file, ...args)
    assert.equal(code, 1, what)
    assert.match(words, pattern, what)
  }
  assert.match((await verify(join(folder.path, 'none')))[1], /^.*none cannot be read \(ENOENT/)
  assert.equal((await verify('--head', 'x'))[0], 2)
  assert.match((await verify('--key', 'wrong'))[1], /^The relay does not know this key\./)
})

test('S-M4 N5 a row that was changed, removed or exchanged in the record is named; what was cut off as well', async () => {
  await street.relay().stop()
  const file = new DatabaseSync(join(street.data, 'fairlead.db'), { timeout: 5000 })
  file.exec("create temp table kept as select * from audit; update audit set actor_id = 'somebody' where seq = 4")
  await street.restartRelay()
  const verified = await run(['audit', 'verify'])
  assert.deepEqual([verified.code, verified.stdout], [1, ''])
  assert.match(verified.stderr, /^Entry 4 was changed: .*\.\n$/)

  const exchange = 'update audit set seq = -7 where seq = 7; update audit set seq = 7 where seq = 8'
  const newest = Number(file.prepare('select seq from audit_head').get()?.['seq'])
  for (const [sql, pattern] of [
    ['delete from audit where seq = 6', /^Entry 6 is missing/],
    [`${exchange}; update audit set seq = 8 where seq = -7`, /^Entry 7 was changed/],
    ['delete from audit where seq = 1', /^Entry 1 is missing/],
    [`delete from audit where seq = ${newest}`, new RegExp(`^Entry ${newest} is missing: the log is cut at the end`)],
  ] as const) {
    file.exec(`delete from audit; insert into audit select * from kept; ${sql}`)
    await assert.rejects(checkRelay(), (error: Error) => pattern.test(error.message), sql)
  }
  file.exec('delete from audit; insert into audit select * from kept')
  file.close()
  assert.equal((await checkRelay()).last?.seq, newest)
})

/** As `fairlead audit verify` does. */
async function checkRelay() {
  const { head, lines } = await createClient({ url, key: street.adminKey }).audit.export()
  return checkChain(lines, { heads: [readHead(head ?? '') as Head] })
}

test('S-M4 N5 killed in the middle of its writes, a relay has an entry for each change, and none for what was not done', async () => {
  await service.post('/v1/devices', { id: 'away' })
  /** Requests that wait on disk for their device, as far as a service was told. */
  const stored: string[] = []
  for (const round of [1, 2]) {
    let count = 0
    const writing = async (one: number) => {
      for (let at = 0; ; at++) {
        await service.post('/v1/devices', { id: `k${round}-${one}-${at}` })
        const { requestId } = await service.ask('away', { set: { location: 'x' }, deliverWithinSeconds: 600 })
        stored.push(requestId ?? '')
        count++
      }
    }
    // Each ends with the relay.
    const dying = Promise.allSettled(Array.from({ length: 8 }, (_, one) => writing(one)))
    await until('it writes', () => count > 20)
    await Promise.all([dying, street.restartRelay('SIGKILL')])
  }
  const { text, entries } = await exported(service)
  assert.ok(isWhole(text))
  const of = (action: string, name: string) =>
    entries.filter((entry) => entry['action'] === action).map((entry) => String(entry[name]))
  const enrolled = of('device.enrolled', 'device').filter((id) => /^k\d/.test(id))
  const there: string[] = []
  for (let cursor = ''; ; ) {
    const { items, nextCursor } = Object((await service.read(`/v1/devices?limit=500${cursor}`)).body)
    there.push(...items.map(({ id }: { id: string }) => id).filter((id: string) => /^k\d/.test(id)))
    if (nextCursor === null) break
    cursor = `&cursor=${nextCursor}`
  }
  assert.ok(there.length > 40)
  assert.deepEqual(enrolled.sort(), there.sort())
  const accepted = new Set(of('request.accepted', 'requestId'))
  assert.deepEqual(
    stored.filter((requestId) => !accepted.has(requestId)),
    [],
  )
})

test('S-M4 N5 two nodes that write at once make one chain without a gap', async () => {
  await using cluster = await openCluster({ nodes: 2 })
  const services = cluster.nodes.map((node) => createService(node.url, cluster.adminKey))
  const ids = Array.from({ length: 60 }, (_, at) => `d${at}`)
  await Promise.all(
    ids.map(async (id, at) => {
      const made = await services[at % 2]?.post('/v1/devices', { id })
      assert.equal(made?.status, 201)
    }),
  )
  const [one, two] = await Promise.all(services.map(exported))
  assert.ok(isWhole(one?.text ?? ''))
  assert.equal(one?.text, two?.text)
  const told = one?.entries.filter(({ action }) => action === 'device.enrolled').map(({ device }) => device)
  assert.deepEqual(told?.sort(), ids.sort())
  const verified = await cliFor(cluster)(['audit', 'verify'])
  assert.deepEqual([verified.code, verified.stderr], [0, ''])

  const { body } = Object(await services[0]?.post('/v1/devices', { id: 'asked' }))
  await using device = await openHandDevice({ relayUrl: cluster.nodes[0]?.url ?? '', id: 'asked', secret: body.secret })
  device.serve(({ request }) => ({ values: request.set ?? {}, errors: {} }))
  const elsewhere = services[1] as Service
  await until('it is online', async () => Object((await elsewhere.read('/v1/devices/asked')).body).state === 'online')
  const { requestId, outcome } = await elsewhere.ask('asked', { set: { location: 'x' } })
  assert.equal(outcome, 'answered')
  const ofRequest = async () =>
    (await entriesOf(elsewhere, 'device=asked')).filter((entry) => entry['requestId'] === requestId)
  await until('both are told', async () => (await ofRequest()).length === 2)
  assert.deepEqual(
    (await ofRequest()).map(({ action, actor, address }) => [action, actor, address]),
    [
      ['request.finished', { kind: 'relay' }, undefined],
      ['request.accepted', { kind: 'admin' }, '127.0.0.1'],
    ],
  )
})
