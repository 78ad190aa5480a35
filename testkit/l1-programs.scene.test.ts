/** L1 with the two programs that come with it: from a touch on the panel to paper in the tray, and to a mail with the scan. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { openFolder } from './folder.ts'
import { openMailServer } from './mail-server.ts'
import { openNeighbourhood } from './neighbourhood.ts'
import { press, wordsOf } from './panel-page.ts'
import { pagesOf, untilJob } from './print-jobs.ts'
import { startHouseFile } from './process.ts'
import { answerForm } from './program-form.ts'
import { until } from './until.ts'

await using building = new AsyncDisposableStack()
const street = building.use(await openNeighbourhood({ relay: ['--webhook-networks', '127.0.0.1'] }))
const mail = building.use(await openMailServer())
const folder = building.use(await openFolder())
const programs = building.use(
  await startHouseFile(
    'cli/main.ts',
    [
      ...['programs', '--relay', street.url, '--listen', '127.0.0.1:0', '--from', 'scans@firm.example'],
      ...['--data', join(folder.path, 'programs')],
    ],
    { environment: { FAIRLEAD_KEY: street.adminKey, FAIRLEAD_SMTP: mail.url } },
  ),
)
await programs.nextEvent('programs.ready')
const agent = await street.openAgent({
  id: 'lobby',
  driver: 'virtual?toner.black=8&feeder=3',
  agent: ['--listen', '127.0.0.1:0'],
})
const page = String((await agent.process.nextEvent('agent.ready'))['url'])
const scene = building.move()
after(() => scene.disposeAsync())

const shows = (words: RegExp) => until(`the panel says ${words}`, async () => words.test(await wordsOf(page)))

test('L1 today’s page: a touch, what it will be told, and paper in the tray; the next time one touch, in another language', async () => {
  await shows(/Programs.*Print today/)
  await press(page, '/program', { program: 'print-today' })
  await shows(/This program will be told:.*Supplies/)
  await press(page, '/program-agree')
  await shows(/Today.* Close/)
  const jobOf = async () => Object((await street.service.read('/v1/jobs?device=lobby')).body).items
  const [first] = await jobOf()
  await untilJob(street, first.jobId, 'done')
  assert.equal(await pagesOf(street, 'lobby'), 1)
  await press(page, '/program-close')

  // Whoever touches it now reads Japanese.
  await press(page, '/program', { program: 'print-today' }, 'ja')
  await shows(/今日のページを印刷しています.* Close/)
  const [second, ...others] = await jobOf()
  assert.deepEqual([others.length, second.jobId === first.jobId], [1, false])
  await untilJob(street, second.jobId, 'done')
  assert.equal(await pagesOf(street, 'lobby'), 2)
  await press(page, '/program-close')
})

test('L1 scan to e-mail: what lies on the glass is in the mail, and the panel says who has it', async () => {
  await press(page, '/program', { program: 'scan-to-email' })
  if (/will be told/.test(await wordsOf(page))) await press(page, '/program-agree')
  await shows(/E-mail address/)
  await answerForm(page, { to: 'nobody' })
  await shows(/no e-mail address/)
  await answerForm(page, { to: 'ann@firm.example' })
  await shows(/Where do the pages lie\? On the glass In the feeder In the feeder, both sides Cancel/)
  await press(page, '/pull-scan', { word: 'feeder' })
  await shows(/Passed on to ann@firm\.example by Scan to e-mail\. Close/)
  assert.equal(mail.mails.length, 1)
  const [sent] = mail.mails
  assert.deepEqual(sent?.to, ['ann@firm.example'])
  const [, encoded = ''] =
    /Content-Disposition: attachment.*?\r\n\r\n([A-Za-z0-9+/=\r\n]+)/s.exec(sent?.text ?? '') ?? []
  const pdf = Buffer.from(encoded, 'base64').toString('latin1')
  assert.match(pdf, /^%PDF-.*\/Type \/Pages \/Count 3 /s)
  await press(page, '/program-close')
  assert.doesNotMatch(await wordsOf(page), /ann@firm/, 'whoever comes next reads nothing of it')

  await press(page, '/program', { program: 'scan-to-email' })
  await shows(/E-mail address/)
  mail.refusal = { code: 550, words: 'No such mailbox here' }
  await answerForm(page, { to: 'ghost@firm.example' })
  await shows(/Where do the pages lie/)
  await press(page, '/pull-scan', { word: 'glass' })
  await shows(/1 page scanned\./)
  await press(page, '/pull-scan', { word: 'finished' })
  await shows(/Refused by Scan to e-mail.*No such mailbox here/)
})
