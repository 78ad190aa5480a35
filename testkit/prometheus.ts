/** A real Prometheus that reads real relays, with the files that we give operators. */
import { copyFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { openFolder } from './folder.ts'
import { findFreePort } from './ports.ts'
import { startProcess } from './process.ts'
import { fillIn, untilItListens } from './proxy-program.ts'

export interface Sample {
  metric: Readonly<Record<string, string>>
  value: number
}

export interface Prometheus extends AsyncDisposable {
  /** @throws {Error} with Prometheus' own words when the query is wrong */
  query(expression: string): Promise<Sample[]>
  /** Alerts that wait or are given, by name. */
  alerts(): Promise<Map<string, 'pending' | 'firing'>>
}

const deployed = (name: string) => new URL(`../deploy/${name}`, import.meta.url)

/** @param nodes `HOST:PORT` each @param adminKey what they want to see from somebody who reads metrics */
export async function openPrometheus(nodes: readonly string[], adminKey: string): Promise<Prometheus> {
  await using building = new AsyncDisposableStack()
  const folder = building.use(await openFolder())
  const port = await findFreePort()
  const keyFile = join(folder.path, 'admin-key')
  await writeFile(keyFile, adminKey)
  await copyFile(deployed('prometheus-alerts.yaml'), join(folder.path, 'prometheus-alerts.yaml'))
  const file = join(folder.path, 'prometheus.yaml')
  const filled = fillIn('deploy/prometheus.yaml', await readFile(deployed('prometheus.yaml'), 'utf8'), {
    '["127.0.0.1:8081", "127.0.0.1:8082", "127.0.0.1:8083"]': JSON.stringify(nodes),
    '/etc/prometheus/fairlead-admin-key': keyFile,
    'interval: 15s': 'interval: 1s',
  })
  await writeFile(file, filled)
  const places = [`--storage.tsdb.path=${folder.path}/tsdb`, `--web.listen-address=127.0.0.1:${port}`]
  const server = building.use(await startProcess('/usr/bin/prometheus', [`--config.file=${file}`, ...places]))
  await untilItListens('Prometheus', server, port)

  async function ask(path: string) {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`)
    const { data, error } = Object(await answer.json().catch(() => ({ error: `${answer.status} is no JSON` })))
    if (error !== undefined) throw new Error(`${path}: ${error}`)
    return data
  }

  const built = building.move()
  return {
    async query(expression) {
      const { result } = await ask(`/api/v1/query?query=${encodeURIComponent(expression)}`)
      return result.map(({ metric, value }: { metric: Sample['metric']; value: [number, string] }) => ({
        metric,
        value: Number(value[1]),
      }))
    },
    async alerts() {
      const { alerts } = await ask('/api/v1/alerts')
      return new Map(
        alerts.map((alert: { labels: { alertname: string }; state: string }) => [alert.labels.alertname, alert.state]),
      )
    },
    [Symbol.asyncDispose]: () => built.disposeAsync(),
  }
}
