/** Many devices on WebSockets that go on with their streams, asked all the time while relays end: figures, and whether outcomes are true. */
import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { type LastingDevice, openLastingDevice } from './lasting-device.ts'
import type { Service } from './service.ts'
import { until } from './until.ts'

export interface LastingStreet extends AsyncDisposable {
  readonly devices: readonly LastingDevice[]
  /** Until every one of them has answered once more. @param asked by another service than usual */
  allAnswer(asked?: Service): Promise<void>
  /** Sends no more requests, and waits for the last. @returns how many there were of each outcome */
  stopAsking(): Promise<ReadonlyMap<string, number>>
  /** How many of the streams went on each time, of how many that were cut off; and how many of them logged in anew. */
  figures(): { resumed: number; anew: number }
  /** Throws where a device had a request twice, or one that is said not to have been sent, or never had one that it has answered. */
  checkOutcomes(): void
}

/** Between two requests to one device. */
const everyMs = 300

/** @param enrol makes a device. @returns its secret */
export async function openLastingStreet(
  count: number,
  { url, service, enrol }: { url: string; service: Service; enrol(id: string): Promise<string> },
): Promise<LastingStreet> {
  await using building = new AsyncDisposableStack()
  const devices: LastingDevice[] = []
  for (let at = 0; at < count; at++) {
    const id = `lasting-${at}`
    devices.push(building.use(await openLastingDevice({ url, id, secret: await enrol(id) })))
  }
  const outcomes = new Map<string, number>()
  const answers: { device: LastingDevice; requestId: string | null; outcome: string }[] = []
  let isOver = false

  async function ask(device: LastingDevice, asked = service): Promise<string> {
    try {
      const { status, outcome, requestId, body } = await asked.ask(device.id, {
        set: { location: 'here' },
        timeoutSeconds: 20,
      })
      answers.push({ device, requestId, outcome: outcome ?? 'none' })
      const { code, detail } = Object(body)
      return code === undefined ? `${status} ${outcome}` : `${status} ${outcome} (${code}: ${detail})`
    } catch {
      // Its relay is gone, and with it whoever could say what became of it.
      return 'no answer'
    }
  }

  async function keepAsking(device: LastingDevice): Promise<void> {
    for (; !isOver; await pause(everyMs)) {
      const answer = await ask(device)
      outcomes.set(answer, (outcomes.get(answer) ?? 0) + 1)
    }
  }
  const asking = Promise.all(devices.map(keepAsking))
  building.defer(async () => {
    isOver = true
    await asking
  })
  const built = building.move()

  const sum = (of: (device: LastingDevice) => number) => devices.reduce((all, device) => all + of(device), 0)
  return {
    devices,
    async allAnswer(asked) {
      const answersOnce = async (device: LastingDevice) =>
        until(`${device.id} answers`, async () => (await ask(device, asked)) === '200 answered', 60_000)
      await Promise.all(devices.map(answersOnce))
    },
    async stopAsking() {
      isOver = true
      await asking
      return outcomes
    },
    figures: () => ({ resumed: sum(({ resumptions }) => resumptions), anew: sum(({ logIns }) => logIns - 1) }),
    checkOutcomes() {
      for (const { id, had } of devices)
        assert.deepEqual(
          [...had].filter(([, times]) => times > 1),
          [],
          `${id} had a request twice`,
        )
      for (const { device, requestId, outcome } of answers) {
        const times = device.had.get(requestId ?? '') ?? 0
        if (outcome === 'not-sent') assert.equal(times, 0, `${requestId} of ${device.id} is not-sent, and was had`)
        if (outcome === 'answered') assert.equal(times, 1, `${requestId} of ${device.id} is answered, and was not had`)
      }
    },
    [Symbol.asyncDispose]: () => built.disposeAsync(),
  }
}
