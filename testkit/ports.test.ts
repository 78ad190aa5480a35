/** That two servers of the tests never want the same port. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { createSeededRandom } from '@fairlead/base'
import { findFreePort } from './ports.ts'
import { startProcess } from './process.ts'

const seed = 4711
/** Wants the same ports in the same order as everybody who counts from this seed. */
const alike = () => createSeededRandom(seed).fraction
const takeOne = `
  const [{ createSeededRandom }, { findFreePort }] = await Promise.all([
    import('@fairlead/base'), import('${new URL('ports.ts', import.meta.url)}')])
  console.log(JSON.stringify({ event: 'taken', port: await findFreePort(createSeededRandom(${seed}).fraction) }))
  setInterval(() => {}, 1000)`

test('a port that one process was given is given to no other until that ends, though nobody listens there', async () => {
  const words = [...process.execArgv, '--input-type=module', '-e', takeOne]
  const other = await startProcess(process.execPath, words)
  try {
    const { port } = await other.nextEvent('taken')
    const mine = await findFreePort(alike())
    assert.notEqual(mine, port)
    await other.kill()
    assert.equal(await findFreePort(alike()), port)
    assert.notEqual(await findFreePort(alike()), mine, 'nor to this process again')
  } finally {
    await other.kill()
  }
})

test('a port at which somebody listens is not given', async () => {
  const wanted = 10_000 + Math.floor(alike()() * 22_000)
  const server = createServer().listen(wanted, '127.0.0.1')
  await once(server, 'listening')
  try {
    assert.notEqual(await findFreePort(alike()), wanted)
  } finally {
    server.close()
  }
})
