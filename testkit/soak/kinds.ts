/** Everything that a soak plays, by name. */
import { playKillBehind } from './kinds-behind.ts'
import { playClockBack, playClockForward } from './kinds-clock.ts'
import { playNodeCutBoth, playNodeCutBus, playNodeCutDatabase } from './kinds-cut.ts'
import { playFullDisk, playReadOnlyDisk } from './kinds-disk.ts'
import { playJobs } from './kinds-jobs.ts'
import { playKillAgent, playKillRelay } from './kinds-kill.ts'
import { playMemoryLimit } from './kinds-memory.ts'
import { playMode } from './kinds-mode.ts'
import { playHalfOpen, playProxyBuffer, playProxyCut } from './kinds-network.ts'
import { playNodeClock, playNodeFreeze, playNodeKill, playNodeLeave } from './kinds-nodes.ts'
import { playBusGone, playDatabaseGone } from './kinds-servers.ts'
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
  jobs: { play: playJobs, rounds: 100, what: 'jobs, five a round; kill -9 of the relay, of an agent or of a printer' },
  'kill-behind': {
    play: playKillBehind,
    rounds: 5,
    what: 'kill -9 of the relay; two agents behind NAT with the same address, one behind an HTTP proxy',
  },
  'full-disk': {
    play: playFullDisk,
    rounds: 5,
    what: "the relay's disk is full to the last byte, then there is room again",
  },
  'read-only-disk': {
    play: playReadOnlyDisk,
    rounds: 5,
    what: 'the disk turns read-only with files open; it is repaired',
  },
  'clock-forward': { play: playClockForward, rounds: 5, what: 'the clock of the running relay jumps an hour ahead' },
  'clock-back': { play: playClockBack, rounds: 5, what: 'it jumps an hour back' },
  'half-open': { play: playHalfOpen, rounds: 5, what: 'a connection that stands and carries nothing, one way or both' },
  'proxy-cut': {
    play: playProxyCut,
    rounds: 5,
    what: 'a proxy or NAT that cuts what is idle: RST, FIN, or not a word',
  },
  'proxy-buffer': {
    play: playProxyBuffer,
    rounds: 5,
    what: 'nginx out of the box, and a proxy that keeps answers until whole',
  },
  mode: { play: playMode, rounds: 5, what: 'session maintenance mode OFF and ON, by command line and panel' },
  'memory-limit': { play: playMemoryLimit, rounds: 5, what: 'a small heap, and more than it can take' },
  'node-kill': { play: playNodeKill, rounds: 50, what: 'three nodes: kill -9 of one, and a start on its data' },
  'node-freeze': { play: playNodeFreeze, rounds: 50, what: 'three nodes: one stands still for 30 s, and goes on' },
  'node-leave': { play: playNodeLeave, rounds: 50, what: 'three nodes: one after the other is stopped and started' },
  'node-clock': { play: playNodeClock, rounds: 50, what: 'three nodes: the clock of one is stepped by 1 h or 5 s' },
  'node-cut-bus': { play: playNodeCutBus, rounds: 50, what: 'three nodes: one is cut off from NATS' },
  'node-cut-database': { play: playNodeCutDatabase, rounds: 50, what: 'three nodes: one is cut off from PostgreSQL' },
  'node-cut-both': { play: playNodeCutBoth, rounds: 50, what: 'three nodes: one is cut off from both' },
  'bus-gone': { play: playBusGone, rounds: 50, what: 'three nodes: NATS is killed, or stands still' },
  'database-gone': { play: playDatabaseGone, rounds: 50, what: 'three nodes: PostgreSQL is killed, or stands still' },
}
