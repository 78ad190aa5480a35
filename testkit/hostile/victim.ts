/** A relay under attack: a real process whose memory, files and log are watched, somewhere in the world. */
import { readdirSync, readFileSync } from 'node:fs'
import { makeCertificate } from '../certificate.ts'
import type { EventLine } from '../event-lines.ts'
import { openFolder } from '../folder.ts'
import { type Neighbourhood, type NeighbourhoodOptions, openNeighbourhood } from '../neighbourhood.ts'
import { openNetworks } from '../networks.ts'
import { type Start, startHouseFile, startProcess } from '../process.ts'
import type { CrowdPlan, HonestPlan, HonestResult } from './plans.ts'

/**
 * `here`: all on this machine's loopback. `proxied`: the same, and the relay believes what it is told of addresses.
 * `tls`: on loopback, with TLS. `elsewhere`: the relay in an internet, the crowd behind one router, the honest device
 * behind another. `small-buffers`: as that, but all in one place whose kernel keeps little for who does not read.
 */
export type Place = 'here' | 'proxied' | 'tls' | 'elsewhere' | 'small-buffers'

export interface Victim extends AsyncDisposable {
  readonly street: Neighbourhood
  /** As the crowd reaches it. */
  readonly url: string
  /** The honest device. */
  readonly id: string
  /** One that is enrolled like it, and means no good. */
  readonly hostile: { id: string; secret: string }
  /** What the kernel says that the relay's process has. */
  residentMiB(): number
  openFiles(): number
  /** Lines of its log so far. */
  logLines(): number
  /** Lets a crowd at it. */
  attack<Result>(plan: CrowdPlan): Promise<Crowd<Result>>
  /** Starts the honest device. */
  letIn(): Promise<Crowd<HonestResult>>
}

export interface Crowd<Result> {
  /** It has done all that it came for. */
  readonly isOver: boolean
  /** What it has said so far by lines of this event. */
  told(event: 'crowd.heard' | 'crowd.let-in'): EventLine[]
  /** Ends it, if it has not ended. @returns what it tells */
  end(): Promise<Result>
}

interface World extends NeighbourhoodOptions {
  crowd: Start
  honest: Start
  more?: Partial<HonestPlan>
  /** As the crowd reaches it, if not as it listens. */
  url?: string
}

export async function openVictim(place: Place): Promise<Victim> {
  await using building = new AsyncDisposableStack()
  const world = await openWorld(place, building)
  const { crowd, honest, more } = world
  const street = building.use(await openNeighbourhood(world))
  const id = 'honest'
  const { secret } = await street.enrol(id)
  const hostile = { id: 'hostile', secret: (await street.enrol('hostile')).secret }
  const ready = readReady(street)
  const { pid } = ready
  const url = world.url ?? ready.url
  const built = building.move()
  return {
    street,
    url,
    id,
    hostile,
    residentMiB: () => Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024,
    openFiles: () => readdirSync(`/proc/${pid}/fd`).length,
    logLines: () => street.relay().output().stderr.split('\n').length - 1,
    attack: (plan) => openCrowd(plan, crowd),
    letIn: () => openCrowd({ role: 'honest', url, id, secret, ...more }, honest),
    [Symbol.asyncDispose]: () => built.disposeAsync(),
  }
}

async function openWorld(place: Place, building: AsyncDisposableStack): Promise<World> {
  const here = { crowd: startProcess, honest: startProcess }
  switch (place) {
    case 'here':
      return here
    case 'proxied':
      return { ...here, relay: ['--trusted-proxies', '127.0.0.1/32'], more: { forwardedFor: '198.51.100.7' } }
    case 'tls': {
      const folder = building.use(await openFolder())
      const { certPath, keyPath, cert } = await makeCertificate(folder.path)
      const relay = ['--tls-cert', certPath, '--tls-key', keyPath]
      // The test itself calls in plain HTTP: a POST on loopback is taken as it comes.
      const reach = async (port: number) => `http://127.0.0.1:${port}`
      return { ...here, relay, reach, more: { authority: cert } }
    }
    default: {
      const { internet, left, right } = building.use(await openNetworks())
      const { start, reach, address } = internet
      const inside = { start, reach, listen: '0.0.0.0:8080', url: `http://${address}:8080` }
      if (place === 'elsewhere') return { ...inside, crowd: left.start, honest: right.start }
      for (const buffers of ['tcp_rmem', 'tcp_wmem'])
        await internet.run('sysctl', '-qw', `net.ipv4.${buffers}=4096 8192 8192`)
      return { ...inside, crowd: start, honest: start }
    }
  }
}

/** The process that serves: what was started may be something in between. */
function readReady(street: Neighbourhood): { pid: number; url: string } {
  const lines = street.relay().output().stdout.split('\n')
  return JSON.parse(lines.find((line) => line.includes('"relay.ready"')) ?? '{}')
}

async function openCrowd<Result>(plan: CrowdPlan, start: Start): Promise<Crowd<Result>> {
  const crowd = await startHouseFile('testkit/hostile/crowd.ts', [JSON.stringify(plan)], {}, start)
  await crowd.nextEvent('crowd.ready')
  let isOver = false
  void crowd.exited.then(() => {
    isOver = true
  })
  return {
    get isOver() {
      return isOver
    },
    told: (event) =>
      crowd
        .output()
        .stdout.split('\n')
        .filter((line) => line.endsWith('}') && line.includes(`"${event}"`))
        .map((line) => JSON.parse(line)),
    async end() {
      if (!isOver) crowd.signal('SIGTERM')
      const { result } = await crowd.nextEvent('crowd.done', 60_000)
      await crowd.exited
      return result as Result
    },
  }
}
