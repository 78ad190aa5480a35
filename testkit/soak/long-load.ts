/** Steady load for hours: memory, file descriptors and latency are written down as they go, and judged by their course. */
import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'
import { type Course, checkCourse, type Sample, summarize } from './course.ts'
import { type Played, type PlayOptions, played } from './played.ts'
import { openSoak, type Soak } from './soak.ts'

export interface LongLoadOptions extends Omit<PlayOptions, 'rounds'> {
  minutes: number
  /** CSV, a line a sample. */
  file: string
  sampleMs?: number
}

/** What has ended so long ago is judged and forgotten. */
const judgeAfterMs = 60_000
const judgeEveryMs = 60_000
const columns = [
  'seconds',
  'rssKilobytes',
  'descriptors',
  'calls',
  'p50Ms',
  'p99Ms',
  'loopLagSeconds',
  'online',
] as const

export async function playLongLoad(options: LongLoadOptions): Promise<Played> {
  const { seed, patience, minutes, file, sampleMs = 10_000, tell } = options
  await using soak = await openSoak({ seed, patience, callers: 8, pauseMs: 200, promiseEveryMs: 2000 })
  await writeFile(file, `${columns.join(',')}\n`)
  const startedMs = performance.now()
  const samples: Sample[] = []
  let judgedMs = startedMs
  while (performance.now() - startedMs < minutes * 60_000) {
    await pause(sampleMs)
    const sample = await takeSample(soak, startedMs)
    samples.push(sample)
    await appendFile(file, `${columns.map((column) => sample[column]).join(',')}\n`)
    if (performance.now() - judgedMs < judgeEveryMs) continue
    judgedMs = performance.now()
    await soak.judge(judgedMs - judgeAfterMs)
    tell(`load ${Math.round(sample.seconds / 60)} of ${minutes} min: ${renderSample(sample)}`)
  }
  const course = summarize(samples)
  soak.lies.push(...checkCourse(course))
  await soak.settle()
  return played('load', 1, soak, notesOf(course, file))
}

async function takeSample(soak: Soak, startedMs: number): Promise<Sample> {
  const { pid } = soak.street.relay.relay()
  const status = await readFile(`/proc/${pid}/status`, 'utf8')
  const times = soak.load.takeTimes().sort((a, b) => a - b)
  const at = (part: number) => Number((times[Math.floor(times.length * part)] ?? 0).toFixed(1))
  const metrics = await (await fetch(`${soak.street.relay.url}/metrics`)).text()
  return {
    seconds: Math.round((performance.now() - startedMs) / 1000),
    rssKilobytes: Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]),
    descriptors: (await readdir(`/proc/${pid}/fd`)).length,
    calls: times.length,
    p50Ms: at(0.5),
    p99Ms: at(0.99),
    loopLagSeconds: Number(/^fairlead_loop_lag_seconds (\S+)$/m.exec(metrics)?.[1] ?? 0),
    online: (await soak.street.online())?.size ?? 0,
  }
}

const renderSample = ({ rssKilobytes, descriptors, calls, p50Ms, p99Ms }: Sample) =>
  `${Math.round(rssKilobytes / 1024)} MB, ${descriptors} descriptors, ${calls} answers, p50 ${p50Ms} ms, p99 ${p99Ms} ms`

function notesOf({ hours, slopePercentPerHour, quarters }: Course, file: string): Record<string, string> {
  const each = (render: (quarter: Course['quarters'][number]) => string) => quarters.map(render).join(', ')
  return {
    hours: hours.toFixed(2),
    'memory MB by quarter': each(({ rssMegabytes }) => rssMegabytes.toFixed()),
    'memory % per hour after warm-up': slopePercentPerHour?.toFixed(2) ?? 'too short to say',
    'descriptors by quarter': each(({ descriptors }) => String(descriptors)),
    'p50 ms by quarter': each(({ p50Ms }) => p50Ms.toFixed(1)),
    'p99 ms by quarter': each(({ p99Ms }) => p99Ms.toFixed(1)),
    samples: file,
  }
}
