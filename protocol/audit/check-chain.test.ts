/** The verifier of the audit log: what it passes, and which entry it names. */
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { canonicalJson, checkChain, digestOf, type Head, hashOf, noHash, readHead } from './index.ts'

type Entry = Record<string, unknown> & Head & { previous: string }

function chain(length: number, from = 1, previous = noHash): Entry[] {
  const entries: Entry[] = []
  for (let seq = from; seq < from + length; seq++) {
    const at = new Date(1_764_000_000_000 + seq).toISOString()
    const content = { seq, at, action: 'key.made', actor: { kind: 'admin' }, result: 'done', salt: `s${seq}` }
    entries.push(sealed({ ...content, previous: entries.at(-1)?.hash ?? previous }))
  }
  return entries
}

function sealed(entry: Record<string, unknown> & { seq: number; previous: string }): Entry {
  return { ...entry, hash: hashOf(entry.previous, digestOf(entry)) }
}

async function* linesOf(entries: readonly object[]): AsyncGenerator<string> {
  for (const entry of entries) yield JSON.stringify(entry)
}

const check = (entries: readonly object[], head?: Head) => checkChain(linesOf(entries), { heads: head ? [head] : [] })

test('S-M4 canonical JSON has its names in order, at every depth, and nothing that is undefined', () => {
  assert.equal(canonicalJson({ b: [{ d: 1, c: 'x"' }], a: undefined, A: null }), '{"A":null,"b":[{"c":"x\\"","d":1}]}')
})

test('S-M4 a digest and a hash are what the words say, whatever the order of the names', () => {
  const entry = { seq: 1, salt: 's', previous: noHash, hash: 'x' }
  const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
  assert.equal(digestOf(entry), sha256('{"salt":"s","seq":1}'))
  assert.equal(digestOf({ salt: 's', seq: 1 }), digestOf(entry))
  assert.equal(hashOf(noHash, digestOf(entry)), sha256(noHash + sha256('{"salt":"s","seq":1}')))
})

test('S-M4 a whole chain passes, and an empty one; entries of others stand in it as their digests', async () => {
  const entries = chain(5)
  const last = { seq: 5, hash: entries[4]?.hash }
  assert.deepEqual(await check(entries), { entries: 5, first: { seq: 1, at: entries[0]?.['at'] }, last })
  assert.deepEqual(await check([]), { entries: 0, first: undefined, last: undefined })
  const hidden = entries.map((entry) => {
    const { seq, previous, hash } = entry
    return seq % 2 === 0 ? entry : { seq, digest: digestOf(entry), previous, hash }
  })
  assert.deepEqual(await check(hidden, readHead(`5:${last.hash}`)), {
    entries: 5,
    first: { seq: 1, at: undefined },
    last,
  })
})

test('S-M4 the first entry that is wrong is named: changed, missing, not in its place, twice, cut off', async () => {
  const good = chain(6)
  const [one, two, three, four, five, six] = good as [Entry, Entry, Entry, Entry, Entry, Entry]
  const head = { seq: 6, hash: six.hash }
  const wrongs: [string, object[], RegExp, Head?][] = [
    ['edited', [one, two, { ...three, result: 'forbidden' }, four, five, six], /^Entry 3 was changed/],
    ['something added', [one, two, { ...three, more: 1 }, four, five, six], /^Entry 3 was changed/],
    ['edited and sealed', [one, two, sealed({ ...three, result: 'x' }), four, five, six], /^Entry 3 was changed/],
    ['the first one edited', [{ ...one, at: two['at'] }, two, three], /^Entry 1 was changed/],
    ['another beginning', chain(3, 1, 'a'.repeat(64)), /^Entry 1 was changed/],
    ['left out', [one, two, four, five, six], /^Entry 3 is missing: in its place stands entry 4\.$/],
    ['the first one left out', [three, four, five], /^Entry 2 is missing/],
    ['exchanged', [one, two, four, three, five], /^Entry 3 is not in its place: it stands behind entry 4\.$/],
    ['twice', [one, two, two, three], /^Entry 2 is not in its place/],
    ['renumbered', [one, { ...three, seq: 2 }, { ...two, seq: 3 }, four], /^Entry 2 was changed/],
    ['cut', [one, two, three, four], /^Entry 5 is missing: the log is cut at the end, its head is entry 6\.$/, head],
    ['all of it cut', [], /^Entry 1 is missing/, head],
    ['made anew', [...chain(5), sealed({ ...six, result: 'x' })], /^Entry 6 is not the one/, head],
    ['no entry', [one, { seq: 2 }], /^Line 2 is no entry of an audit log\.$/],
  ]
  for (const [what, entries, words, at] of wrongs)
    await assert.rejects(check(entries, at), (error: Error) => words.test(error.message), what)
})

test('S-M4 what was trimmed is vouched for by an entry that names the last one trimmed', async () => {
  const whole = chain(4)
  const [, two, three, four] = whole as [Entry, Entry, Entry, Entry]
  const trimming = sealed({
    ...{ seq: 5, at: '2026-01-01T00:00:00.000Z', action: 'audit.trimmed', subject: `2:${two.hash}` },
    previous: four.hash,
  })
  assert.deepEqual((await check([three, four, trimming])).first, { seq: 3, at: three['at'] })
  await assert.rejects(check([four, trimming]), /^Failure: Entry 3 is missing/)
  await assert.rejects(check([three, four]), /^Failure: Entry 2 is missing/)
  await assert.rejects(check([three, four, trimming], { seq: 1, hash: noHash }), /entry 1, which was trimmed/)
})

test('S-M4 a head is a number and a hash', () => {
  assert.deepEqual(readHead(`12:${noHash}`), { seq: 12, hash: noHash })
  for (const wrong of ['', '12', `0:${noHash}`, `1:${noHash}0`, `x:${noHash}`]) assert.equal(readHead(wrong), undefined)
})
