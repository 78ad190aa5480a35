/** Today's page in the languages of the panel: what is on it, read back from the PDF. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { openFolder } from '../../testkit/folder.ts'
import { languageFor, programWords } from './languages.ts'
import { drawToday } from './today-page.ts'

const today = {
  device: '受付',
  place: '2nd floor',
  zone: 'Asia/Tokyo',
  atMs: Date.parse('2026-11-27T18:30:00Z'),
  told: { 'toner.black': 12, 'toner.cyan': 80, alerts: ['no-paper'] },
  waiting: ['契約書.pdf'],
  isLetter: false,
}

test('L1 day, month and all words are in the language of whoever touched it, in letters that the PDF has with it', async () => {
  await using folder = await openFolder()
  const file = join(folder.path, 'today.pdf')
  const expected = {
    en: [
      ...['受付 · 2nd floor', 'Saturday', '28 November 2026', 'Mon Tue Wed Thu Fri Sat Sun'],
      ...['toner black: 12 %', 'out of paper', '契約書.pdf', 'Made at 03:30, Asia/Tokyo'],
    ],
    ja: [
      ...['受付 · 2nd floor', '土曜日', '2026年11月28日', '日 月 火 水 木 金 土'],
      ...['トナー（ブラック）: 残り 12 %', '用紙切れ', '契約書.pdf', '03:30 作成（Asia/Tokyo）'],
    ],
  }
  for (const language of ['en', 'ja'] as const) {
    await writeFile(file, await drawToday(today, programWords[language]))
    const text = execFileSync('pdftotext', ['-layout', file, '-']).toString().replaceAll(/\s+/g, ' ').normalize('NFKC')
    for (const words of expected[language]) assert.ok(text.includes(words.normalize('NFKC')), `${words}: ${text}`)
    assert.match(execFileSync('pdfinfo', [file]).toString(), /Pages: +1\n/)
    const fonts = execFileSync('pdffonts', [file]).toString().trim().split('\n').slice(2)
    assert.ok(fonts.length > 0 && fonts.every((font) => /BIZUDPGothic.* yes yes yes /.test(font)), fonts.join('\n'))
  }
})

test('a language that is not spoken here is the one that was said', () => {
  for (const [told, otherwise, language] of [
    ['ja', 'en', 'ja'],
    ['JA-jp', 'en', 'ja'],
    ['de-CH', 'ja', 'ja'],
    [undefined, 'en', 'en'],
  ] as const)
    assert.equal(languageFor(told, otherwise), language)
})
