/** N1, N7: a device is a printer for everything that speaks IPP. */
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { makePdf } from './documents.ts'
import { runIppTool } from './ipptool.ts'
import { type Neighbourhood, openNeighbourhood } from './neighbourhood.ts'

const scene = new AsyncDisposableStack()
let street: Neighbourhood
let uri: string
let pdf: string

before(async () => {
  street = scene.use(await openNeighbourhood())
  await street.openAgent({ id: 'lobby' })
  const { body } = await street.service.post('/v1/keys', { account: 'default' })
  uri = `${street.url.replace('http:', 'ipp:').replace('//', `//print:${Object(body).key}@`)}/ipp/print/lobby`
  pdf = join(street.data, 'three.pdf')
  await writeFile(pdf, makePdf(3))
})
after(() => scene.disposeAsync())

for (const suite of ['ipp-1.1.test', 'ipp-2.0.test', 'ipp-everywhere.test'])
  test(`N7 ${suite} of CUPS passes`, async () => {
    const { passed, failed, skipped } = await runIppTool(uri, suite, pdf, street.data)
    console.log(suite, passed.length, failed.length, skipped.length)
    assert.deepEqual(failed, [])
  })
