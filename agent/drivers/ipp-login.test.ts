/** Printers that want to know who prints: the examples of the RFC, and a Digest server that nobody here wrote before CUPS' own printer. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { silentLog, systemClock } from '@fairlead/base'
// @ts-expect-error It tells no types.
import auth from 'http-auth'
import { type Folder, openFolder } from '../../testkit/folder.ts'
import { type IppEvePrinter, openIppEvePrinter } from '../../testkit/printers/ippeveprinter.ts'
import { print } from '../../testkit/printers/printed.ts'
import { openDriver } from './drivers.ts'
import { createLogin } from './ipp-login.ts'

/** RFC 7616 §3.9.1. */
const mufasa = { user: 'Mufasa', password: 'Circle of Life' }
const cnonce = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ'
const asked = (algorithm: string, more = '') =>
  `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"${more}`
const responses = {
  md5: '8ca523f5e9506fed4657c9700eebdbec',
  sha256: '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
}

function headerFor(fields: string[], login = mufasa) {
  const shows = createLogin(login, () => cnonce)
  return shows.refused(fields, undefined, false) ? (shows.header('GET', '/dir/index.html') ?? '') : undefined
}

test('N7 the examples of RFC 7616: SHA-256 before MD5, in one field or in two', () => {
  for (const fields of [[asked('MD5'), asked('SHA-256')], [`Basic realm="x", ${asked('MD5')}, ${asked('SHA-256')}`]])
    assert.match(headerFor(fields) ?? '', new RegExp(`response="${responses.sha256}"`))
  const header = headerFor([`Negotiate, ${asked('MD5')}`]) ?? ''
  assert.match(header, new RegExp(`^Digest username="Mufasa", .*nc=00000001, .*response="${responses.md5}"`))
  assert.match(header, /qop=auth, .*opaque="FQhe/)
})

test('N7 a name is hidden or written in UTF-8 as it was asked, and what is not known is not answered', () => {
  const jason = { user: 'J\u00e4s\u00f8n Doe', password: 'Secret, or not?' }
  assert.match(headerFor([asked('MD5')], jason) ?? '', /^Digest username\*=UTF-8''J%C3%A4s%C3%B8n%20Doe, /)
  // RFC 7616 §3.9.2 has its user's name in SHA-512-256; that of SHA-256 is Node's own.
  assert.match(headerFor([asked('SHA-256', ', userhash=true')]) ?? '', /username="[\da-f]{64}".*userhash=true/)
  for (const field of [
    asked('SHA-512-256'),
    'Digest nonce="x"',
    'Digest realm="x", nonce="y", qop="auth-int"',
    'Negotiate',
    '',
  ])
    assert.equal(headerFor([field]), undefined, field)
})

test('N7 a count rises, a new nonce begins it anew, and a password is not tried twice', () => {
  const login = createLogin(mufasa, () => cnonce)
  const nc = () => /nc=(\d+)/.exec(login.header('POST', '/') ?? '')?.[1]
  assert.equal(login.header('POST', '/'), undefined)
  assert.equal(login.refused([asked('MD5')], undefined, false), true)
  assert.deepEqual([nc(), nc()], ['00000001', '00000002'])
  login.answered('nextnonce="another, one"')
  assert.match(login.header('POST', '/') ?? '', /nonce="another, one", nc=00000001/)
  assert.equal(login.refused([asked('MD5')], 'Digest', true), false)
  assert.equal(login.refused([asked('MD5', ', stale=TRUE')], 'Digest', true), true)
  // Somebody else may be there now who wants the password itself.
  assert.equal(login.refused(['Basic realm="x"'], 'Digest', false), false)
})

test('N7 Basic is shown to whom asks for it, and once', () => {
  const login = createLogin(mufasa)
  assert.equal(login.refused(['Basic realm="x"'], undefined, false), true)
  const header = login.header('POST', '/')
  assert.equal(header, `Basic ${Buffer.from('Mufasa:Circle of Life').toString('base64')}`)
  assert.equal(login.refused(['Basic realm="x"'], header, true), false)
  // Of two questions at once both were asked.
  assert.equal(login.refused(['Basic realm="x"'], undefined, false), true)
  assert.equal(createLogin(undefined).refused(['Basic realm="x"'], undefined, false), false)
})

const stack = new AsyncDisposableStack()
let folder: Folder
let printer: IppEvePrinter
let seen: string[] = []

before(async () => {
  folder = stack.use(await openFolder())
  printer = stack.use(await openIppEvePrinter(['-f', 'text/plain']))
})
after(() => stack.disposeAsync())

type Guard = {
  check(
    handler: (from: IncomingMessage, to: ServerResponse) => void,
  ): (from: IncomingMessage, to: ServerResponse) => void
}

/** The server before the printer. @returns its address with this name and password */
async function openGuard(guard: Guard): Promise<(login: string) => string> {
  const guarded = guard.check((from, to) => {
    const onward = request(
      { host: 'localhost', port: printer.port, path: from.url, method: from.method, headers: from.headers },
      (answer) => answer.pipe(to.writeHead(answer.statusCode ?? 500, answer.headers)),
    )
    from.pipe(onward)
  })
  const server = createServer((from, to) => {
    seen.push(from.headers.authorization ?? 'nothing')
    guarded(from, to)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  stack.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return (login) => `ipp://${login}127.0.0.1:${port}/ipp/print`
}

type Check = (user: string, password: string, tell: (right: boolean) => void) => void
type Known = (user: string, tell: (hash: string) => void) => void

test('N7 objects and documents through a server that asks for a Digest, whose nonces grow stale', async () => {
  const known: Known = (_, tell) => tell(createHash('md5').update('ann:printers:s3cret?').digest('hex'))
  const guard = auth.digest({ realm: 'printers', algorithm: 'MD5-sess' }, known)
  const at = await openGuard(guard)
  seen = []
  const driver = await openDriver(at('ann:s3cret%3F@'), { clock: systemClock, log: silentLog })
  assert.equal((await driver.get(['toner.black'])).values['toner.black'], 75)
  guard.nonces.length = 0 // As after a restart of the server.
  assert.equal((await driver.get(['toner.black'])).values['toner.black'], 75)
  assert.deepEqual(
    seen.map((each) => each.split(' ')[0]),
    ['nothing', 'Digest', 'Digest', 'Digest'],
  )
  assert.ok(!seen.some((each) => /s3cret|Basic/.test(each)))

  const file = join(folder.path, 'document')
  await writeFile(file, 'A line.\n'.repeat(50_000))
  assert.equal((await (await print(at('ann:s3cret%3F@'), { file })).end).state, 'done')

  seen = []
  const wrong = await openDriver(at('ann:other@'), { clock: systemClock, log: silentLog })
  const { errors } = await wrong.get(['toner.black'])
  assert.match(errors['toner.black']?.message ?? '', /wants a name and a password, or other ones/)
  assert.equal(seen.length, 2)
  const nobody = await openDriver(at(''), { clock: systemClock, log: silentLog })
  assert.equal((await nobody.get(['toner.black'])).errors['toner.black']?.code, 'no-answer')
})

test('N7 objects and documents through a server that asks for Basic', async () => {
  const check: Check = (user, password, tell) => tell(user === 'ann' && password === 's3cret?')
  const at = await openGuard(auth.basic({ realm: 'printers' }, check))
  seen = []
  const driver = await openDriver(at('ann:s3cret%3F@'), { clock: systemClock, log: silentLog })
  for (let times = 0; times < 2; times++) assert.equal((await driver.get(['toner.black'])).values['toner.black'], 75)
  assert.deepEqual(
    seen.map((each) => each.split(' ')[0]),
    ['nothing', 'Basic', 'Basic'],
  )
})
