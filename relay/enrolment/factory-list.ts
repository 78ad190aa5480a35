/** The maker's list (B2): which device may come with which code. Sent again it does no harm. */
import type { Clock } from '@fairlead/base'
import { type FactoryLine, type FactoryList, type FactoryListed, faultOf } from '@fairlead/protocol/contract'
import type { Database } from '../database/database.ts'
import type { Transaction } from '../database/writer.ts'
import type { Codes } from './codes.ts'
import type { EnrolmentStore } from './store.ts'

type Listed = FactoryListed['items'][number]

/** All of it in one transaction; a line that is wrong is told, and keeps no other out. */
export type AddToList = (list: FactoryList) => Promise<FactoryListed>

export interface FactoryListNeeds {
  database: Database
  store: EnrolmentStore
  codes: Codes
  clock: Clock
}

export function createFactoryList({ database, store, codes, clock }: FactoryListNeeds): AddToList {
  async function addOne(tx: Transaction, line: FactoryLine): Promise<Listed> {
    const { id, code, model } = line
    const why = faultOf(line)
    if (why !== undefined) return { id, result: 'refused', why }
    const row = { device: id, code: codes.hashOf(code), model: model ?? null, added_at: clock.wallNow() }
    return { id, result: (await store.list(tx, row)) ? 'added' : 'known' }
  }

  return ({ items }) =>
    database.write(async (tx) => {
      const listed: Listed[] = []
      for (const line of items) listed.push(await addOne(tx, line))
      return { items: listed }
    })
}
