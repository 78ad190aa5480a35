/** The relay's disk fills up, or turns read-only, under load; there is room again, or it is repaired. */
import { appendFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { createSeededRandom } from '@fairlead/base'
import { openFolder } from '../folder.ts'
import { startHouseFile } from '../process.ts'
import { untilStopped } from '../stopped.ts'
import { until } from '../until.ts'
import { type MountSpace, openMountSpace } from './mount-space.ts'
import { kept, type Play, type PlayOptions, played } from './played.ts'
import { lookToken, openSoak, type Soak } from './soak.ts'

/** That nothing can be stored is said in the log as well, once, and what becomes of documents, which are files: that is no mistake. */
const expectedErrors = /^(database\.away|spool\..+)$/

/** In megabytes: little, so that it is full soon. */
const diskMegabytes = 24

/** With the relay's data in a folder that only `space` sees. */
function openSoakOn(space: MountSpace, data: string, options: PlayOptions): Promise<Soak> {
  return openSoak({
    seed: options.seed,
    patience: options.patience,
    start: space.start,
    relay: ['--data', data],
    seenData: () => space.see(data),
    expectedErrors,
    rules: { mayLoseCalls: true, mayForgetOutcomes: !kept(options).outcomesOverFullDisk, mayOvertake: 'all' },
  })
}

async function store(soak: Soak): Promise<number> {
  return (await soak.street.relay.service.post('/v1/keys', { account: 'default' })).status
}

/** While nothing can be stored: alive, not ready, and what needs no disk goes on. @returns how long until it was noticed */
async function checkWhileFailing(soak: Soak): Promise<number> {
  const { service } = soak.street.relay
  const sinceMs = performance.now()
  const lie = (words: string) => void soak.lies.push({ rule: 'wrong-health', words })
  // A full disk may still take a little, where the database writes over what it has: then it is ready, and says so.
  await until(
    'a write is refused, and /readyz says so',
    async () => {
      const status = await store(soak)
      if (![201, 503, 507].includes(status)) lie(`A write is answered with ${status} while the disk is full.`)
      return status !== 201 && (await service.read('/readyz')).status === 503
    },
    30_000,
  )
  const noticedMs = performance.now() - sinceMs
  if ((await service.read('/healthz')).status !== 200)
    lie('/healthz says that the relay is dead while its disk takes nothing.')
  const hand = soak.street.devices.at(-1) ?? ''
  const read = await service.ask(hand, { get: [`note:${lookToken}`], timeoutSeconds: 5 })
  if (read.status !== 200) lie(`A GET needs no disk, and is answered with ${read.status} ${JSON.stringify(read.body)}.`)
  return noticedMs
}

/** @returns how long it took until the relay stores again, and says that it is ready */
async function untilItStores(soak: Soak): Promise<number> {
  const sinceMs = performance.now()
  await until('the relay stores again', async () => (await store(soak)) === 201, 15_000)
  const { status } = await soak.street.relay.service.read('/readyz')
  if (status !== 200)
    soak.lies.push({ rule: 'wrong-health', words: `/readyz says ${status} though the relay stores again.` })
  return performance.now() - sinceMs
}

export const playFullDisk: Play = async (options) => {
  const { seed, rounds, tell } = options
  const random = createSeededRandom(seed)
  await using folder = await openFolder()
  await using space = await openMountSpace()
  await space.run('mount', '-t', 'tmpfs', '-o', `size=${diskMegabytes}m`, 'tmpfs', folder.path)
  const data = join(folder.path, 'data')
  await using soak = await openSoakOn(space, data, options)
  let [noticedMs, backMs] = [0, 0]

  for (let round = 1; round <= rounds; round++) {
    await pause(500 + random.fraction() * 1000)
    const filler = join(space.see(folder.path), 'filler')
    await fill(filler)
    noticedMs = Math.max(noticedMs, await checkWhileFailing(soak))
    await pause(random.fraction() * 1000)
    await rm(filler)
    backMs = Math.max(backMs, await untilItStores(soak))
    tell(`full-disk ${round}/${rounds}: stores again after ${Math.round(backMs)} ms`)
  }
  // What was said while the disk was full must be what is on it.
  await soak.restartRelay('SIGKILL')
  await soak.street.restartAgents()
  await soak.settle()
  return played('full-disk', rounds, soak, {
    'noticed max ms': noticedMs.toFixed(),
    'stores again max ms': backMs.toFixed(),
  })
}

/** To the last byte: what is left may hold a few small writes. */
async function fill(path: string): Promise<void> {
  for (const bytes of [256 * 1024, 4096, 64])
    try {
      for (;;) await appendFile(path, Buffer.alloc(bytes))
    } catch (error) {
      if (Object(error).code !== 'ENOSPC') throw error
    }
}

export const playReadOnlyDisk: Play = async (options) => {
  const { seed, rounds, tell } = options
  const random = createSeededRandom(seed)
  await using folder = await openFolder()
  await using images = await openFolder()
  await using space = await openMountSpace()
  const image = join(images.path, 'disk')
  await space.run('truncate', '-s', `${diskMegabytes * 2}M`, image)
  await space.run('mkfs.ext4', '-q', '-F', image)
  const mount = () => space.run('mount', '-o', 'loop', image, folder.path)
  await mount()
  const data = join(folder.path, 'data')
  await using soak = await openSoakOn(space, data, options)
  let noticedMs = 0

  for (let round = 1; round <= rounds; round++) {
    await pause(500 + random.fraction() * 1000)
    // As the kernel does it when the disk below breaks: read-only at once, with files open. Linux takes a sync for done that it
    // gives up in that very moment; that is not judged here, so none is under way.
    const relay = soak.street.relay.relay()
    relay.signal('SIGSTOP')
    await untilStopped(relay.pid)
    await space.run('mount', '-o', 'remount,abort', folder.path)
    relay.signal('SIGCONT')
    noticedMs = Math.max(noticedMs, await checkWhileFailing(soak))
    await soak.street.relay.relay().kill()
    await checkNoStart(space, data, soak)
    await space.run('umount', folder.path)
    await space.run('sh', '-c', `e2fsck -fy ${image} || test $? = 1`)
    await mount()
    await soak.restartRelay('SIGKILL')
    await untilItStores(soak)
    await soak.street.restartAgents()
    tell(`read-only-disk ${round}/${rounds}: noticed after ${Math.round(noticedMs)} ms`)
  }
  await soak.settle()
  return played('read-only-disk', rounds, soak, { 'noticed max ms': noticedMs.toFixed() })
}

/** On a disk that cannot be written a relay says so, and does not start. */
async function checkNoStart(space: MountSpace, data: string, soak: Soak): Promise<void> {
  const args = ['relay', '--listen', '127.0.0.1:0', '--data', data]
  await using relay = await startHouseFile('cli/main.ts', args, {}, space.start)
  const { code } = await relay.exited
  const words = relay.output().stderr.trim()
  if (code === 1 && words !== '' && !words.includes('\n')) return
  soak.lies.push({ rule: 'ended', words: `On a read-only disk the relay ends with ${code} and says: ${words}` })
}
