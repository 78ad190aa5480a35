/** M1 N6: a job is taken by one node, its device's session is at another, the document comes through a third; the first two are killed in between. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test } from 'node:test'
import { openCluster } from './cluster.ts'
import { makePdf } from './documents.ts'
import { openFolder } from './folder.ts'
import { openSplitWay } from './jobs-between-nodes.ts'
import { findJob, mustSendJob, pagesOf } from './print-jobs.ts'
import { startHouseFile } from './process.ts'
import { createService } from './service.ts'
import { until } from './until.ts'

test('M1 jobs whose nodes are killed when they are accepted, notified, half fetched and executing are printed exactly once', async () => {
  await using scene = new AsyncDisposableStack()
  const folder = scene.use(await openFolder())
  const cluster = scene.use(await openCluster())
  const { nodes, adminKey } = cluster
  const [accepting, withSession, third] = nodes
  assert.ok(accepting && withSession && third)
  const at = (url: string) => ({ url, adminKey, service: createService(url, adminKey) })
  const [first, last] = [at(accepting.url), at(third.url)]

  async function openDevice(id: string, driver: string, bytesPerSecond = 0) {
    const { body } = await last.service.post('/v1/devices', { id })
    const session = () => (withSession?.isRunning() ? withSession.url : last.url)
    const way = scene.use(await openSplitWay({ session, calls: () => last.url, bytesPerSecond }))
    const settings = ['--relay', way.url, '--id', id, '--driver', driver, '--data', join(folder.path, id)]
    const environment = { FAIRLEAD_SECRET: Object(body).secret }
    const agent = scene.use(await startHouseFile('cli/main.ts', ['agent', ...settings], { environment }))
    await agent.nextEvent('device.online', 60_000)
    return { id, way, agent }
  }

  const large = makePdf(4, 2_000_000)
  const [deaf, slow] = await Promise.all([
    openDevice('deaf', 'virtual'),
    openDevice('slow', 'virtual', 200_000),
    openDevice('busy', 'virtual?secondsPerPage=0.4'),
  ])
  const nodesOfSessions = await cluster.servers.postgres.run('select distinct node from device', cluster.databaseUrl)
  assert.equal(nodesOfSessions.length, 1, 'all sessions are at one node')

  const halfFetched = await mustSendJob(first, 'slow', large)
  const executing = await mustSendJob(first, 'busy', makePdf(30))
  deaf.agent.signal('SIGSTOP')
  const accepted = await mustSendJob(first, 'deaf', makePdf(2), 'hold=true')
  const notified = await mustSendJob(first, 'deaf', makePdf(3))
  await until('it has been notified', () => deaf.way.hasPushed(notified))
  await until('half of it is fetched', () => slow.way.documentBytes() > large.length / 2)
  await until('it prints', async () => ((await findJob(last, executing)).pagesDone ?? 0) > 0)
  await accepting.stop('SIGKILL')
  await withSession.stop('SIGKILL')
  assert.ok(slow.way.documentBytes() < large.length, 'it is not fetched yet')
  assert.equal((await findJob(last, executing)).state, 'executing')
  assert.equal((await findJob(last, notified)).states.at(-1)?.state, 'waiting', 'the device has not answered')
  deaf.agent.signal('SIGCONT')
  await last.service.call('PATCH', `/v1/jobs/${accepted}`, { hold: false })

  for (const [jobId, pages] of [
    [accepted, 2],
    [notified, 3],
    [halfFetched, 4],
    [executing, 30],
  ] as const)
    await until(
      `${jobId} is done with ${pages} pages`,
      async () => {
        const { state, pagesDone } = await findJob(last, jobId)
        assert.ok(!['failed', 'unknown', 'cancelled', 'expired'].includes(state), state)
        return state === 'done' && pagesDone === pages
      },
      60_000,
    )
  const counted = async (id: string, pages: number) =>
    until(
      `${pages} pages are counted at ${id}`,
      async () => (await pagesOf(last, id).catch(() => undefined)) === pages,
      60_000,
    )
  await counted('deaf', 5)
  await counted('slow', 4)
  await counted('busy', 30)
})
