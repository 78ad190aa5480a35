/** `npm start`: a relay on its embedded default, devices beside it, a GET and a SET through it, and what to try next. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { askedToStop } from '@fairlead/base'
import { type Client, createClient, NoRelayError, RelayError } from '@fairlead/sdk'
import { openFolder } from './folder.ts'
import { type StartedProcess, startHouseFile } from './process.ts'
import { asking, type Neighbour, nextSteps, opening, stopping, telling } from './start-words.ts'

/** One of several sorts (A15). Their first values count once: what is printed and set afterwards stays. */
const devices: readonly Neighbour[] = [
  {
    id: 'printer-1',
    what: 'a printer',
    driver: 'virtual?serial=MFP-0001&toner.black=73&pages=34910&location=ground+floor',
  },
  { id: 'embroidery-1', what: 'an embroidery machine', driver: 'virtual:embroidery-machine?serial=EM-0001' },
  { id: '3d-printer-1', what: 'a 3D printer', driver: 'virtual:3d-printer?serial=3D-0001' },
]

const program = 'cli/main.ts'
const usualPort = 8080
/** Relay and agent finish what is in flight for up to 10 s when they are told to stop, then they say farewell. */
const longestStopMs = 25_000

/** Told to a person in one sentence. */
class Refused extends Error {}
/** Ends everything, after it was told: what is still to be stopped may take its time. */
class Told extends Error {}
/** Asked to stop while things were still being started. */
class Stopped extends Error {}

async function main(words: readonly string[]): Promise<number> {
  const isOnce = words[0] === '--once'
  if (words.length > (isOnce ? 1 : 0)) {
    console.error('npm start takes no options; npm start -- --once takes no other one.')
    return 2
  }
  const stop = stopWanted()
  try {
    await play(isOnce, stop)
    return 0
  } catch (error) {
    if (error instanceof Stopped) return 0
    if (error instanceof Told) return 1
    if (!(error instanceof Refused || error instanceof RelayError || error instanceof NoRelayError)) throw error
    console.error(error.message)
    return 1
  }
}

async function play(isOnce: boolean, stop: Promise<void>): Promise<void> {
  const stopped = stop.then(() => Promise.reject(new Stopped()))
  // Whoever waits for something hears of it; nobody else has to.
  stopped.catch(() => {})
  const unlessStopped = <Value>(wait: Promise<Value>): Promise<Value> => Promise.race([wait, stopped])

  await using stack = new AsyncDisposableStack()
  const folder = isOnce ? stack.use(await openFolder()).path : process.cwd()
  const data = join(folder, 'data')
  const isTaken = await isPortTaken(usualPort)

  const settings = ['--data', data, '--listen', `127.0.0.1:${isTaken ? 0 : usualPort}`]
  const relay = await startHouseFile(program, ['relay', ...settings])
  stack.defer(() => end(relay))
  const ready = await unlessStopped(announced(relay, 'relay.ready'))
  const [url, publicUrl] = [String(ready['url']), String(ready['publicUrl'])]
  const keyFile = join(data, 'admin-key')
  const client = createClient({ url, key: readFileSync(keyFile, 'utf8').trim() })

  const config = await writeAgentConfig(client, url, join(folder, 'agent-data'))
  const agent = await startHouseFile(program, ['agent', ...config])
  stack.defer(() => end(agent))
  const { devices: pages } = await unlessStopped(announced(agent, 'agent.ready'))
  for (const _device of devices) await unlessStopped(announced(agent, 'device.online'))

  console.log(opening({ version: String(ready['version']), publicUrl, isTaken }))
  await callThrough(client, devices[0]?.id ?? '')
  if (isOnce) return
  const consoleUrl = (await setUpLink(client)) ?? `${publicUrl}/console/`
  const told = { publicUrl, consoleUrl, keyFile, data, devices }
  console.log(nextSteps({ ...told, pages: pages as { id: string; url: string }[] }))
  await Promise.race([stop, unexpectedEnd(relay, 'relay'), unexpectedEnd(agent, 'agent of the devices')])
  console.log(stopping)
}

async function isPortTaken(port: number): Promise<boolean> {
  const server = createServer()
  const { promise, resolve } = Promise.withResolvers<boolean>()
  server.once('error', () => resolve(true)).listen(port, '127.0.0.1', () => server.close(() => resolve(false)))
  return await promise
}

/** The agent's options: all devices from a file, because the secrets are nobody else's. */
async function writeAgentConfig(client: Client, relay: string, folder: string): Promise<string[]> {
  const listen = '127.0.0.1:0'
  const told: object[] = []
  for (const { id, driver } of devices) told.push({ id, driver, listen, secret: await secretOf(client, id) })
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, 'devices.yaml')
  // Every JSON text is YAML.
  writeFileSync(path, JSON.stringify({ relay, devices: told }, null, 2), { mode: 0o600 })
  return ['--config', path, '--data', folder]
}

/** A device that the relay knows from an earlier start gets a new secret: then both folders agree, whatever was removed. */
async function secretOf(client: Client, id: string): Promise<string> {
  try {
    return (await client.devices.rotate(id)).secret
  } catch (error) {
    if (!(error instanceof RelayError) || error.code !== 'unknown-device') throw error
    return (await client.devices.add({ id })).secret
  }
}

/** @returns undefined: there is a user, who signs in */
async function setUpLink(client: Client): Promise<string | undefined> {
  try {
    return (await client.setUp.newLink()).url
  } catch (error) {
    if (!(error instanceof RelayError) || error.code !== 'not-found') throw error
    return undefined
  }
}

async function callThrough(client: Client, id: string): Promise<void> {
  const { values } = await client.get(id, ['model', 'status', 'toner.black', 'pages', 'location'])
  console.log(asking(id, values))
  // Another place each time, so that there is a change to see.
  const place = values['location'] === '2nd floor' ? 'ground floor' : '2nd floor'
  const answer = await client.set(id, { location: place })
  console.log(telling(id, 'values' in answer ? answer.values : {}))
}

async function announced(started: StartedProcess, event: string) {
  try {
    return await started.nextEvent(event)
  } catch {
    throw new Refused(lastWords(started))
  }
}

async function unexpectedEnd(started: StartedProcess, name: string): Promise<never> {
  // What it said while it started, the admin key among it, is not why it ended.
  const saidBefore = started.output().stderr.length
  const { signal } = await started.exited
  // Nobody who is killed can say why; on a small machine it is often for want of memory.
  const how = signal ? `was ended by ${signal}` : 'has ended by itself'
  console.error(
    `The ${name} ${how}, so everything stops. ${lastWords(started, saidBefore)}\nWhat was stored is kept: npm start goes on with it.`,
  )
  throw new Told()
}

/** What it said to people; its log lines are for programs. */
function lastWords(started: StartedProcess, saidBefore = 0): string {
  const lines = started.output().stderr.slice(saidBefore).split('\n')
  const words = lines.filter((line) => !line.startsWith('{')).join('\n')
  return words.trim() || 'It said nothing.'
}

async function end(started: StartedProcess): Promise<void> {
  await started.stop('SIGTERM', longestStopMs)
}

/** By a signal, or by the end of the npm that started this: npm swallows signals, and its children are orphaned. */
function stopWanted(): Promise<void> {
  const { promise: orphaned, resolve } = Promise.withResolvers<void>()
  const parent = process.ppid
  setInterval(() => process.ppid !== parent && resolve(), 500).unref()
  return Promise.race([askedToStop().then(() => {}), orphaned])
}

process.exitCode = await main(process.argv.slice(2))
