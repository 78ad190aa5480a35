/** C1 to C7 between two real NATs: an agent shows its PIN, and only a terminal in its own network gets to it. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { runAgentCommand, startAgent } from './agent-command.ts'
import { openFolder } from './folder.ts'
import type { Namespace } from './namespace.ts'
import { type Neighbourhood, openNeighbourhood } from './neighbourhood.ts'
import { type LocalNetwork, type Networks, openNetworks } from './networks.ts'
import { readTray } from './paper.ts'
import { type StartedProcess, startHouseFile } from './process.ts'
import { until } from './until.ts'

const port = 8080
const pagePort = 8081

const scene = new AsyncDisposableStack()
let networks: Networks
let street: Neighbourhood
let relayUrl: string
let folder: string
before(async () => {
  folder = scene.use(await openFolder()).path
  networks = scene.use(await openNetworks())
  relayUrl = `http://${networks.internet.address}:${port}`
  street = scene.use(
    await openNeighbourhood({
      start: networks.internet.start,
      listen: `0.0.0.0:${port}`,
      reach: networks.internet.reach,
      // There is no TLS on this internet; and all of it comes from two addresses.
      relay: ['--public-url', relayUrl, '--insecure-transport', '--max-failed-claims', '100'],
    }),
  )
})
after(() => scene.disposeAsync())

/** Calls from inside a network, as a browser or any program there does; printed as one line of JSON. */
async function callFrom(
  { run }: Pick<Namespace, 'run'>,
  url: string,
  options: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<{ status: number; text: string }> {
  const script = `fetch(${JSON.stringify(url)}, ${JSON.stringify({ ...options, redirect: 'manual' })})
    .then(async (answer) => console.log(JSON.stringify({ status: answer.status, text: await answer.text() })))`
  return JSON.parse(await run(process.execPath, '-e', script))
}

/** Types a PIN in a console there. */
async function typePin(
  from: Pick<Namespace, 'run'>,
  pin: string,
  more: { addresses?: string[]; headers?: Record<string, string> } = { addresses: ['192.168.1.60/24'] },
) {
  const headers = { authorization: `Bearer ${street.adminKey}`, 'content-type': 'application/json', ...more.headers }
  const body = JSON.stringify({ pin, ...(more.addresses && { addresses: more.addresses }) })
  const { status, text } = await callFrom(from, `${relayUrl}/v1/pairings`, { method: 'POST', headers, body })
  return { status, body: Object(JSON.parse(text)) }
}

interface Shown {
  agent: StartedProcess
  pin(): Promise<string>
  page(path?: string): Promise<string>
  press(path: string, form: Record<string, string>): Promise<number>
}

/** Where an agent runs, and from where its page is read. */
type Place = Pick<LocalNetwork, 'start' | 'deviceAddress'> & { terminal: Pick<Namespace, 'run'> }

/** An agent that has neither secret nor code. */
async function showPin(id: string, network: Place, listenPort: number): Promise<Shown> {
  const data = join(folder, id)
  const args = ['--relay', relayUrl, '--id', id, '--driver', 'virtual', '--data', data]
  const agent = scene.use(await startAgent([...args, '--listen', `0.0.0.0:${listenPort}`], {}, network.start))
  const { reason } = await agent.nextEvent('device.offline')
  assert.equal(reason, 'unpaired')
  const own = `http://${network.deviceAddress}:${listenPort}`
  const page = async (path = '/') => (await callFrom(network.terminal, own + path)).text
  async function pin(): Promise<string> {
    let digits = ''
    await until('it shows a PIN', async () => {
      digits =
        /class="digits"><span>(\d{4})<\/span> <span>(\d{4})</
          .exec(await page())
          ?.slice(1)
          .join('') ?? ''
      return digits !== ''
    })
    return digits
  }
  return {
    agent,
    page,
    pin,
    async press(path, form) {
      const [, token = ''] = /name="token" value="([^"]+)"/.exec(await page(path === '/pair' ? '/pair' : '/')) ?? []
      const body = new URLSearchParams({ token, ...form }).toString()
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      return (await callFrom(network.terminal, own + path, { method: 'POST', headers, body })).status
    },
  }
}

const noMatch = ({ status, body }: { status: number; body: Record<string, unknown> }) =>
  assert.deepEqual([status, body['code']], [404, 'no-match'])

test('S-R6 C7 the right PIN from the other network, the wrong one on the same, and twenty forged headers: nothing is sent; the panel says which check failed', async () => {
  const { left, right } = networks
  const shown = await showPin('guarded', left, pagePort)
  const pin = await shown.pin()
  const printed = await runAgentCommand(['pin', '--data', join(folder, 'guarded')], left.start)
  assert.equal(printed, `guarded: ${pin}\n`, 'the agent tells it on request')
  const onPaper = await runAgentCommand(['pin', 'print', '--data', join(folder, 'guarded')], left.start)
  assert.equal(onPaper, 'The PIN of guarded is printed: it lies in the tray.\n')
  assert.equal(await shown.press('/print-pin', {}), 303)
  const sheets = await readTray(join(folder, 'guarded'), 'guarded')
  assert.equal(sheets.length, 1, 'and prints it on paper, once')
  assert.match(sheets[0] ?? '', new RegExp(`^ +${pin.slice(0, 4)} ${pin.slice(4)}$`, 'm'))
  const wrong = pin.replace(/^./, (digit) => String((Number(digit) + 1) % 10))

  noMatch(await typePin(right.terminal, pin))
  await until('the panel says so', async () => (await shown.page()).includes('in another network'))
  noMatch(await typePin(left.terminal, wrong))
  await until('the panel says so', async () => (await shown.page()).includes('typed another PIN'))

  const victim = left.publicAddress
  const forged: Record<string, string>[] = [
    { 'x-forwarded-for': victim },
    { 'x-forwarded-for': `${victim}, ${victim}` },
    { 'x-forwarded-for': `${victim}:443` },
    { 'x-forwarded-for': `::ffff:${victim}` },
    { 'x-forwarded-for': `"${victim}"` },
    { 'x-forwarded-for': `127.0.0.1, ${victim}` },
    { 'x-forwarded-for': ` ${victim} ` },
    { 'x-real-ip': victim },
    { 'x-real-ip': `::ffff:${victim}` },
    { forwarded: `for=${victim}` },
    { forwarded: `for="${victim}:1234"` },
    { forwarded: `for="[::ffff:${victim}]"` },
    { forwarded: `for=127.0.0.1;by=${victim}` },
    { 'true-client-ip': victim },
    { 'cf-connecting-ip': victim },
    { 'client-ip': victim },
    { 'x-client-ip': victim },
    { 'x-cluster-client-ip': victim },
    { 'x-forwarded-for': victim, 'x-real-ip': victim, forwarded: `for=${victim}` },
    { 'x-forwarded-host': victim, 'x-forwarded-proto': 'https', via: `1.1 ${victim}` },
  ]
  assert.equal(forged.length, 20)
  // After five tries the device shows another.
  for (const headers of forged)
    noMatch(await typePin(right.terminal, await shown.pin(), { addresses: ['192.168.1.60/24'], headers }))
  assert.equal((await street.service.read('/v1/devices/guarded')).status, 404, 'nothing is stored')
  await shown.agent.stop()
})

test('C1 to C6 on the same network: the link leads to the device’s own page, one press there, and both sides say that it is connected', async () => {
  const { left, right } = networks
  const shown = await showPin('lobby', left, pagePort + 1)
  const pin = await shown.pin()
  const typed = await typePin(left.terminal, pin)
  assert.equal(typed.status, 201, JSON.stringify(typed.body))
  const link = new URL(typed.body.sendingRequest.url)
  assert.equal(link.origin, `http://${left.deviceAddress}:${pagePort + 1}`)
  noMatch(await typePin(left.terminal, pin))
  assert.notEqual(await right.terminal.tryToConnect(left.deviceAddress, pagePort + 1), 'connected')

  // What a browser does with the link: the page from the device itself, and the code from the fragment into its form.
  const page = await callFrom(left.terminal, link.origin + link.pathname)
  assert.equal(page.status, 200)
  assert.ok(page.text.includes('Connect') && page.text.includes(relayUrl))
  const foreign = `require('node:http').get('${link.origin}/pair', { headers: { host: 'evil.example' } },
    ({ statusCode }) => process.exit(console.log(statusCode)))`
  assert.equal((await left.terminal.run(process.execPath, '-e', foreign)).trim(), '421', 'DNS rebinding')
  assert.equal(await shown.press('/pair', { code: link.hash.slice(1) }), 303)
  await shown.agent.nextEvent('device.online')
  await until('the terminal says so', async () => {
    const { body } = await street.service.read(`/v1/pairings/${typed.body.pairingId}`)
    return Object(body).state === 'connected'
  })
  await until('the panel says so', async () => (await shown.page()).includes('Online'))
  assert.equal((await street.service.ask('lobby', { get: ['model'] })).outcome, 'answered')
  assert.ok((await shown.page('/pair')).includes('has an owner already'))

  // A folder alone is enough.
  await shown.agent.stop('SIGKILL')
  await using again = await startAgent(['--data', join(folder, 'lobby')], {}, left.start)
  await again.nextEvent('device.online')
})

test('C3 weak evidence: `fairlead pair` says why, a press on the panel, and it is sent', async () => {
  const { left } = networks
  const shown = await showPin('doubtful', left, pagePort + 2)
  const typed = await typePin(left.terminal, await shown.pin(), {})
  assert.equal(typed.status, 202)
  await until('the panel asks', async () => (await shown.page()).includes('Is that you?'))
  assert.equal(await shown.press('/press', {}), 303)
  let link = ''
  await until('it is sent', async () => {
    const { body } = await street.service.read(`/v1/pairings/${typed.body.pairingId}`)
    link = Object(body).sendingRequest?.url ?? ''
    return link !== ''
  })
  assert.equal(await shown.press('/pair', { code: `${'a'.repeat(22)}.${'b'.repeat(43)}` }), 303)
  await until('a wrong code is told', async () => (await shown.page()).includes('has been used, or was too old'))
  await shown.agent.stop()
})

test('C5 on a machine with public addresses alone the page is reached, shows no PIN, and says what to do', async () => {
  const { internet } = networks
  const place = { start: internet.start, deviceAddress: internet.address, terminal: internet }
  const shown = await showPin('exposed', place, pagePort + 4)
  const page = await shown.page()
  assert.match(page, /no address of a local network[^<]*--code CODE/)
  assert.doesNotMatch(page, /<h2>PIN<\/h2>/)
  await shown.agent.stop()
})

test('`fairlead pair` in the same network follows along until the device is connected', async () => {
  const { left } = networks
  const shown = await showPin('typed', left, pagePort + 3)
  const args = ['pair', await shown.pin(), '--relay', relayUrl, '--wait']
  const environment = { FAIRLEAD_KEY: street.adminKey }
  await using pair = await startHouseFile('cli/main.ts', args, { environment }, left.terminal.start)
  let link = ''
  await until('it prints the link', () => {
    link = /^http:\S+/m.exec(pair.output().stdout)?.[0] ?? ''
    return link !== ''
  })
  assert.equal(await shown.press('/pair', { code: new URL(link).hash.slice(1) }), 303)
  const { code } = await pair.exited
  assert.equal(code, 0, pair.output().stderr)
  assert.match(pair.output().stdout, /typed is in this network[\s\S]*Connected\. `fairlead devices typed` shows it\./)
})
