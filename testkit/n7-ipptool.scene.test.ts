/** N7: what CUPS wants of a printer (IPP/1.1, IPP/2.0 and IPP Everywhere), asked of a device at the relay and of CUPS's own model. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { makePdf } from './documents.ts'
import { openFolder } from './folder.ts'
import { runIppTool } from './ipptool.ts'
import { openNeighbourhood } from './neighbourhood.ts'
import { openIppEvePrinter } from './printers/ippeveprinter.ts'

/** What cannot be asked of a printer that wants to know who prints. */
const ofNobody = new Set([
  // After a 401 libcups asks again with the ID 1, so that the bad one never comes (n1-ipp.scene.test.ts sends it).
  'RFC 8011 section 4.1.1: Bad request-id value 0',
  // ipptool leaves it out where it signs in: nobody can be somebody else there by saying so.
  'RFC 8011 section 4.2.6: Get-Jobs Operation (my-jobs different user)',
])

/** One of each of the three: the last suite runs the second, and that the first. */
const ofEach = [
  'RFC 8011 section 4.2.1: Print-Job Operation',
  'PWG 5100.12 section 6.2 - Required Printer Description Attributes',
  'PWG 5100.14 section 5.1/5.2 - Required Operations and Attributes',
]

test('N7 a device at the relay passes ipp-1.1, ipp-2.0 and ipp-everywhere, and so all that ippeveprinter passes', async () => {
  await using street = await openNeighbourhood()
  await using folder = await openFolder()
  await using model = await openIppEvePrinter()
  await street.openAgent({ id: 'lobby' })
  const { body } = await street.service.post('/v1/keys', { account: 'default' })
  const uri = `${street.url.replace('http://', `ipp://print:${Object(body).key}@`)}/ipp/print/lobby`
  const pdf = join(folder.path, 'three.pdf')
  await writeFile(pdf, makePdf(3))
  const [ours, theirs] = await Promise.all([
    runIppTool(uri, 'ipp-everywhere.test', pdf, folder.path),
    runIppTool(model.uri, 'ipp-everywhere.test', pdf, folder.path),
  ])
  assert.deepEqual(
    ours.failed.filter(({ name }) => !ofNobody.has(name)),
    [],
  )
  for (const name of ofEach) assert.ok(ours.passed.includes(name), name)
  const more = theirs.passed.filter((name) => !ours.passed.includes(name) && !ofNobody.has(name))
  assert.deepEqual(more, [], 'ippeveprinter passes more')
  assert.ok(theirs.passed.length > 10, JSON.stringify(theirs))
})
