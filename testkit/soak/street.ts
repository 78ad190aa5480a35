/** The street of a soak: a relay, agents that can be killed and started again, and devices in this process that outlive both. */
import { join } from 'node:path'
import { type Folder, openFolder } from '../folder.ts'
import { type Neighbourhood, type NeighbourhoodOptions, openNeighbourhood } from '../neighbourhood.ts'
import { type Start, type StartedProcess, startHouseFile } from '../process.ts'
import { until } from '../until.ts'
import { createExecutions, type Executions } from './executions.ts'
import { keepHand, keepStock } from './hands.ts'

/** Short times, so that a round is: what a device is promised after it is gone follows from them. */
export const waitSeconds = 5
export const inactivitySeconds = 8
const relayTimes = [
  ...['--wait', String(waitSeconds), '--inactivity', String(inactivitySeconds)],
  ...['--survival-timeout', '2', '--management-timeout', '18'],
]

/** Where an agent runs, and how it finds the relay from there. */
export interface Place {
  relayUrl: string
  /** Not here: `networks.left.start`. */
  start?: Start
  environment?: Record<string, string>
}

export interface StreetOptions extends Pick<NeighbourhoodOptions, 'start' | 'listen' | 'reach' | 'open'> {
  /** More options of the relay. */
  relay?: readonly string[]
  agents?: number
  devicesPerAgent?: number
  /** From the relay's URL to the one that an agent is given, asked for each of them: through a wire, through nginx. */
  through?: (relayUrl: string) => Promise<string | Place>
}

export interface SoakAgent {
  readonly ids: readonly string[]
  readonly folder: string
  process(): StartedProcess
  /** The local page of its first device. */
  page(): string
  /** From its data, as it was. */
  start(): Promise<void>
}

export interface SoakStreet extends AsyncDisposable {
  readonly relay: Neighbourhood
  readonly agents: readonly SoakAgent[]
  /** Every device that services call, those of the agents first. */
  readonly devices: readonly string[]
  /** Nobody calls it: it shows that it lives by survival notifications alone (A5). */
  readonly quiet: string
  /** By device: an account that has only this one (A8). */
  readonly accounts: ReadonlyMap<string, string>
  readonly secret: string
  /** A key that may ask for `solo-1` alone: what others have done is nothing to it. */
  readonly strangerKey: string
  readonly executions: Executions
  /** Which devices the relay calls ONLINE now; undefined: it says nothing. */
  online(): Promise<Set<string> | undefined>
  untilOnline(withinMs?: number): Promise<void>
  /** Who is cut off again and again waits longer each time (field note 11): they begin anew, as those that were not. */
  restartAgents(): Promise<void>
}

const secret = 'the-secret-of-every-device'
const quiet = 'quiet-1'
const accounts: ReadonlyMap<string, string> = new Map([['solo-1', 'solo']])
/** Devices in this process, straight at the relay. */
const hands: readonly string[] = ['hand-1', 'oids-1', ...accounts.keys()]
const stock = 'stock-1'

export async function openSoakStreet(options: StreetOptions = {}): Promise<SoakStreet> {
  const { agents: agentCount = 2, devicesPerAgent = 2 } = options
  const { start, listen, reach, open } = options
  await using building = new AsyncDisposableStack()
  const folder = building.use(await openFolder())
  const executions = createExecutions(join(folder.path, 'executions.jsonl'))
  const where = { ...(start && { start }), ...(listen && { listen }), ...(reach && { reach }), ...(open && { open }) }
  const relay = building.use(await openNeighbourhood({ relay: [...relayTimes, ...(options.relay ?? [])], ...where }))

  const enrol = async (id: string) => {
    const account = accounts.get(id)
    if (account !== undefined) await relay.service.post('/v1/accounts', { id: account })
    const { status } = await relay.service.post('/v1/devices', { id, secret, ...(account && { account }) })
    if (status !== 201) throw new Error(`${id} cannot be enrolled: ${status}`)
    return id
  }
  const agents: SoakAgent[] = []
  for (let number = 1; number <= agentCount; number++) {
    const ids: string[] = []
    for (let at = 1; at <= devicesPerAgent; at++) ids.push(await enrol(`printer-${number}-${at}`))
    if (number === 1) ids.push(await enrol(quiet))
    const through = (await options.through?.(relay.url)) ?? relay.url
    const place = typeof through === 'string' ? { relayUrl: through } : through
    const agent = createAgent({ folder, place, ids, name: `agent-${number}` })
    building.defer(async () => void (await agent.process().kill()))
    await agent.start()
    agents.push(agent)
  }
  const leaving = new AbortController()
  building.defer(() => leaving.abort())
  for (const id of [...hands, stock]) {
    const needs = { relayUrl: relay.url, id: await enrol(id), secret, executions, leaving: leaving.signal }
    void (id === stock ? keepStock(needs) : keepHand(needs))
  }
  const devices = [...agents.flatMap(({ ids }) => ids), ...hands, stock].filter((id) => id !== quiet)

  async function online(): Promise<Set<string> | undefined> {
    try {
      const { status, body } = await relay.service.read('/v1/devices?state=online&limit=500')
      if (status !== 200) return undefined
      return new Set((Object(body).items as { id: string }[]).map(({ id }) => id))
    } catch {
      // There is no relay at this moment.
      return undefined
    }
  }

  const untilOnline: SoakStreet['untilOnline'] = async (withinMs = 30_000) => {
    let missing: readonly string[] = []
    const look = async () => {
      const here = await online()
      missing = [...devices, quiet].filter((id) => !here?.has(id))
      return missing.length === 0
    }
    await until('all are ONLINE', look, withinMs).catch(() => {
      throw new Error(`Not within ${withinMs} ms: ${missing.join(', ')} ONLINE`)
    })
  }
  await untilOnline()
  const stranger = await relay.service.post('/v1/keys', { account: accounts.get('solo-1') })

  const built = building.move()
  return {
    relay,
    agents,
    devices,
    quiet,
    accounts,
    strangerKey: Object(stranger.body).key,
    secret,
    executions,
    online,
    untilOnline,
    async restartAgents() {
      const restart = async (agent: SoakAgent) => {
        await agent.process().stop('SIGTERM')
        await agent.start()
      }
      await Promise.all(agents.map(restart))
      await untilOnline()
    },
    [Symbol.asyncDispose]: () => built.disposeAsync(),
  }
}

function createAgent(needs: { folder: Folder; place: Place; ids: string[]; name: string }): SoakAgent {
  const { ids, place } = needs
  const folder = join(needs.folder.path, needs.name)
  const file = join(needs.folder.path, 'executions.jsonl')
  let running: StartedProcess | undefined
  let page = ''
  return {
    ids,
    folder,
    process() {
      if (!running) throw new Error(`${needs.name} was never started`)
      return running
    },
    page: () => page,
    async start() {
      const environment = { FAIRLEAD_SECRET: secret, ...place.environment }
      const program = 'testkit/soak/recording-agent.ts'
      running = await startHouseFile(program, [folder, place.relayUrl, file, ...ids], { environment }, place.start)
      page = String((await running.nextEvent('agent.ready'))['url'])
    },
  }
}
