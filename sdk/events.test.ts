/** The event stream of the SDK against a real relay: no gap, no repeat, and an end when it is asked for. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, test } from 'node:test'
import { listenOnFreePort } from '../testkit/listen.ts'
import { openNeighbourhood } from '../testkit/neighbourhood.ts'
import { until } from '../testkit/until.ts'
import { createClient, type EventsOptions, RelayError, type RelayEvent } from './index.ts'

const street = await openNeighbourhood()
after(() => street[Symbol.asyncDispose]())
const client = createClient({ url: street.url, key: street.adminKey })

/** Listens until disposed of. */
function listen(options: EventsOptions = {}) {
  const stop = new AbortController()
  const heard: RelayEvent[] = []
  const ended = (async () => {
    for await (const event of client.events({ retryMs: 50, ...options, signal: stop.signal })) heard.push(event)
  })()
  return {
    heard,
    async [Symbol.asyncDispose]() {
      stop.abort()
      await ended
    },
  }
}

/** Each removal is an event of its own. */
async function happen(id: string): Promise<void> {
  await client.devices.add({ id })
  await client.devices.remove(id)
}

const removedIn = (events: readonly RelayEvent[]) =>
  events.filter(({ type }) => type === 'device.removed').map(({ data }) => data.device)

/** The usual `fetch`, which tells of what came of the stream and whether it was let go of. */
function createWatchedFetch() {
  const watched = { text: '', cancelled: false, fetch: watchedFetch }
  async function watchedFetch(...asked: Parameters<typeof fetch>): Promise<Response> {
    const answer = await fetch(...asked)
    const reader = answer.body?.getReader()
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        const { done, value } = (await reader?.read()) ?? { done: true, value: undefined }
        if (done) return controller.close()
        controller.enqueue(value)
        watched.text += new TextDecoder().decode(value)
      },
      async cancel() {
        watched.cancelled = true
        await reader?.cancel()
      },
    })
    return new Response(body, answer)
  }
  return watched
}

for (const signal of ['SIGKILL', 'SIGTERM'] as const)
  test(`events go on without gap or repeat over a restart of the relay (${signal})`, async () => {
    await using listener = listen({ type: 'device.removed' })
    const name = signal.toLowerCase()
    await until('the stream stands', async () => {
      await happen(`${name}-probe`)
      return listener.heard.length > 0
    })
    const probes = listener.heard.length
    const before = Array.from({ length: 5 }, (_, index) => `${name}-before-${index}`)
    const behind = Array.from({ length: 5 }, (_, index) => `${name}-after-${index}`)
    for (const id of before) await happen(id)
    await street.restartRelay(signal)
    for (const id of behind) await happen(id)
    await until('the last one is heard', () => removedIn(listener.heard).includes(`${name}-after-4`))
    const heard = removedIn(listener.heard).filter((id) => id !== `${name}-probe`)
    assert.deepEqual(heard, [...before, ...behind])
    assert.ok(probes >= 1)
    assert.ok(listener.heard.every(({ type }) => type !== 'reset'))
  })

test('a stream that broke off before its first event misses none either', async () => {
  const watched = createWatchedFetch()
  const stop = new AbortController()
  const quiet = createClient({ url: street.url, key: street.adminKey, fetch: watched.fetch })
  const next = quiet.events({ type: 'device.removed', signal: stop.signal, retryMs: 2_000 }).next()
  await until('the stream stands', () => watched.text.includes('\n\n'))
  await street.restartRelay('SIGKILL')
  // Long before the stream comes back.
  await happen('unheard')
  const { value } = await next
  assert.equal(value?.data.device, 'unheard')
  stop.abort()
})

test('lastEventId continues after the event it names', async () => {
  await using live = listen({ type: 'device.removed' })
  await until('an event', async () => {
    await happen('one')
    return live.heard.length > 0
  })
  await happen('two')
  const [{ id = '' } = {}] = live.heard
  await using later = listen({ type: 'device.removed', lastEventId: id })
  await until('both hear it', () => removedIn(live.heard).includes('two') && removedIn(later.heard).includes('two'))
  assert.deepEqual(later.heard, live.heard.slice(1))
})

test('an ID that the relay has not given out brings a reset first', async () => {
  await using listener = listen({ lastEventId: '999999999' })
  await until('a reset', () => listener.heard.length > 0)
  assert.equal(listener.heard[0]?.type, 'reset')
})

test('only the events of the device that was asked for are heard', async () => {
  await using listener = listen({ device: 'mine' })
  await until('its event', async () => {
    await happen('other')
    await happen('mine')
    return listener.heard.length > 1
  })
  assert.ok(listener.heard.every(({ data }) => data.device === 'mine'))
})

test('the stream ends when it is aborted, also between two connections', async () => {
  await using _ended = listen()
  const nobody = createClient({ url: 'http://127.0.0.1:9', key: 'a-key' })
  const stop = new AbortController()
  const next = nobody.events({ signal: stop.signal, retryMs: 3_600_000 }).next()
  stop.abort()
  assert.deepEqual(await next, { done: true, value: undefined })
  assert.deepEqual(await client.events({ signal: AbortSignal.abort() }).next(), { done: true, value: undefined })
})

test('who stops listening lets go of the connection', async () => {
  const watched = createWatchedFetch()
  const quiet = createClient({ url: street.url, key: street.adminKey, fetch: watched.fetch })
  for await (const { type } of quiet.events({ lastEventId: '1' })) {
    assert.equal(typeof type, 'string')
    break
  }
  assert.ok(watched.cancelled)
})

test('a wrong key ends the stream with the refusal', async () => {
  const stranger = createClient({ url: street.url, key: 'not-a-key-of-this-relay' })
  await assert.rejects(
    stranger.events().next(),
    (error) => error instanceof RelayError && error.code === 'unauthorized',
  )
})

test('who shows it to people is told when a connection stands, when it is lost, and when the next one stands', async () => {
  const states: boolean[] = []
  await using _listener = listen({ changed: ({ connected }) => states.push(connected) })
  await until('it stands', () => states.length > 0)
  await street.restartRelay('SIGKILL')
  await until('it stands again', () => states.lastIndexOf(true) > states.indexOf(false) && states.includes(false))
  assert.equal(states[0], true)
})

test('a connection on which nothing is heard any more is given up for another one', async () => {
  let connections = 0
  const server = createServer((_request, response) => {
    connections++
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(': connected\n\n')
  })
  await using silent = await listenOnFreePort(server)
  const stop = new AbortController()
  const ear = createClient({ url: silent.url, key: 'a-key' })
  const next = ear.events({ signal: stop.signal, retryMs: 1, maxSilenceMs: 100 }).next()
  await until('it has tried three times', () => connections >= 3)
  stop.abort()
  assert.equal((await next).done, true)
})
