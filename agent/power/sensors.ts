/** What tells that somebody comes: an HTTP call, a message of an MQTT broker, or a line of the machine's GPIO. */
import { UsageError } from '@fairlead/base'
import { openGpioSensor } from './gpio-sensor.ts'
import { openHttpSensor } from './http-sensor.ts'
import { openMqttSensor } from './mqtt-sensor.ts'
import type { SensorNeeds, SensorSpec } from './sensor.ts'

/** @throws {UsageError} in one sentence, without what may be secret in it */
export function readSensor(text: string): SensorSpec {
  const gpio = /^gpio:([\w-]{1,32})\/(\d{1,4})(:active-low)?$/.exec(text)
  if (gpio) return { kind: 'gpio', chip: gpio[1] ?? '', line: gpio[2] ?? '', isActiveLow: gpio[3] !== undefined }
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'mqtt:' || url?.protocol === 'mqtts:') return readMqtt(url)
  if (url?.protocol !== 'http:')
    throw new UsageError('--walk-up is http://HOST:PORT/PATH, mqtt://HOST[:PORT]/TOPIC, or gpio:CHIP/LINE.')
  const token = url.searchParams.get('token') ?? undefined
  const host = url.hostname.replace(/^\[|\]$/g, '')
  if (token === undefined && !isLoopback(host))
    throw new UsageError(
      `--walk-up at ${host} can be reached by others: give it a token, http://HOST:PORT/PATH?token=TOKEN.`,
    )
  return { kind: 'http', host, port: Number(url.port || 80), path: url.pathname, token }
}

function readMqtt({ protocol, host, pathname, hash, search, username, password }: URL): SensorSpec {
  const topic = decodeURIComponent(pathname.slice(1))
  // A `#` or a `?` that is typed as it is would be no part of the topic, and nobody would be heard.
  if (host === '' || topic === '' || hash !== '' || search !== '' || /[+#\0]/.test(topic) || topic.endsWith('/'))
    throw new UsageError('--walk-up over MQTT is mqtt://HOST[:PORT]/TOPIC: one topic, without wildcards.')
  const said = (text: string) => (text === '' ? undefined : decodeURIComponent(text))
  return { kind: 'mqtt', broker: `${protocol}//${host}`, topic, user: said(username), password: said(password) }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host)
}

/** @throws {Failure} `unavailable`: its address is taken */
export async function openSensor(text: string, needs: SensorNeeds): Promise<AsyncDisposable> {
  const spec = readSensor(text)
  switch (spec.kind) {
    case 'http':
      return await openHttpSensor(spec, needs)
    case 'mqtt':
      return await openMqttSensor(spec, needs)
    case 'gpio':
      return openGpioSensor(spec, needs)
  }
}
