/** A street to play scenes in: one real relay, real agents, and a service that calls it; all gone at the end. */
import { join } from 'node:path'
import { openStockDevice, type Role, type StockDevice } from './cast/cast.ts'
import { openFolder } from './folder.ts'
import { type Start, type StartedProcess, startHouseFile, startProcess } from './process.ts'
import { openRelay, type RelayOptions, type RunningRelay } from './relays.ts'
import { createService, type Service } from './service.ts'
import { until } from './until.ts'

export interface NeighbourhoodOptions {
  /** More options of `fairlead relay`: `['--wait', '5']`. */
  relay?: readonly string[]
  /** Where the relay runs, if not here: `networks.internet.start`. */
  start?: Start
  /** `HOST:PORT`; port 0 by default. */
  listen?: string
  /** From the relay's ready line to a URL that this test reaches: `(port) => networks.internet.reach(port)`. */
  reach?: (port: number) => Promise<string>
  /** Something else than one process: several nodes. */
  open?: (options: RelayOptions) => Promise<RunningRelay>
}

export interface AgentOptions {
  /** Of a device that was enrolled before. */
  secret?: string
  id: string
  /** `virtual` by default. */
  driver?: string
  /** Where the agent finds the relay: through a wire, a proxy, another network. The relay itself by default. */
  relayUrl?: string
  /** More options of `fairlead agent`. */
  agent?: readonly string[]
  environment?: Record<string, string>
  /** Where it runs, if not here: `networks.left.start`. */
  start?: Start
}

export interface StockOptions {
  id: string
  role: Role
  objects: Record<string, unknown>
  /** The relay itself by default. */
  relayUrl?: string
  start?: Start
}

export interface RunningAgent {
  readonly id: string
  readonly secret: string
  readonly process: StartedProcess
  readonly data: string
  /** Once it has ended: another process on the same data. */
  startAgain(): Promise<StartedProcess>
}

export interface Neighbourhood extends AsyncDisposable {
  /** As this test reaches it; it stays over a restart. */
  readonly url: string
  /** As its ready line names it: inside, it may be another. */
  readonly publicUrl: string
  readonly adminKey: string
  /** Calls the API with the admin key. */
  readonly service: Service
  /** The relay that runs now. */
  relay(): StartedProcess
  readonly data: string
  /** Ends the relay (`SIGKILL` is a crash) and starts it again on the same port and data. */
  restartRelay(signal?: 'SIGTERM' | 'SIGKILL', how?: 'without sessions'): Promise<void>
  /** The devices whose sessions outlive the relay. */
  sessionsOnDisk(): Promise<string[]>
  /** Enrols a device by hand. @returns its secret */
  enrol(id: string): Promise<{ jid: string; secret: string }>
  /** Enrols a device, starts its agent and waits until it and the relay say that it is online. */
  openAgent(options: AgentOptions): Promise<RunningAgent>
  /** Enrols a device that is a stock XMPP client, and waits until it is ONLINE. */
  openStockDevice(options: StockOptions): Promise<StockDevice>
}

const adminKey = 'neighbourhood-admin-key'
const program = 'cli/main.ts'
/** The relay's default. */
const domain = 'localhost'

export async function openNeighbourhood(options: NeighbourhoodOptions = {}): Promise<Neighbourhood> {
  await using building = new AsyncDisposableStack()
  const folder = building.use(await openFolder())
  const secrets = new Set([adminKey])
  const started: StartedProcess[] = []
  const lists: (readonly StartedProcess[])[] = [started]
  // Deferred first, so done last: when all of them have ended.
  building.defer(() => mustKeepSecrets(lists.flat(), secrets))
  const relay = building.use(
    await (options.open ?? openRelay)({
      folder: folder.path,
      adminKey,
      settings: options.relay ?? [],
      listen: options.listen ?? '127.0.0.1:0',
      start: options.start,
    }),
  )
  lists.push(relay.started)
  const listening = relay.url
  const url = options.reach ? await options.reach(Number(listening.port)) : listening.origin
  const service = createService(url, adminKey)

  const enrol: Neighbourhood['enrol'] = async (id) => {
    const { status, body } = await service.post('/v1/devices', { id })
    if (status !== 201) throw new Error(`${id} cannot be enrolled: ${status} ${JSON.stringify(body)}`)
    const enrolled = body as { jid: string; secret: string }
    secrets.add(enrolled.secret)
    return enrolled
  }

  /** A stock device says so as its request to be held leaves, our agent once the relay has shown that it is there (A4). */
  const untilOnline = (id: string) =>
    until(`${id} is online`, async () => Object((await service.read(`/v1/devices/${id}`)).body).state === 'online')

  const built = building.move()
  return {
    url,
    publicUrl: relay.publicUrl,
    adminKey,
    service,
    data: relay.data,
    relay: relay.process,
    enrol,
    restartRelay: (signal = 'SIGTERM', how) => relay.restart(signal, how),
    sessionsOnDisk: () => relay.sessionsOnDisk(),

    async openAgent({
      id,
      driver = 'virtual',
      relayUrl = listening.origin,
      agent = [],
      environment,
      start: elsewhere,
      secret: known,
    }) {
      const secret = known ?? (await enrol(id)).secret
      const agentData = join(folder.path, `agent-${id}`)
      const settings = ['--relay', relayUrl, '--id', id, '--driver', driver, '--data', agentData, ...agent]
      // Not on the command line, where everybody on the machine can read it.
      const secretly = { environment: { FAIRLEAD_SECRET: secret, ...environment } }
      const startAgain = async () => {
        const process = built.use(
          await startHouseFile(program, ['agent', ...settings], secretly, elsewhere ?? startProcess),
        )
        started.push(process)
        return process
      }
      const process = await startAgain()
      await process.nextEvent('device.online')
      await untilOnline(id)
      return { id, secret, process, data: agentData, startAgain }
    },

    async openStockDevice({ id, role, objects, relayUrl = listening.origin, start: elsewhere = startProcess }) {
      const { secret } = await enrol(id)
      const asked = { role, relayUrl, domain, id, secret, objects, start: elsewhere }
      const device = built.use(await openStockDevice(asked))
      await device.online()
      await untilOnline(id)
      return device
    },

    [Symbol.asyncDispose]: () => built.disposeAsync(),
  }
}

/** S-M5, in every scene that is played in a street. */
function mustKeepSecrets(started: readonly StartedProcess[], secrets: ReadonlySet<string>): void {
  for (const { stderr } of started.map((process) => process.output()))
    for (const line of stderr.split('\n'))
      for (const secret of secrets) if (line.includes(secret)) throw new Error(`A secret stands in a log: ${line}`)
}
