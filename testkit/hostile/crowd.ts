/** A process of its own for those who trouble a relay, and for the honest device among them: `node crowd.ts PLAN`, as JSON. */
import { askedToStop } from '@fairlead/base'
import { playFlood } from './flood.ts'
import { playHonest } from './honest.ts'
import type { CrowdPlan } from './plans.ts'
import { playSlow } from './slow.ts'

function play(plan: CrowdPlan, stopped: AbortSignal): Promise<object> {
  switch (plan.role) {
    case 'flood':
      return playFlood(plan, stopped, (word) => say('crowd.heard', { word }))
    case 'honest':
      return playHonest(plan, stopped, (atMs) => say('crowd.let-in', { atMs }))
    case 'slow':
      return playSlow(plan, stopped)
  }
}

function say(event: string, facts: object = {}): void {
  console.log(JSON.stringify({ event, ...facts }))
}

const stop = new AbortController()
void askedToStop().then(() => stop.abort())
say('crowd.ready')
say('crowd.done', { result: await play(JSON.parse(process.argv[2] ?? ''), stop.signal) })
process.exit(0)
