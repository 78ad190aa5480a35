/** A secret of this relay that survives restarts, made when it is first asked for. */
import type { Random } from '@fairlead/base'
import type { Database } from './shape.ts'

/** @returns 32 random bytes, the same ones for the same name */
export async function keptSecret({ write }: Database, random: Random, name: string): Promise<Uint8Array> {
  const value = await write(async ({ sql }) => {
    await sql
      .insertInto('setting')
      .values({ name, value: random.token(32) })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    return sql.selectFrom('setting').select('value').where('name', '=', name).executeTakeFirstOrThrow()
  })
  return Buffer.from(value.value, 'base64url')
}
