/** What is typed into the search of the fleet, and how it goes on. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { complete, completed } from './completion.ts'
import { readSearch, withoutState } from './search.ts'

const read = (text: string) => readSearch(text).filter
const why = (text: string) => readSearch(text).misunderstood.map((one) => `${one.text} ${one.why}`)

test('filters, objects and words are told apart', () => {
  assert.deepEqual(read('state:offline tag:berlin toner.black<20 model:"MFC 9*"'), {
    ...{ state: 'offline', tag: ['berlin'], where: ['toner.black<20'], model: 'MFC 9*' },
  })
  assert.deepEqual(read('toner.black < 20 location = "2nd floor" pages>=1000'), {
    where: ['toner.black<20', 'location="2nd floor"', 'pages>=1000'],
  })
  assert.deepEqual(read('  hall "some text" id:mfp-* serial:X1 tag:"3rd floor" TAG:x'), {
    ...{ q: 'hall some text', id: 'mfp-*', serial: 'X1', tag: ['3rd floor', 'x'] },
  })
  assert.deepEqual(read('tag: "'), {})
  assert.deepEqual(read(''), {})
})

test('what is not understood is named with its reason, and keeps nothing else from being looked for', () => {
  assert.deepEqual(why('<3 state:broken toner.black<low 1x<2 color:red model:a model:b tag:'), [
    ...['<3 form', 'state:broken state', 'toner.black<low number', '1x<2 object', 'color:red key', 'model:b twice'],
  ])
  assert.deepEqual(read('state:broken hall toner.black<low'), { q: 'hall' })
  assert.deepEqual(why('a=1 '.repeat(9)), ['a=1 many'])
  assert.deepEqual(why('https://a.example/x 00:1b:a9 state:ASLEEP'), [])
})

test('a search in any state is the same without it', () => {
  assert.equal(withoutState('tag:a state:offline hall'), 'tag:a  hall')
  assert.equal(withoutState('state:offline'), '')
})

const words = {
  tags: ['berlin', '3rd floor'],
  models: ['MFC-9', 'Laser'],
  objects: ['location', 'toner.black', 'toner.cyan'],
}
const offers = (text: string) => complete(text, words).map(({ insert }) => insert)

test('a word goes on with keys, objects and tags, a key with its values, an object with what is asked of it', () => {
  assert.deepEqual(offers('state:'), ['state:online ', 'state:offline ', 'state:asleep '])
  assert.deepEqual(offers('hall st'), ['state:'])
  assert.deepEqual(offers('tag:3'), ['tag:"3rd floor" '])
  assert.deepEqual(offers('tag:"3rd f'), ['tag:"3rd floor" '])
  assert.deepEqual(offers('model:f'), ['model:MFC-9 '])
  assert.deepEqual(offers('ton'), ['toner.black', 'toner.cyan'])
  assert.deepEqual(offers('black'), ['toner.black'])
  assert.deepEqual(offers('toner.black'), ['toner.black<', 'toner.black>', 'toner.black=', 'toner.black!='])
  assert.deepEqual(offers('ber'), ['tag:berlin '])
  assert.deepEqual([offers('toner.black<'), offers('tag:nowhere'), offers('state:online')], [[], [], []])
  assert.equal(completed('hall tag:"3rd f', { insert: 'tag:"3rd floor" ', kind: 'tag' }), 'hall tag:"3rd floor" ')
  assert.equal(completed('hall ', { insert: 'state:', kind: 'key' }), 'hall state:')
})
