/** N6 A stream whose socket is at another node does not outlive what is lost between the two: its device resumes it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHandClock } from '@fairlead/base'
import type { Answer } from '../bus/bus.ts'
import type { Calls } from '../nodes/calls.ts'
import { alone, type Peer } from '../nodes/nodes.ts'
import { createWebSocketElsewhere } from './websocket-elsewhere.ts'
import type { Link, Session, Socket } from './websocket-socket.ts'

const other: Peer = { number: 2, incarnation: 'other', name: 'other', state: 'serving' }
const resumed = { previd: 'p', device: 'mfp', id: 's', address: '192.0.2.1', h: 0 }

/** @param findHere the stream that is at this node */
function open(findHere: () => Session | undefined) {
  const served = new Map<string, Answer>()
  let tellSilent: (peer: Peer) => void = () => {}
  const calls: Calls = {
    ...{ canCall: () => true, hear() {}, tell() {}, [Symbol.dispose]() {} },
    serve: (kind, answer) => void served.set(kind, answer),
    call: async () => ({ head: { isResumed: true } }),
  }
  const elsewhere = createWebSocketElsewhere({
    ...{ calls, findHere, clock: createHandClock(), handledHere: () => undefined, nodeOf: () => 2 },
    ...{ arrives() {}, adopted() {} },
    nodes: {
      ...alone,
      others: () => [other],
      find: () => other,
      onSilent(hear) {
        tellSilent = hear
      },
    },
    store: { find: async () => undefined, adopt: async () => undefined, save: async () => {} },
  })
  return { elsewhere, served, tellSilent: () => tellSilent(other) }
}

test('N6 a socket here for a stream at a node that is not heard, or was away, is cut', async () => {
  let cuts = 0
  const socket: Socket = {
    ...{ readyState: 1, bufferedAmount: 0, send() {}, ping() {}, close() {} },
    terminate: () => void cuts++,
  }
  const { elsewhere, tellSilent } = open(() => undefined)
  assert.equal(await elsewhere.resume(resumed, { socket, hear() {}, said: undefined }), 'resumed')
  assert.equal(cuts, 0)
  tellSilent()
  assert.equal(cuts, 1)
})

test('N6 a stream here whose socket is there waits for its device', async () => {
  const heard: string[] = []
  const moveTo = (link: Link) => {
    link.hear = ({ kind }) => void heard.push(kind)
  }
  const { served, tellSilent } = open(() => ({ moveTo }) as unknown as Session)
  await served.get('resume')?.({ head: { pipe: 1, resumed } }, other.incarnation, 0)
  tellSilent()
  tellSilent()
  assert.deepEqual(heard, ['lost'])
})
