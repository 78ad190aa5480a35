/** A sensor that tells an MQTT broker: each message of its topic says that somebody is there (MQTT 3.1.1). */
import { inBackground, systemRandom } from '@fairlead/base'
import type { MqttClient } from 'mqtt'
import type { SensorNeeds, SensorSpec } from './sensor.ts'

type MqttSpec = Extract<SensorSpec, { kind: 'mqtt' }>

const connectMs = 10_000
/** A broker that comes back finds its devices soon. */
const againMs = 3_000
/** What a sensor says is one word. */
const maxPayloadBytes = 4096

/** A broker that is away is no error: it is looked for again and again, and its log says why. */
export async function openMqttSensor(spec: MqttSpec, { approach, log, device }: SensorNeeds): Promise<AsyncDisposable> {
  // Most agents have no such sensor.
  const { connect } = await import('mqtt')
  const client: MqttClient = connect(spec.broker, {
    protocolVersion: 4,
    // Another one's with the same name would be sent away by it, and the other way round.
    clientId: `fairlead-${systemRandom.token(9)}`,
    clean: true,
    connectTimeout: connectMs,
    reconnectPeriod: againMs,
    ...(spec.user !== undefined && { username: spec.user }),
    ...(spec.password !== undefined && { password: spec.password }),
  })
  let told: string | undefined

  function tell(why: string | undefined): void {
    if (why === told) return
    told = why
    if (why === undefined)
      log.info('power.sensor', `The topic ${spec.topic} is listened to at ${spec.broker}.`, { device })
    else log.warn('power.no-sensor', `${why} The sensor is not heard meanwhile; it is tried again.`, { device })
  }

  client.on('connect', () => {
    inBackground(log, 'power.not-subscribed', async () => {
      const granted = await client.subscribeAsync(spec.topic, { qos: 1 }).catch(() => [])
      const mayRead = granted.some(({ qos }) => qos <= 2)
      tell(mayRead ? undefined : `The broker ${spec.broker} does not let ${spec.topic} be read.`)
    })
  })
  client.on('error', (error) => tell(whyNot(error, spec)))
  client.on('close', () => told === undefined && tell(`The broker ${spec.broker} has closed the connection.`))
  client.on('message', (_topic, payload, { retain }) => {
    // What lay at the broker was said of another time.
    if (!retain && payload.length <= maxPayloadBytes && saysPresent(payload)) approach()
  })
  return { [Symbol.asyncDispose]: () => client.endAsync(true) }
}

/** Sensors say what they like; `{"presence": false}` alone says that nobody is there. */
function saysPresent(payload: Buffer): boolean {
  try {
    const value: unknown = JSON.parse(payload.toString())
    return !(typeof value === 'object' && value !== null && 'presence' in value && value.presence === false)
  } catch {
    return true
  }
}

function whyNot(error: Error, { broker }: MqttSpec): string {
  const code = 'code' in error ? error.code : undefined
  if (code === 'ECONNREFUSED') return `No MQTT broker runs at ${broker}.`
  // CONNACK of MQTT 3.1.1 §3.2.2.3.
  if (code === 4 || code === 5) return `The broker ${broker} does not take the user name and password.`
  return `The broker ${broker} cannot be reached (${error.message || String(code)}).`
}
