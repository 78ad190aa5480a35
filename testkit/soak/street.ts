/** The street of a soak: a relay, agents that can be killed and started again, and devices in this process that outlive both. */
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Folder, openFolder } from '../folder.ts'
import { type HandDevice, openHandDevice, type Pushed } from '../hand-device.ts'
import { type Neighbourhood, type NeighbourhoodOptions, openNeighbourhood } from '../neighbourhood.ts'
import { type StartedProcess, startHouseFile } from '../process.ts'
import { until } from '../until.ts'
import { answerOf, readWish, workMsOf } from './deed.ts'
import { createExecutions, type Executions } from './executions.ts'

/** Short times, so that a round is: what a device is promised after it is gone follows from them. */
export const waitSeconds = 5
export const inactivitySeconds = 8
const relayTimes = [
  ...['--wait', String(waitSeconds), '--inactivity', String(inactivitySeconds)],
  ...['--survival-timeout', '0', '--management-timeout', '18'],
]

export interface StreetOptions {
  /** More options of the relay. */
  relay?: readonly string[]
  start?: NeighbourhoodOptions['start']
  agents?: number
  devicesPerAgent?: number
  /** Devices in this process, straight at the relay. */
  hands?: number
  /** From the relay's URL to the one that an agent is given, asked for each of them: through a wire, through nginx. */
  through?: (relayUrl: string) => Promise<string>
}

export interface SoakAgent {
  readonly ids: readonly string[]
  readonly folder: string
  process(): StartedProcess
  /** From its data, as it was. */
  start(): Promise<void>
}

export interface SoakStreet extends AsyncDisposable {
  readonly relay: Neighbourhood
  readonly agents: readonly SoakAgent[]
  /** Every device, those of the agents first. */
  readonly devices: readonly string[]
  readonly secret: string
  readonly executions: Executions
  /** Which devices the relay calls ONLINE now; undefined: it says nothing. */
  online(): Promise<Set<string> | undefined>
  untilOnline(withinMs?: number): Promise<void>
  /** Who is cut off again and again waits longer each time (field note 11): they begin anew, as those that were not. */
  restartAgents(): Promise<void>
}

const secret = 'the-secret-of-every-device'
/** A device in this process says what it did for so long, each third of a second. */
const mostTries = 150

export async function openSoakStreet(options: StreetOptions = {}): Promise<SoakStreet> {
  const { agents: agentCount = 2, devicesPerAgent = 2, hands = 2, start } = options
  await using building = new AsyncDisposableStack()
  const folder = building.use(await openFolder())
  const executions = createExecutions(join(folder.path, 'executions.jsonl'))
  const relay = building.use(
    await openNeighbourhood({ relay: [...relayTimes, ...(options.relay ?? [])], ...(start && { start }) }),
  )

  const enrol = async (id: string) => {
    const { status } = await relay.service.post('/v1/devices', { id, secret })
    if (status !== 201) throw new Error(`${id} cannot be enrolled: ${status}`)
    return id
  }
  const agents: SoakAgent[] = []
  for (let number = 1; number <= agentCount; number++) {
    const ids: string[] = []
    for (let at = 1; at <= devicesPerAgent; at++) ids.push(await enrol(`printer-${number}-${at}`))
    const relayUrl = (await options.through?.(relay.url)) ?? relay.url
    const agent = createAgent({ folder, relayUrl, ids, name: `agent-${number}` })
    building.defer(async () => void (await agent.process().kill()))
    await agent.start()
    agents.push(agent)
  }
  const leaving = new AbortController()
  building.defer(() => leaving.abort())
  const handIds: string[] = []
  for (let number = 1; number <= hands; number++) handIds.push(await enrol(`hand-${number}`))
  for (const id of handIds) void keepHand(relay.url, id, executions, leaving.signal)
  const devices = [...agents.flatMap(({ ids }) => ids), ...handIds]

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
    await until(
      `${devices.join(', ')} are ONLINE`,
      async () => {
        const here = await online()
        return here !== undefined && devices.every((id) => here.has(id))
      },
      withinMs,
    )
  }
  await untilOnline()

  const built = building.move()
  return {
    relay,
    agents,
    devices,
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

function createAgent(needs: { folder: Folder; relayUrl: string; ids: string[]; name: string }): SoakAgent {
  const { ids } = needs
  const folder = join(needs.folder.path, needs.name)
  const file = join(needs.folder.path, 'executions.jsonl')
  let running: StartedProcess | undefined
  return {
    ids,
    folder,
    process() {
      if (!running) throw new Error(`${needs.name} was never started`)
      return running
    },
    async start() {
      const environment = { FAIRLEAD_SECRET: secret }
      const program = 'testkit/soak/recording-agent.ts'
      running = await startHouseFile(program, [folder, needs.relayUrl, file, ...ids], { environment })
      await running.nextEvent('agent.ready')
    },
  }
}

/** A stock client: it comes back whenever its session is over, at once and for ever, and remembers nothing. */
async function keepHand(relayUrl: string, id: string, executions: Executions, leaving: AbortSignal): Promise<void> {
  async function carryOut(device: HandDevice, { requestId, request }: Pushed): Promise<void> {
    const wish = readWish(id, request)
    executions.add({ device: id, token: wish.token, requestId })
    await pause(workMsOf(wish.token))
    // Until it was taken, or is wanted no more: whatever became of the relay, and of this session, meanwhile.
    for (let tries = 0; tries < mostTries && !leaving.aborted; tries++) {
      const status = await device.answer(requestId, answerOf(wish)).catch(() => 503)
      if (status < 500) return
      await pause(300)
    }
  }

  while (!leaving.aborted) {
    try {
      await using device = await openHandDevice({ relayUrl, id, secret })
      while (!leaving.aborted)
        // It breaks at what is no request of ours only: then nobody is told that it was done.
        for (const pushed of await device.hold()) void carryOut(device, pushed).catch(() => {})
    } catch {
      // The relay is away, or has ended the session: that is what a soak is about.
    }
    await pause(100)
  }
}
