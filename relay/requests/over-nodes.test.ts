/** G3 what is deferred has its place before it is told to be pending, wherever its device goes meanwhile. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createHandClock, Failure } from '@fairlead/base'
import { type Answer, type Bus, BusError, type Message } from '../bus/bus.ts'
import type { Calls } from '../nodes/calls.ts'
import type { Nodes, Peer } from '../nodes/nodes.ts'
import type { Asked, Reply } from './asked.ts'
import { createOverNodes } from './over-nodes.ts'
import type { Requests } from './requests.ts'

const other: Peer = { number: 2, incarnation: 'other', name: 'other', state: 'serving' }
const asked: Asked = {
  ...{ requestId: 'r1', account: 'default', device: 'mfp', asker: 'key', key: undefined, isAsync: true },
  request: { set: { location: 'here' }, deliverWithinSeconds: 60 },
  whenHungUp() {},
}

interface Scene {
  /** Where the bus finds the device; undefined: at no node. */
  at: Peer | undefined
  isHere: boolean
  isSomewhere: boolean
  /** Goes there before what is asked has been taken. */
  goesTo?: Peer
  /** @param looks how often it has looked for the device */
  whileItLooks(scene: Scene, looks: number): void
}

/** One node, at which the request is stored at once. */
function openNode(given: Partial<Scene>) {
  const scene: Scene = { at: undefined, isHere: false, isSomewhere: false, whileItLooks() {}, ...given }
  const done: string[] = []
  const served = new Map<string, Answer>()
  const clock = createHandClock()
  let looks = 0
  const requests: Partial<Requests> = {
    async ask({ requestId }) {
      if (scene.goesTo) {
        Object.assign(scene, { at: scene.goesTo, isHere: false, isSomewhere: true })
        throw new Failure('device-offline', 'It is not here.')
      }
      done.push('stored')
      return { requestId, verdict: undefined, answeredAt: undefined, replayed: false }
    },
    whenStill: async () => {},
    release: () => void done.push('let go'),
  }
  const bus: Partial<Bus> = {
    async request(): Promise<Message> {
      scene.whileItLooks(scene, ++looks)
      if (scene.at) return { head: { node: scene.at.number } }
      throw new BusError('no-responders', 'It is nowhere.', false)
    },
  }
  const calls: Partial<Calls> = {
    ...{ hear() {}, tell() {} },
    serve: (kind, answer) => void served.set(kind, answer),
    async call(_to, kind) {
      if (kind === 'ask' && !scene.goesTo) return { head: { notHere: true } }
      done.push(kind)
      if (kind === 'ask') return { head: { reply: { requestId: 'r1' } } }
      return { head: {} }
    },
  }
  const nodes: Partial<Nodes> = {
    ...{
      number: 1,
      holds: () => true,
      onGone() {},
      onSilent() {},
      find: () => undefined,
      isSilent: () => false,
      meet: async (number: number) => (number === 2 ? other : undefined),
    },
  }
  const node = createOverNodes({
    ...{ here: () => requests as Requests, nodes: nodes as Nodes, calls: calls as Calls, bus: bus as Bus },
    clock,
    newId: () => 'r1',
    nodeOf: () => undefined,
    isHere: () => scene.isHere,
    isSettled: () => scene.isHere,
    whereIs: () => 0,
    catchUp: async () => {},
    learnNow: async () => {},
    isSomewhere: () => scene.isSomewhere,
    leaveWord: async () => void done.push('word'),
    timeoutMsOf: () => (scene.goesTo ? 1_000 : 0),
    mustTake() {},
  })
  return { node, done, clock, served }
}

/** @returns what is done for it, in order */
async function askThere(given: Partial<Scene>): Promise<string[]> {
  const { node, done, clock } = openNode(given)
  const asking = node.ask(asked)
  let isOver = false
  void asking.finally(() => {
    isOver = true
  })
  while (!isOver) {
    await new Promise((resolve) => setImmediate(resolve))
    clock.pass(1_000)
  }
  assert.equal((await asking).verdict, undefined)
  return done
}

test('G3 the node where the device is has read it before it is told to be pending', async () => {
  assert.deepEqual(await askThere({ at: other, isSomewhere: true }), ['stored', 'let go', 'fetch'])
})

test('G3 of a device that no node can reach word is left; of one that is OFFLINE none is needed', async () => {
  assert.deepEqual(await askThere({ isSomewhere: true }), ['stored', 'let go', 'word'])
  assert.deepEqual(await askThere({}), ['stored'])
})

test('G3 what is stored here is kept for a device that comes here meanwhile', async () => {
  const done = await askThere({
    isSomewhere: true,
    whileItLooks(scene, looks) {
      // First where it is to be asked, then who is to be told.
      scene.isHere = looks > 1
    },
  })
  assert.deepEqual(done, ['stored'])
})

test('A3 what is asked for a device that goes elsewhere in that moment goes there', async () => {
  assert.deepEqual(await askThere({ isHere: true, goesTo: other }), ['ask'])
})

test('D6 what was longer on its way than its service waits is not begun, and a deferred one is kept', async () => {
  const { served, done } = openNode({ isHere: true })
  const ask = async (deliverWithinSeconds: number, ageMs: number) => {
    const request = { ...asked.request, deliverWithinSeconds }
    const head = { asked: { ...asked, request, leftMs: 1_000 }, wasTaken: false }
    const { head: told } = (await served.get('ask')?.({ head }, 'other', ageMs)) ?? assert.fail('nobody answers')
    return (told as { reply: Reply }).reply.requestId
  }
  await assert.rejects(ask(0, 1_000), { code: 'unavailable' })
  assert.deepEqual(done, [])
  assert.equal(await ask(0, 999), asked.requestId)
  assert.equal(await ask(60, 5_000), asked.requestId)
  assert.deepEqual(done, ['stored', 'stored'])
})
