/** How the ones who guess, and the devices that they guess at, reach a real relay from networks of their own. */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Neighbourhood } from '../neighbourhood.ts'
import type { Reply } from '../service.ts'

/** As a trusted proxy tells of them. @param at of the whole 10.0.0.0/8 */
export function headersFrom(at: number): Record<string, string> {
  return { 'x-forwarded-for': `10.${(at >> 16) & 255}.${(at >> 8) & 255}.${at & 255}`, 'x-forwarded-proto': 'https' }
}

export async function must(status: number, replying: Promise<Reply>): Promise<Reply> {
  const reply = await replying
  if (reply.status !== status) throw new Error(`${reply.status} and not ${status}: ${JSON.stringify(reply.body)}`)
  return reply
}

/** What only time would do. */
export function onRecord({ data }: Neighbourhood, sql: string): void {
  const record = new DatabaseSync(join(data, 'fairlead.db'), { timeout: 5_000 })
  try {
    record.exec(sql)
  } finally {
    record.close()
  }
}
