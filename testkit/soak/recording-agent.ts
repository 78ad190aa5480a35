/** An agent whose devices write down what they do before they answer; a program: `DATA RELAY FILE ID…`, its secret from the environment. */
import { appendFileSync } from 'node:fs'
import { askedToStop, createLog, systemClock, systemRandom } from '@fairlead/base'
import type { Json, ObjectAnswer } from '@fairlead/protocol/contract'
import { openAgent } from '../../agent/agent.ts'
import type { Driver } from '../../agent/drivers/driver.ts'
import type { DeviceRecord } from '../../agent/memory/device-record.ts'
import { openMemory } from '../../agent/memory/memory.ts'
import { answerOf, type PushedWish, readWish, workMsOf } from './deed.ts'

const [folder = '', relay = '', file = '', ...ids] = process.argv.slice(2)
const secret = process.env['FAIRLEAD_SECRET'] ?? ''

/** Written whole and at once: whatever ends the process a moment later, it stands there. */
function writeDown(device: string, token: string): void {
  appendFileSync(file, `${JSON.stringify({ device, token })}\n`)
}

function createRecordingDriver(device: string): Driver {
  async function carryOut(pushed: PushedWish) {
    const wish = readWish(device, pushed)
    writeDown(device, wish.token)
    const workMs = workMsOf(wish.token)
    if (workMs > 0) await new Promise<void>((done) => void systemClock.at(systemClock.now() + workMs, done))
    return answerOf(wish)
  }
  const objects = async (pushed: PushedWish) => ({ errors: {}, ...(await carryOut(pushed)) }) as ObjectAnswer

  return {
    capabilities: async () => ({ model: 'Recorder', serial: device, features: ['object-names'] }),
    all: async () => ({}),
    look: async () => ({}),
    get: (get) => objects({ get }),
    set: (set) => objects({ set }),
    command: async (command, args) => Object(await carryOut({ command, arguments: args })).result as Json,
    async [Symbol.asyncDispose]() {},
  }
}

function recordOf(id: string): DeviceRecord {
  return {
    id,
    relay,
    secret,
    code: null,
    pairs: false,
    resetDueAt: null,
    services: [],
    scanner: null,
    claim: null,
    confirmationPages: { page: null, printedAt: [] },
    driver: 'recording',
    printerKey: null,
    listen: '127.0.0.1:0',
    sessionMaintenance: true,
    configuredMode: null,
    survivalMode: 'survival',
    survivalTimeoutSeconds: null,
    survivalAnswerTimeoutSeconds: 10,
    lookEverySeconds: 0,
    walkUp: null,
    learnedWaitSeconds: null,
  }
}

using memory = openMemory(folder, systemClock)
const records = ids.map((id) => memory.find(id) ?? recordOf(id))
for (const record of records) memory.keep(record)
const agent = await openAgent({
  folder,
  memory,
  records,
  openDriver: async ({ id }) => createRecordingDriver(id),
  environment: process.env,
  clock: systemClock,
  random: systemRandom,
  log: createLog(),
  tell: (event) => void process.stdout.write(`${JSON.stringify(event)}\n`),
})
await askedToStop()
await agent.stop()
