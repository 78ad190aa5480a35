/** What stands under nodes that are no more, though others have taken over what they had. */
import type { Database } from '../database/database.ts'

/**
 * A node that was cut off may write a last time before it knows that it has been given up: a device is ONLINE there, a
 * request leaves from there, and nobody would look at it again.
 *
 * @param self the number of this node
 * @returns the numbers of such nodes
 */
export async function findLeftBehind({ read }: Database, self: number): Promise<number[]> {
  const there = read.selectFrom('node').select('number').where('state', '!=', 'dead')
  const inHand = read
    .selectFrom('request')
    .select('node')
    .where('outcome', '=', 'pending')
    .where('sent_at', 'is not', null)
    .where('node', 'not in', [0, self])
    .where('node', 'not in', there)
  const online = read
    .selectFrom('device')
    .select('node')
    .where('state', '=', 'online')
    .where('node', 'not in', [0, self])
    .where('node', 'not in', there)
  const sessions = read
    .selectFrom('session')
    .select('node')
    .where('node', 'not in', [0, self])
    .where('node', 'not in', there)
  const rows = await inHand.union(online).union(sessions).execute()
  return rows.map(({ node }) => node)
}
