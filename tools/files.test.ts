/** Every file says what it is for and fits on a screen or two. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readSourceFiles } from './house.ts'

const longestLines = 400

/** A few words and the end of a sentence. In a longer comment it may stand on the line below. */
const opensWithSentence = /^\/\*\* \S+ \S.*[.:?!]/

test('line 1 of every file begins a sentence that says what the file is for', () => {
  const silent = readSourceFiles().filter(({ text }) => !opensWithSentence.test(firstComment(text)))
  assert.deepEqual(
    silent.map(({ path }) => path),
    [],
  )
})

test(`no file is longer than ${longestLines} lines`, () => {
  const long = readSourceFiles().filter(({ text }) => text.split('\n').length - 1 > longestLines)
  assert.deepEqual(
    long.map(({ path }) => path),
    [],
  )
})

test('nothing that runs at a relay, an agent or in a browser makes code, commands or SQL of a text', () => {
  const maker =
    /\beval\(|\bnew Function\(|['"]node:vm['"]|(?<!import \{ ((type ChildProcess|execFile|spawn)(, )?)+ \} from )['"]node:child_process['"]|\bshell: (?!false)|\bsql\.raw\(|innerHTML\s*=|dangerouslySetInnerHTML/
  const floors = /^(base|protocol|relay|agent|sdk|cli|console)\//
  const isForTests = /(\.test|for-tests|-trial|-stand)\.tsx?$/
  const makers = readSourceFiles().filter(
    ({ path, text }) => floors.test(path) && !isForTests.test(path) && maker.test(text),
  )
  assert.deepEqual(
    makers.map(({ path }) => path),
    [],
  )
  for (const text of [
    "import { exec } from 'node:child_process'",
    "import * as processes from 'node:child_process'",
    'spawn(program, words, { shell: true })',
    'sql.raw(text)',
    'element.innerHTML = text',
  ])
    assert.match(text, maker)
  assert.doesNotMatch("import { spawn } from 'node:child_process'", maker)
})

/** Each starts one program, by a list of words: what a document or a caller says is no part of a command. */
const startsPrograms = [
  'agent/drivers/convert.ts',
  'agent/power/gpio-sensor.ts',
  'agent/scanning/scanimage.ts',
  'cli/outbox/background.ts',
  'cli/outbox/unit-files.ts',
]

test('programs are started by those few that must', () => {
  const starters = readSourceFiles().filter(
    ({ path, text }) => /^(base|protocol|relay|agent|sdk|cli|console)\//.test(path) && /node:child_process/.test(text),
  )
  const found = starters.map(({ path }) => path).filter((path) => !/(\.test|for-tests|-trial|-stand)\.tsx?$/.test(path))
  assert.deepEqual(found, startsPrograms)
})

test('a file without such a sentence is found', () => {
  assert.doesNotMatch(firstComment("import { a } from './a.ts'\n"), opensWithSentence)
  assert.doesNotMatch(firstComment('/** todo */\n'), opensWithSentence)
  assert.match(firstComment('/** It waits. */\n'), opensWithSentence)
  assert.match(firstComment('/**\n * The eight bytes that\n * open a message.\n */\n'), opensWithSentence)
})

/** The comment that opens the file, its sentence joined on one line. */
function firstComment(text: string): string {
  const comment = /^\/\*\*[\s\S]*?\*\//.exec(text)?.[0] ?? ''
  return comment.replace(/^\/\*\*\n \* /, '/** ').replaceAll('\n * ', ' ')
}
