/** Many devices in one agent process, for scenes in which many go and come at once. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openFolder } from '../folder.ts'
import type { Neighbourhood } from '../neighbourhood.ts'
import { type StartedProcess, startHouseFile } from '../process.ts'
import { until } from '../until.ts'

export interface Fleet extends AsyncDisposable {
  readonly ids: readonly string[]
  /** The agent that runs now. */
  process(): StartedProcess
  /** Ends the agent as a power cut does. */
  kill(): Promise<void>
  /** Starts it again from its folder. */
  start(): Promise<void>
}

/** How many are enrolled side by side. */
const atOnce = 25

/** Enrols `count` devices and starts their agent; they are ONLINE when this is done. @param relayUrl through a wire, if not the relay itself */
export async function openFleet(street: Neighbourhood, count: number, relayUrl = street.url): Promise<Fleet> {
  await using building = new AsyncDisposableStack()
  const folder = building.use(await openFolder())
  const ids = Array.from({ length: count }, (_, at) => `fleet-${String(at).padStart(4, '0')}`)
  const devices: { id: string; secret: string; driver: string }[] = []
  for (let from = 0; from < count; from += atOnce)
    for (const enrolling of ids.slice(from, from + atOnce).map((id) => ({ id, enrolled: street.enrol(id) })))
      devices.push({ id: enrolling.id, secret: (await enrolling.enrolled).secret, driver: 'virtual' })
  const data = join(folder.path, 'data')
  await mkdir(data)
  const config = join(folder.path, 'agent.yaml')
  // JSON is YAML as well.
  await writeFile(config, JSON.stringify({ relay: relayUrl, devices }), { mode: 0o600 })

  const run = () => startHouseFile('cli/main.ts', ['agent', '--config', config, '--data', data])
  let running = await run()
  building.defer(async () => void (await running.kill()))
  await untilOnline(street, count)
  const built = building.move()
  return {
    ids,
    process: () => running,
    kill: async () => void (await running.kill()),
    async start() {
      running = await run()
      await untilOnline(street, count)
    },
    [Symbol.asyncDispose]: () => built.disposeAsync(),
  }
}

/** The IDs of the fleet's devices in that state, by the list. */
export async function listIds({ service }: Neighbourhood, state: 'online' | 'offline'): Promise<string[]> {
  // Lists are what a relay with too much to do refuses first.
  const items = await until('the relay tells who they are', async () => {
    const { status, body } = await service.read(`/v1/devices?state=${state}&limit=500`)
    return status === 503 ? undefined : (Object(body).items as { id: string }[])
  })
  return items.map(({ id }) => id).filter((id) => id.startsWith('fleet-'))
}

/** @throws {Error} when there are not so many after `withinMs`: with those that are not, how they stand, and what `saying` has of them */
export async function untilOnline(
  street: Neighbourhood,
  count: number,
  withinMs = 60_000,
  saying: () => string = () => '',
): Promise<void> {
  let online: readonly string[] = []
  try {
    await until(
      `${count} devices are online`,
      async () => {
        online = await listIds(street, 'online')
        return online.length === count
      },
      withinMs,
    )
  } catch (error) {
    const others = (await listIds(street, 'offline')).slice(0, 3)
    const looks = await Promise.all(others.map(async (id) => (await street.service.read(`/v1/devices/${id}`)).body))
    const said = others.map((id) =>
      saying()
        .split('\n')
        .filter((line) => line.includes(id))
        .slice(-10)
        .join('\n'),
    )
    const words = `${online.length} of ${count} devices are online; not: ${said.join('\n')}\n${JSON.stringify(looks)}`
    throw new Error(words, { cause: error })
  }
}
