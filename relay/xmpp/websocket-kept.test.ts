/** XEP-0198 §5: what was sent to a device is sent again as far as it says that it has not had it, and somebody waits for it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createManagement } from './stream-management.ts'
import { keptCountsOf, restoreManagement } from './websocket-kept.ts'

const push = (id: string) => ({ xml: `<iq type='get' id='${id}' to='d@h/r'><request/></iq>`, token: 1 })
const other = (id: string) => ({ xml: `<iq type='result' id='${id}'/>`, token: 0 })

/** Five were acknowledged; two pushes and an answer have left, a push and an answer have not. */
function standing() {
  const management = createManagement('sm', 60_000)
  management.handled = 9
  management.acknowledged = 5
  management.unacknowledged = [push('a'), other('b'), push('c')]
  management.unsent = [push('d'), other('e')]
  return management
}

const waitFor =
  (...ids: string[]) =>
  async (requestId: string) =>
    ids.includes(requestId)
const idsOf = (stanzas: readonly { xml: string }[]) => stanzas.map(({ xml }) => / id='([^']*)'/.exec(xml)?.[1])

test('6.7 in passing only how far the device has come is kept', () => {
  assert.deepEqual(keptCountsOf(standing(), false), { resumeMs: 60_000, handled: 9 })
})

test('6.7 what the device has handled is not sent again, and neither is what nobody waits for', async () => {
  const kept = keptCountsOf(standing(), true)
  const all = await restoreManagement('sm', kept, 5, waitFor('a', 'c', 'd'))
  assert.deepEqual([all.handled, all.kept, all.acknowledged], [9, 9, 5])
  assert.deepEqual(
    [idsOf(all.unacknowledged), idsOf(all.unsent)],
    [
      ['a', 'b', 'c'],
      ['d', 'e'],
    ],
  )
  assert.equal(
    all.characters,
    [...all.unacknowledged, ...all.unsent].reduce((sum, { xml }) => sum + xml.length, 0),
  )

  // What it has handled stands first, so that its count is taken; of the rest, what is wanted.
  const some = await restoreManagement('sm', kept, 6, waitFor('a', 'd'))
  assert.deepEqual(
    [idsOf(some.unacknowledged), idsOf(some.unsent)],
    [
      ['a', 'b'],
      ['d', 'e'],
    ],
  )
  const given = await restoreManagement('sm', kept, 8, waitFor())
  assert.deepEqual([idsOf(given.unacknowledged), idsOf(given.unsent)], [['a', 'b', 'c'], ['e']])
})

test('6.7 where it is not known what was sent the word of the device stands, and counts go round', async () => {
  const crashed = await restoreManagement('sm', { resumeMs: 1000, handled: 3 }, 4_000_000_000, waitFor())
  assert.deepEqual([crashed.acknowledged, crashed.unacknowledged, crashed.unsent], [4_000_000_000, [], []])
  const round = { ...keptCountsOf(standing(), true), sent: undefined }
  const sent = { acknowledged: 2 ** 32 - 1, unacknowledged: [other('x'), other('y')], unsent: [] }
  const gone = await restoreManagement('sm', { ...round, sent }, 1, waitFor())
  assert.deepEqual(idsOf(gone.unacknowledged), ['x', 'y'])
})
