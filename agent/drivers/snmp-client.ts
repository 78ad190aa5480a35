/** Reads and writes a device's MIB, within bounds and around the known ways in which agents break the rules. */
import { Failure } from '@fairlead/base'
import type { Cell, Cells } from './cell.ts'
import { compareOids, isUnder } from './oid.ts'
import { type Answer, answersTo, openSnmpSession, type SnmpNeeds, type Varbind } from './snmp-session.ts'
import type { SnmpTarget } from './snmp-target.ts'
import { createTurns } from './turns.ts'

export interface SnmpClient extends AsyncDisposable {
  /** A cell, or the error-status of the ones that there is none of (2, noSuchName, where there is no such object). */
  get(oids: readonly string[]): Promise<Map<string, Cell | number>>
  /** All cells of these columns; what a device tells beyond the bounds is left out. */
  columns(columns: readonly string[]): Promise<Cells>
  /** @returns the error-status, 0 when it was set */
  set(oid: string, cell: Cell): Promise<number>
}

export const noSuchName = 2

/** Small requests: an answer should fit in one packet of 1,472 octets, and old agents have buffers of 484. */
const oidsAtOnce = 12
const columnsAtOnce = 6
const rowsAtOnce = 8
/** Far beyond any printer; a device that tells more is broken or hostile. */
const bounds = { rowsOfColumn: 512, octets: 1 << 20, readMs: 60_000 }

interface OpenColumn {
  column: string
  at: string
  rows: number
}

export function openSnmpClient(target: SnmpTarget, needs: SnmpNeeds): SnmpClient {
  const { clock, log } = needs
  const session = openSnmpSession(target, needs)
  const oneWalkAtATime = createTurns(1)
  let bulk = target.version === 1 ? 'no' : 'untried'

  async function get(oids: readonly string[], cells: Map<string, Cell | number>): Promise<void> {
    const answer = answersTo(oids, await session.get(oids))
    if (answer.status === 0) {
      for (const [i, oid] of oids.entries()) cells.set(oid, answer.varbinds[i]?.[0]?.cell ?? noSuchName)
    } else if (oids.length > 1) {
      // Version 1 fails the whole request for one missing object (RFC 1157 §4.1.2), and a big one may be too big.
      for (const half of halves(oids)) await get(half, cells)
    } else for (const oid of oids) cells.set(oid, answer.status)
  }

  /** The rows after `at` of each column: several where the agent knows GETBULK. */
  async function next(at: readonly string[]): Promise<Answer> {
    if (bulk === 'no') return await session.getNext(at)
    try {
      const answer = await session.getBulk(at, rowsAtOnce)
      if (answer.status === 0) bulk = 'yes'
      if (answer.status === 0 || bulk === 'yes') return answer
    } catch (error) {
      if (bulk === 'yes' || !(error instanceof Failure)) throw error
    }
    // Never seen to work: some agents refuse GETBULK, others drop it.
    const answer = await session.getNext(at)
    if (answer.status === 0) bulk = 'no'
    return answer
  }

  async function walk(columns: readonly string[]): Promise<Cells> {
    const cells = new Map<string, Cell>()
    const untilMs = clock.now() + bounds.readMs
    let octets = 0

    /** @returns whether the column goes on after this one */
    function take(open: OpenColumn, { oid, cell }: Varbind): boolean {
      if (!cell || !isUnder(open.column, oid)) return false
      octets += oid.length + (cell.value instanceof Uint8Array ? cell.value.length : 8)
      const isWithin = compareOids(oid, open.at) > 0 && open.rows < bounds.rowsOfColumn && octets < bounds.octets
      if (!isWithin) {
        log.warn('snmp.walk-cut', 'A table was cut off: it goes round in circles or has no end.', {
          column: open.column,
        })
        return false
      }
      cells.set(oid, cell)
      open.at = oid
      open.rows++
      return true
    }

    /** @returns the columns that go on */
    async function step(open: readonly OpenColumn[]): Promise<OpenColumn[]> {
      const answer = await next(open.map(({ at }) => at))
      if (answer.status !== 0) {
        if (open.length === 1) return []
        const [first, second] = halves(open)
        return [...(await step(first)), ...(await step(second))]
      }
      const before = cells.size
      const goesOn = open.filter((column, i) => (answer.varbinds[i] ?? []).every((varbind) => take(column, varbind)))
      const madeProgress = goesOn.length < open.length || cells.size > before
      return madeProgress ? goesOn : []
    }

    let open: OpenColumn[] = columns.map((column) => ({ column, at: column, rows: 0 }))
    while (open.length > 0) {
      if (clock.now() > untilMs) throw new Failure('device-timeout', 'The device takes too long to tell its tables.')
      open = [...open.slice(columnsAtOnce), ...(await step(open.slice(0, columnsAtOnce)))]
    }
    return cells
  }

  return {
    async get(oids) {
      const cells = new Map<string, Cell | number>()
      for (let i = 0; i < oids.length; i += oidsAtOnce) await get(oids.slice(i, i + oidsAtOnce), cells)
      return cells
    },
    columns: (columns) => oneWalkAtATime(() => walk([...new Set(columns)])),
    set: async (oid, cell) => answersTo([oid], await session.set(oid, cell)).status,
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  }
}

function halves<T>(all: readonly T[]): [T[], T[]] {
  const middle = Math.ceil(all.length / 2)
  return [all.slice(0, middle), all.slice(middle)]
}
