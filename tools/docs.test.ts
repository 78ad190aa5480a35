/** What the documents say is so: every requirement is accounted for, every file, link and room that they name is there. */
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { home, readSourceFiles } from './house.ts'

const read = (path: string) => readFileSync(join(home, path), 'utf8')
const documents = globSync('{*.md,docs/**/*.md}', { cwd: home }).sort()

const upTo = (letter: string, last: number) => Array.from({ length: last }, (_, at) => `${letter}${at + 1}`)
const requirements = [
  ...['A1b', ...upTo('A', 17)],
  ...[...upTo('B', 8), ...upTo('C', 7), ...upTo('D', 6)],
  ...['E1', 'F1', 'G1', 'G2', 'H1', 'I1', 'J1', 'K1', 'L1', 'M1'],
  ...upTo('N', 8),
]

interface Row {
  id: string
  doneBy: string
  shownBy: string
}

function traceabilityRows(): Row[] {
  const rows = read('docs/traceability.md').matchAll(/^\| ([A-N]\d+b?) \| [^|]+ \|([^|]+)\|([^|]*)\|$/gm)
  return [...rows].map(([, id = '', doneBy = '', shownBy = '']) => ({
    id,
    doneBy: doneBy.trim(),
    shownBy: shownBy.trim(),
  }))
}

const filesIn = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, path = '']) => path)

test('every requirement has exactly one row', () => {
  assert.deepEqual(
    traceabilityRows()
      .map(({ id }) => id)
      .sort(),
    requirements.sort(),
  )
})

test('a row names files that exist and tests that show it, or says "not built yet"', () => {
  const wrong = traceabilityRows().filter(({ doneBy, shownBy }) => {
    if (doneBy === 'not built yet') return shownBy !== ''
    const [code, tests] = [filesIn(doneBy), filesIn(shownBy)]
    const isThere = [...code, ...tests].every((path) => existsSync(join(home, path)))
    return !isThere || code.length === 0 || tests.length === 0 || !tests.every((path) => path.endsWith('.test.ts'))
  })
  assert.deepEqual(wrong, [])
})

test('a requirement that a test is named after is not called "not built yet"', () => {
  const named = readSourceFiles()
    .filter(({ path }) => path.endsWith('.test.ts'))
    .flatMap(({ text }) => [...text.matchAll(/\btest\(\s*['"`]((?:[A-N]\d+b? )+)/g)])
    .flatMap(([, ids = '']) => ids.trim().split(' '))
  const notBuilt = traceabilityRows().filter(({ doneBy }) => doneBy === 'not built yet')
  assert.ok(named.includes('A9'))
  assert.deepEqual(
    notBuilt.filter(({ id }) => named.includes(id)),
    [],
  )
})

const securityRows = [
  ...upTo('S-X', 5),
  ...upTo('S-D', 8),
  ...upTo('S-A', 7),
  ...upTo('S-R', 6),
  'S-W1',
  'S-W2',
  'S-W3',
  'S-W4',
  'S-W6',
  'S-M1',
  'S-M2',
  'S-M4',
  'S-M5',
]

test('the security table has each of its rows once, with tests that begin with its ID, or says "not yet"', () => {
  const rows = [...read('docs/security.md').matchAll(/^\| (S-[A-Z]\d+) \|([^|]+)\|([^|]*)\|$/gm)]
  assert.deepEqual(
    rows.map(([, id]) => id),
    securityRows,
  )
  const wrong = rows.filter(([, id = '', words = '', shownBy = '']) => {
    if (words.trim().startsWith('not yet')) return shownBy.trim() !== ''
    // The ID first in a name, or after others.
    const named = new RegExp(`['"\`](?:S-[A-Z]\\d+ )*${id}[ '"\`]`)
    const files = filesIn(shownBy)
    return files.length === 0 || !files.every((file) => file.endsWith('.test.ts') && named.test(read(file)))
  })
  assert.deepEqual(
    wrong.map(([row]) => row),
    [],
  )
})

/**
 * OWASP ASVS 5.0.0: how many requirements of levels 1 and 2 each section of each chapter has. They stand in it before those of
 * level 3, so they are numbered from 1 to that.
 */
const asvsSections = [
  [2, 9, 11, 3, 2],
  [3, 3, 4, 1],
  [0, 2, 4, 6, 5, 0, 2],
  [3, 1, 2, 4],
  [1, 3, 2, 3],
  [3, 12, 4, 4, 5, 3, 0, 4],
  [3, 4, 2, 5, 2, 2],
  [2, 3, 1, 1],
  [3, 4],
  [2, 2, 4, 11, 5, 2, 3],
  [2, 3, 3, 4, 1, 1],
  [3, 2, 4],
  [1, 5, 2, 5],
  [2, 4, 3],
  [3, 3, 7],
  [1, 5, 4, 3, 3],
  [1, 4, 2],
]
const asvsIds = asvsSections.flatMap((sections, chapter) =>
  sections.flatMap((last, section) => upTo(`${chapter + 1}.${section + 1}.`, last)),
)
const asvsVerdicts = ['holds', 'in part', 'not yet', 'does not apply'] as const

/** A row may name several requirements; a section or a chapter stands for all of it. */
function asvsRows(): { ids: string[]; verdict: string; shownBy: string[] }[] {
  const rows = read('docs/security.md').matchAll(/^\| (\d[\d., ]*) \|[^|]+\| ([^|]+) \|([^|]*)\|$/gm)
  return [...rows].map(([, named = '', verdict = '', shownBy = '']) => ({
    ids: named.split(', ').flatMap((name) => asvsIds.filter((id) => id === name || id.startsWith(`${name}.`))),
    verdict,
    shownBy: filesIn(shownBy),
  }))
}

test('the ASVS checklist has each requirement of levels 1 and 2 once, and counts them right', () => {
  const rows = asvsRows()
  assert.deepEqual(rows.flatMap(({ ids }) => ids).sort(), [...asvsIds].sort())
  const count = (word: string) =>
    rows.filter(({ verdict }) => verdict.startsWith(word)).reduce((sum, { ids }) => sum + ids.length, 0)
  const [holds, inPart, notYet, not] = asvsVerdicts.map(count)
  const counted = `Of ${asvsIds.length} requirements ${holds} hold, ${inPart} hold in part, ${notYet} do not yet, and ${not} do not apply.`
  assert.ok(read('docs/security.md').includes(counted), counted)
})

test('a row of the ASVS checklist has a verdict, says why it is no better, and names files that show what holds', () => {
  const isVerdict = /^(holds|(in part|not yet|does not apply): \S.*)$/
  const wrong = asvsRows().filter(({ verdict, shownBy }) => {
    const claims = verdict === 'holds' || verdict.startsWith('in part')
    return (
      !isVerdict.test(verdict) ||
      claims !== shownBy.length > 0 ||
      !shownBy.every((path) => existsSync(join(home, path)))
    )
  })
  assert.deepEqual(wrong, [])
})

for (const document of documents)
  test(`${document} links only to what is there`, () => {
    const links = [...read(document).matchAll(/\]\(([^)#\s]+)[^)]*\)/g)].map(([, to = '']) => to)
    const broken = links.filter((to) => !/^[a-z]+:/.test(to) && !existsSync(join(home, dirname(document), to)))
    assert.deepEqual(broken, [])
  })

for (const document of documents)
  test(`${document} names only files that are there`, () => {
    const named = filesIn(read(document)).filter((path) =>
      /^[\w-]+(\/[\w.*-]+)+\.(ts|mjs|py|md|conf|cfg|yaml)$/.test(path),
    )
    assert.deepEqual(
      named.filter((path) => globSync(path, { cwd: home }).length === 0),
      [],
    )
  })

test('the map has every room of the house and no other', () => {
  const onMap = [...read('docs/map.md').matchAll(/^\| `([\w/-]+)\/` \|/gm)].map(([, room = '']) => room).sort()
  const rooms = readSourceFiles().map(({ path }) => dirname(path))
  const withSubRooms = ['protocol', 'relay', 'agent', 'cli', 'testkit']
  const there = new Set(
    rooms.map((room) =>
      room
        .split('/')
        .slice(0, withSubRooms.includes(room.split('/')[0] ?? '') ? 2 : 1)
        .join('/'),
    ),
  )
  there.delete('protocol')
  assert.deepEqual(onMap, [...there].sort())
})
