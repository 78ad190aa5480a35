/** Everything that a soak plays, by name. */
import { playKillAgent, playKillRelay } from './kinds-kill.ts'
import type { Play } from './played.ts'

export interface Kind {
  play: Play
  rounds: number
  what: string
}

export const kinds: Readonly<Record<string, Kind>> = {
  'kill-relay': {
    play: playKillRelay,
    rounds: 100,
    what: 'kill -9 of the relay, and a start on the same port and data',
  },
  'kill-agent': { play: playKillAgent, rounds: 100, what: 'kill -9 of an agent, and a start on its data' },
}
