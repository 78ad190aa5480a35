/** Where the documents are, as the record has it: a relay that would look for them elsewhere would find none, and does not start. */
import { Failure, type Log } from '@fairlead/base'
import type { Database } from '../database/database.ts'
import type { SpoolConfig } from '../spool-config.ts'

export interface PlaceNeeds {
  database: Pick<Database, 'write'>
  /** In words, the same at every node. */
  place: string
  /** The names of the nodes that live besides this one. */
  others(): Promise<readonly { name: string }[]>
  /** What is kept elsewhere is not waited for. */
  givesUp: boolean
  log: Log
}

/** Name of the setting. */
const setting = 'spool-place'

/** An endpoint may have another name in each network; a bucket has one. */
export function placeOf(storage: SpoolConfig | undefined, isShared: boolean): string {
  if (storage) return `s3://${storage.bucket}/${storage.prefix}`
  return isShared ? 'the record' : 'the data folder'
}

/**
 * From its commit on the documents are at this place. Who has been told to give up what was elsewhere ends, when they are due,
 * the jobs that need it.
 *
 * @throws {Failure} `unavailable`, one sentence that says what to do: other nodes, or jobs that have not ended, have documents elsewhere
 */
export async function agreeOnPlace({ database, place, others, givesUp, log }: PlaceNeeds): Promise<void> {
  const alive = await others()
  const before = await database.write(async ({ sql }) => {
    await sql
      .insertInto('setting')
      .values({ name: setting, value: place })
      .onConflict((on) => on.doNothing())
      .execute()
    // Held until the commit: of two nodes that come at once the second sees what the first has made of it.
    const row = sql.selectFrom('setting').select('value').where('name', '=', setting).forUpdate()
    const { value } = await row.executeTakeFirstOrThrow()
    if (value === place) return undefined
    if (alive.length > 0) throw differs(place, value, alive)
    const { jobs } = await sql
      .selectFrom('job')
      .innerJoin('document', 'document.digest', 'job.digest')
      .select(({ fn }) => fn.countAll<number>().as('jobs'))
      .where('job.state', 'in', ['waiting', 'notified', 'received'])
      .executeTakeFirstOrThrow()
    if (Number(jobs) > 0 && !givesUp) throw stillThere(place, value, Number(jobs))
    await sql.deleteFrom('document').execute()
    await sql.deleteFrom('upload').execute()
    await sql.updateTable('setting').set({ value: place }).where('name', '=', setting).execute()
    return { value, jobs: Number(jobs) }
  })
  if (before)
    log.warn(
      'spool.moved',
      `Documents of jobs were kept in ${before.value} and are kept in ${place} from now on. What is left there may be removed.`,
      { jobsWithoutDocument: before.jobs },
    )
}

function differs(place: string, other: string, alive: readonly { name: string }[]): Failure {
  const names = alive.map(({ name }) => name).join(', ')
  return new Failure(
    'unavailable',
    `Other nodes (${names}) keep the documents of jobs in ${other}, and this one would in ${place}: give all of them the same --spool-url, or stop them all first.`,
  )
}

function stillThere(place: string, other: string, jobs: number): Failure {
  return new Failure(
    'unavailable',
    `The documents of ${jobs} ${jobs === 1 ? 'job that has' : 'jobs that have'} not ended are in ${other}, and this relay would look in ${place}: start it with the former --spool-url until they have, or with --give-up-documents to let them fail.`,
  )
}
