/** Mail with scans: what the operator can mend is tried again, what never goes out is given up after three days; and how a server is named. */
import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { silentLog, systemRandom, UsageError } from '@fairlead/base'
import { openFolder } from '../../testkit/folder.ts'
import { openMailServer } from '../../testkit/mail-server.ts'
import { until } from '../../testkit/until.ts'
import { createMailing } from './mailing.ts'
import { openScans } from './scans.ts'
import { readSmtpServer } from './smtp-server.ts'

test('a log-in that the server refuses keeps the scan waiting, in its words; after three days it is given up', async () => {
  await using folder = await openFolder()
  await using server = await openMailServer()
  let now = Date.now()
  const scans = await openScans(folder.path, 'key', () => now)
  const smtp = readSmtpServer(server.url.replace(/:[^:@]+@/, ':wrong@'))
  // The longest pause: nothing is tried again by itself meanwhile.
  const random = { ...systemRandom, fraction: () => 0.99 }
  const needs = { scans, smtp, from: 'scans@firm.example', random, log: silentLog, now: () => now }
  const { scanId } = await scans.place('run', { device: 'lobby', to: 'ann@firm.example', language: 'en' })
  const taken = await scans.take(scanId, 'application/pdf', Readable.from([Buffer.from('%PDF-')]))
  assert.ok(taken)
  {
    await using mailing = createMailing(needs)
    const tried = await mailing.send(taken, 10_000)
    assert.equal(tried.state, 'waiting')
    assert.match(tried.message ?? '', /Who are you/)
    assert.equal(await mailing.send(tried, 10_000), tried, 'it has its next try before it')
  }
  now += 3 * 24 * 3_600_000 + 1
  await using again = createMailing(needs)
  await again.resume()
  await until('it is given up', async () => (await scans.find(scanId))?.state === 'refused')
  assert.deepEqual(await scans.waiting(), [])
  assert.deepEqual(server.mails, [])
})

test('an SMTP server is named by its address; a password goes to another machine over TLS alone', () => {
  const auth = { user: 'ann@firm', pass: 'a:b/c' }
  const named = 'ann%40firm:a%3Ab%2Fc@mail.example'
  assert.deepEqual(readSmtpServer(`smtp://${named}`), {
    ...{ host: 'mail.example', port: 587, secure: false, requireTLS: true, auth },
  })
  assert.deepEqual(readSmtpServer(`smtps://${named}:4650`), {
    ...{ host: 'mail.example', port: 4650, secure: true, requireTLS: false, auth },
  })
  assert.equal(readSmtpServer('smtp://u:p@127.0.0.1:25').requireTLS, false)
  assert.deepEqual(readSmtpServer('smtp://[2001:db8::1]:25'), {
    ...{ host: '2001:db8::1', port: 25, secure: false, requireTLS: false },
  })
  for (const text of ['mail.example', 'http://mail.example', 'smtp://', 'smtp://a/b', 'smtp://u:%zz@a'])
    assert.throws(() => readSmtpServer(text), UsageError, text)
})
