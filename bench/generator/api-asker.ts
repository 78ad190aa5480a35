/** A service that asks devices through the relay's API, on so many connections that are kept alive. */
import type { Asker } from './asker.ts'
import { type Address, Connection } from './connection.ts'
import { holdsAnswer, question } from './content.ts'
import type { Device } from './device.ts'
import { renderPost } from './http-reader.ts'

interface Question {
  device: Device
  done(isGood: boolean): void
}

/** One connection, and what it is busy with. */
interface Lane {
  connection: Connection
  question: Question | undefined
}

export function openApiAsker(api: Address, key: string, connections: number): Asker {
  const host = `${api.host}:${api.port}`
  const head = `Authorization: Bearer ${key}\r\nContent-Type: application/json\r\n`
  const waiting: Question[] = []
  let lastTrouble = ''

  function finish(lane: Lane, isGood: boolean, trouble: string) {
    const { question: finished } = lane
    lane.question = undefined
    if (!isGood) lastTrouble = trouble
    const next = waiting.shift()
    if (next) send(lane, next)
    else free.push(lane)
    finished?.done(isGood)
  }

  function send(lane: Lane, next: Question) {
    lane.question = next
    lane.connection.send(renderPost(`/v1/devices/${next.device.id}/requests`, host, head, question))
  }

  const lanes = Array.from({ length: connections }, () => {
    const lane: Lane = {
      question: undefined,
      connection: new Connection(api, {
        answered({ status, body }) {
          const isGood = status === 200 && holdsAnswer(body, lane.question?.device.id ?? '')
          finish(lane, isGood, isGood ? '' : `${status} ${body.slice(0, 300)}`)
        },
        lost: (why) => finish(lane, false, why),
      }),
    }
    return lane
  })
  const free = [...lanes]

  return {
    get lastTrouble() {
      return lastTrouble
    },
    ask(device, done) {
      const lane = free.pop()
      if (lane) send(lane, { device, done })
      else waiting.push({ device, done })
    },
    close() {
      for (const { connection } of lanes) connection.close()
    },
  }
}
