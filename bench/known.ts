/** `npm run bench:known`: what each enrolled device costs every node, connected or not: memory, and time at the start. */
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { openCluster } from '../testkit/cluster.ts'
import type { Known } from './measured.ts'
import { runProgram, wholeNumber } from './run-program.ts'
import { readUsage } from './usage.ts'

const help = `npm run bench:known [-- --devices 0,100000,300000 --calm-seconds 90 --json]

Starts one node on a PostgreSQL record with so many devices that are enrolled and offline, each with one secret, and
reads its resident memory when it is calm and has given back what it can. Every node holds all of them.
`

const calmText = '90'

/** As they are after a register process: a model, a serial number, a dozen capabilities. */
const addDevices = (from: number, to: number) => `
  insert into device (id, account, model, serial, serial_lower, tags, registration, capabilities, created_at,
    registered_at, state, state_since_at, reason, last_seen_at, address, transport, epoch, node)
  select 'known-' || lpad(n::text, 9, '0'), 'default', 'Maker Model ' || n % 50, 'SERIAL-' || n, 'serial-' || n, '[]',
    'second', '{"features":["color","duplex","staple"],"media":["iso_a4","iso_a3","na_letter"]}', 1764000000000,
    1764000000000, 'offline', 1764000000000 + n, 'connection-closed', 1764000000000 + n, '192.0.2.' || n % 250, null, 3, 0
  from generate_series(${from}, ${to - 1}) n;
  insert into device_credential (device, version, salt, iterations, sha1_stored, sha1_server, sha256_stored,
    sha256_server, created_at, good_until, used_at)
  select 'known-' || lpad(n::text, 9, '0'), 1, ${key('n', 16)}, 4096, ${key('n + 1', 20)}, ${key('n + 2', 20)},
    ${key('n + 3', 32)}, ${key('n + 4', 32)}, 1764000000000, null, 1764000000000
  from generate_series(${from}, ${to - 1}) n;
  analyze device, device_credential;`

/** Different bytes for each, as SQL. */
function key(of: string, bytes: number): string {
  return `encode(substring(sha256((${of})::text::bytea) from 1 for ${bytes}), 'base64')`
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      help: { type: 'boolean', default: false },
      devices: { type: 'string', default: '0,100000,300000' },
      'calm-seconds': { type: 'string', default: calmText },
      json: { type: 'boolean', default: false },
    },
  })
  if (values.help) return void process.stdout.write(help)
  const counts = values.devices.split(',').map((text) => wholeNumber('devices', text, 0))
  const calmSeconds = wholeNumber('calm-seconds', values['calm-seconds'], 0)
  await using cluster = await openCluster({ nodes: 1 })
  const [node] = cluster.nodes
  if (!node) throw new Error('There is no node.')
  const all: Known[] = []
  let devices = 0
  for (const wanted of counts) {
    await node.stop('SIGTERM')
    if (wanted > devices) await cluster.servers.postgres.run(addDevices(devices, wanted), cluster.databaseUrl)
    devices = wanted
    const startedMs = performance.now()
    await node.start()
    const startSeconds = (performance.now() - startedMs) / 1000
    const { pid } = node.process()
    const atStart = readUsage(pid)
    await pause(calmSeconds * 1000)
    all.push({
      devices,
      startSeconds,
      startCpuSeconds: atStart.cpuSeconds,
      mb: readUsage(pid).residentKb / 1024,
      mbAtStart: atStart.residentKb / 1024,
    })
  }
  process.stdout.write(values.json ? `${JSON.stringify(all, undefined, 2)}\n` : `${render(all)}\n`)
}

function render(all: readonly Known[]): string {
  const [first] = all
  const rows = all.map(({ devices, startSeconds, startCpuSeconds, mb, mbAtStart }) => {
    const each = first && devices > first.devices ? (1024 * 1024 * (mb - first.mb)) / (devices - first.devices) : 0
    return `| ${devices} | ${mb.toFixed(0)} | ${each.toFixed(0)} | ${mbAtStart.toFixed(0)} | ${startSeconds.toFixed(1)} | ${startCpuSeconds.toFixed(1)} |`
  })
  return [
    '| devices enrolled | MB, calm | bytes each | MB at the start | seconds to start | of them CPU |',
    '| ---: | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
  ].join('\n')
}

await runProgram(main)
