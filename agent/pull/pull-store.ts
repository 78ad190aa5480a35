/** Pulls of one device and the content that it keeps, on its own disk: that they were asked for, and how far they are (A14). */
import type { DatabaseSync } from 'node:sqlite'
import type { ScanFailed, ScanSettings, Source } from '../scanning/scanner.ts'
import type { Begun } from './downloading.ts'
import type { Why } from './why.ts'

/**
 * Where a pull is. Content: `fetching`, `fetched`, then `handed` (to the device's jobs) or `kept`, or `nothing` was there.
 * A scan: `scanning`, `sending`, `passing-on`, then what the service said of it. Either may have `failed`, or be `given-up`.
 */
export type PullState = OpenState | EndState
type OpenState = 'fetching' | 'fetched' | 'scanning' | 'sending' | 'passing-on'
export type EndState =
  | 'handed'
  | 'kept'
  | 'nothing'
  | 'stored'
  | 'passed-on'
  | 'refused'
  | 'taken'
  | 'not-known'
  | 'failed'
  | 'given-up'

const openStates: ReadonlySet<PullState> = new Set(['fetching', 'fetched', 'scanning', 'sending', 'passing-on'])
export const isOpen = ({ state }: { state: PullState }) => openStates.has(state)

/**
 * A scan that is being made. `looking` for what the scanner has; the person is to `choose` where the pages lie; `ready`: it waits
 * for the scanner; `at-work`; `more`: the person says whether there is another page for the glass; `stopped`: something came between,
 * and the person says whether it goes on; `binding` what there is.
 */
export interface ScanUnderWay {
  readonly stage: 'looking' | 'choose' | 'ready' | 'at-work' | 'more' | 'stopped' | 'binding'
  /** Another one with each stage: what is pressed for an earlier one does nothing. */
  readonly turn: number
  readonly sources: readonly Source[]
  /** Undefined: nobody has chosen. */
  readonly source?: Source | undefined
  /** So many are on disk. */
  readonly pages: number
  /** What came between. */
  readonly failed?: ScanFailed | undefined
}

/** One touch on a service, and what becomes of it. */
export interface KeptPull {
  readonly id: string
  readonly kind: 'print' | 'keep' | 'send'
  /** Of the service, for people. */
  readonly title: string
  readonly url: string
  /** A secret; it goes when the pull has ended. */
  authorization?: string | undefined
  readonly settings?: ScanSettings
  readonly atMs: number
  state: PullState
  changedAtMs: number
  /** Of content: what the service said that it sends. */
  begun?: Begun | undefined
  bytes?: number
  /** How far the scanning of it is. */
  scan?: ScanUnderWay
  /** It has left once, at least: the service may have it. */
  hasLeft?: boolean
  /** Where the service tells what becomes of a scan, and until when it is asked. */
  lookAt?: string
  lookUntilMs?: number
  to?: string | undefined
  message?: string | undefined
  /** It is printed from what is kept here: which content. */
  readonly content?: string
  /** Somebody has waved it away. */
  isSeen?: boolean
  /** Why it ended so, or does not go on right now. */
  why?: Why | undefined
}

/** Content that the device keeps, to be printed later. */
export interface KeptContent {
  readonly id: string
  readonly title: string
  readonly name: string
  readonly format: string
  readonly bytes: number
  readonly atMs: number
}

export interface PullStore {
  /** On disk when it returns. @returns false: there was one of that ID */
  add(pull: KeptPull): boolean
  /** On disk when it returns, and only then in `pull`: where the disk refuses it nothing has happened. */
  keep(pull: KeptPull, more: Partial<KeptPull>): void
  find(id: string): KeptPull | undefined
  /** The oldest first. */
  all(): KeptPull[]
  remove(id: string): void
  /** The newest first. */
  contents(): KeptContent[]
  /** One that is there stays as it is. */
  addContent(content: KeptContent): void
  removeContent(id: string): void
}

export const pullTables = `
  CREATE TABLE IF NOT EXISTS pull (device TEXT NOT NULL, id TEXT NOT NULL, pull TEXT NOT NULL, PRIMARY KEY (device, id)) STRICT;
  CREATE TABLE IF NOT EXISTS content (device TEXT NOT NULL, id TEXT NOT NULL, content TEXT NOT NULL, PRIMARY KEY (device, id)) STRICT;`

export function createPullStore(database: DatabaseSync, device: string): PullStore {
  const tables = { pull: tableOf<KeptPull>('pull'), content: tableOf<KeptContent>('content') }

  /** Few and small: all of them are known, and there is one value of each, whoever has it in hand. */
  function tableOf<Row extends { id: string }>(name: 'pull' | 'content') {
    const add = database.prepare(`INSERT OR IGNORE INTO ${name} (device, id, ${name}) VALUES (?, ?, ?)`)
    const put = database.prepare(`UPDATE ${name} SET ${name} = ? WHERE device = ? AND id = ?`)
    const remove = database.prepare(`DELETE FROM ${name} WHERE device = ? AND id = ?`)
    const rows = database.prepare(`SELECT ${name} AS text FROM ${name} WHERE device = ?`).all(device) as {
      text: string
    }[]
    const known = new Map(rows.map(({ text }) => JSON.parse(text) as Row).map((row) => [row.id, row]))
    return {
      known,
      add(row: Row) {
        if (known.has(row.id)) return false
        add.run(device, row.id, JSON.stringify(row))
        known.set(row.id, row)
        return true
      },
      keep(row: Row, more: Partial<Row>) {
        put.run(JSON.stringify({ ...row, ...more }), device, row.id)
        Object.assign(row, more)
      },
      remove(id: string) {
        remove.run(device, id)
        known.delete(id)
      },
    }
  }

  const inTime = <Row extends { atMs: number }>(rows: Iterable<Row>) => [...rows].toSorted((a, b) => a.atMs - b.atMs)
  return {
    add: tables.pull.add,
    keep: tables.pull.keep,
    find: (id) => tables.pull.known.get(id),
    all: () => inTime(tables.pull.known.values()),
    remove: tables.pull.remove,
    contents: () => inTime(tables.content.known.values()).reverse(),
    addContent: (content) => void tables.content.add(content),
    removeContent: tables.content.remove,
  }
}
