/** The maker's list (B2): which device may come with which code. Sent again it does no harm. */
import type { Clock } from '@fairlead/base'
import { type FactoryLine, type FactoryList, type FactoryListed, faultOf } from '@fairlead/protocol/contract'
import type { Act, TellAudit } from '../audit/act.ts'
import type { Database } from '../database/database.ts'
import type { Transaction } from '../database/writer.ts'
import type { Codes } from './codes.ts'
import type { EnrolmentStore } from './store.ts'

type Listed = FactoryListed['items'][number]

/** All of it in one transaction; a line that is wrong is told, and keeps no other out. */
export type AddToList = (list: FactoryList, by: Pick<Act, 'actor' | 'address'>) => Promise<FactoryListed>

export interface FactoryListNeeds {
  database: Database
  store: EnrolmentStore
  codes: Codes
  clock: Clock
  audit: TellAudit
}

export function createFactoryList({ database, store, codes, clock, audit }: FactoryListNeeds): AddToList {
  async function addOne(tx: Transaction, line: FactoryLine, by: Pick<Act, 'actor' | 'address'>): Promise<Listed> {
    const { id, code, model } = line
    const why = faultOf(line)
    if (why !== undefined) return { id, result: 'refused', why }
    const row = { device: id, code: codes.hashOf(code), model: model ?? null, added_at: clock.wallNow() }
    if (!(await store.list(tx, row))) return { id, result: 'known' }
    audit(tx, { action: 'factory-list.added', account: null, device: id, ...by })
    return { id, result: 'added' }
  }

  return ({ items }, by) =>
    database.write(async (tx) => {
      const listed: Listed[] = []
      for (const line of items) listed.push(await addOne(tx, line, by))
      return { items: listed }
    })
}
