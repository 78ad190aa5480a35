/** One node of three is cut off from the bus, from the database, or from both: its connections break, or nothing comes through. */
import { setTimeout as pause } from 'node:timers/promises'
import { openWire, type Wire } from '../wire.ts'
import { withoutRecord } from './kinds-servers.ts'
import { type NodesKind, playOnNodes } from './nodes.ts'
import type { Play } from './played.ts'

/** Longer than a lease: who is cut off from both may act no more, and others take over what it had. */
const cutMs = 12_000
/** Every third time it is back before anybody takes it for dead, or has even missed it. */
const momentMs = 8_000

type Cut = 'bus' | 'database'

interface Wires {
  bus: Wire
  database: Wire
}

function playCut(name: string, cuts: readonly Cut[]): Play {
  return async (options) => {
    await using opened = new AsyncDisposableStack()
    const wires: Wires[] = []
    const kind: NodesKind = {
      name,
      expectedErrors: withoutRecord,
      // Without the bus it reads twice a second what others have written; without the record it can when it has found it again.
      knownWithinMs: cuts.includes('database') ? 3_000 : 1_000,
      // The record takes nothing from it, and then others take over what it had.
      rules: {
        // What is to be stored waits for a record that says nothing, until the connection is given up.
        ...(cuts.includes('database') && { lateMs: 20_000 + 1000 * options.patience }),
        mayForgetOutcomes: cuts.includes('database'),
        // Without the record what is to be stored waits, and what needs no disk goes on.
        ...(cuts.includes('database') && { mayOvertake: 'all' }),
        mayKnowNothing: cuts.length > 1,
      },
      async place(at, { busUrl, databaseUrl }) {
        const bus = opened.use(await openWire(busUrl))
        const database = opened.use(await openWire(databaseUrl))
        wires[at] = { bus, database }
        return { busUrl: through(busUrl, bus), databaseUrl: through(databaseUrl, database) }
      },
      async round({ pick, owners, random }, { isShort }, number) {
        const { at } = pick()
        const isSilent = number % 2 === 0
        const longMs = isShort ? cutMs : cutMs + random() * 16_000
        const forMs = number % 3 === 0 ? random() * momentMs : longMs
        const cut = cuts.flatMap((each) => wires[at]?.[each] ?? [])
        owners.excuse()
        for (const wire of cut) breakOff(wire, isSilent)
        await pause(forMs)
        for (const wire of cut) mend(wire)
        const how = isSilent ? 'silence' : 'resets'
        return { healedMs: performance.now(), words: `node ${at + 1}, ${how} for ${(forMs / 1000).toFixed(1)} s` }
      },
    }
    return await playOnNodes(kind, options)
  }
}

function breakOff(wire: Wire, isSilent: boolean): void {
  wire.set(isSilent ? { swallow: 'everything' } : { dropFraction: 1 })
  if (!isSilent) wire.cutAll()
}

function mend(wire: Wire): void {
  wire.set({ swallow: 'nothing', dropFraction: 0 })
  // What was swallowed will not come again.
  wire.cutAll()
}

function through(url: string, { port }: Wire): string {
  return url.replace(/(127\.0\.0\.1|localhost):\d+/, `127.0.0.1:${port}`)
}

export const playNodeCutBus = playCut('node-cut-bus', ['bus'])
export const playNodeCutDatabase = playCut('node-cut-database', ['database'])
export const playNodeCutBoth = playCut('node-cut-both', ['bus', 'database'])
