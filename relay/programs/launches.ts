/**
 * What devices launch (L1): a device asks for a program, the relay issues the identification and asks for the device
 * information, and tells the program. What the device then sends by one touch is run by the program at its service.
 */
import { type Clock, Failure, type Random } from '@fairlead/base'
import type { Json, Launch, OfferedPrograms, ProgramRun, ProgramStep, RunOutcome } from '@fairlead/protocol/contract'
import type { TellAudit } from '../audit/act.ts'
import type { Database } from '../database/database.ts'
import type { LaunchRow, ProgramRow } from '../database/program-tables.ts'
import type { Transaction } from '../database/writer.ts'
import type { Calling } from './calling.ts'
import type { ProgramStore } from './store.ts'

/** Who calls: a device, and whose it is. */
export interface DeviceCaller {
  device: string
  account: string
}

export interface Launches {
  offered(caller: DeviceCaller): Promise<OfferedPrograms>
  /** @throws {Failure} `not-found`; `too-many-requests`: the device has as many as it may */
  launch(caller: DeviceCaller, program: string): Promise<Launch>
  /**
   * Resolves when the program has taken it; the same again does no harm.
   *
   * @throws {Failure} `not-found`: launch anew; `program-refused`: the same; `program-unreachable`: the same again may help
   */
  tell(caller: DeviceCaller, launchId: string, values: Record<string, Json>, address?: string): Promise<void>
  /**
   * @throws {Failure} `not-found`: launch anew; `information-missing`; `too-many-requests`; `program-unreachable`: the same again
   *   may help, and is the same call for the program
   */
  run(caller: DeviceCaller, launchId: string, run: ProgramRun): Promise<ProgramStep>
  /** @throws {Failure} `not-found` */
  remove(caller: DeviceCaller, launchId: string, address?: string): Promise<void>
  /** In the transaction that takes a device from its owner. */
  removed(tx: Transaction, device: string): Promise<void>
}

export interface LaunchesNeeds {
  database: Database
  store: ProgramStore
  calling: Calling
  clock: Clock
  random: Random
  audit: TellAudit
  /** Undefined: it is nobody's. */
  findDevice(device: string): { tags: readonly string[] } | undefined
  ran(outcome: RunOutcome): void
}

/** Of one device. */
const mostLaunches = 50
const mostRuns = 10
/** A device that was asked for its information answers at once, or was switched off. */
const forgetUnlaunchedMs = 3_600_000
/** Longer than a program may take: who had it is no more. */
const longestRunMs = 60_000

export function createLaunches(needs: LaunchesNeeds): Launches {
  const { database, store, calling, clock, random, audit } = needs

  function isOffered({ tag }: ProgramRow, device: string): boolean {
    return tag === null || (needs.findDevice(device)?.tags.includes(tag) ?? false)
  }

  async function mustFind({ device, account }: DeviceCaller, launchId: string): Promise<Found> {
    const launch = await store.findLaunch(launchId)
    if (launch?.device !== device || launch.account !== account) throw notLaunched()
    const program = await store.find(account, launch.program)
    if (!program || !isOffered(program, device)) throw notLaunched()
    return { launch, program }
  }

  return {
    async offered({ device, account }) {
      const programs = (await store.ofAccount(account)).filter((program) => isOffered(program, device))
      return {
        programs: programs.map(({ program, title, description }) => ({
          program,
          title,
          description: description ?? '',
        })),
      }
    },

    launch: ({ device, account }, program) =>
      database.write(async (tx) => {
        const isTheirs = (await store.ownerOf(tx, device)) === account
        const offered = await store.findToChange(tx, account, program)
        if (!isTheirs || !offered || !isOffered(offered, device))
          throw new Failure('not-found', `There is no program ${program} for this device.`)
        const created_at = clock.wallNow()
        await store.forgetUnlaunched(tx, device, created_at - forgetUnlaunchedMs)
        if ((await store.countLaunches(tx, device)) >= mostLaunches)
          throw new Failure(
            'too-many-requests',
            `This device has launched ${mostLaunches} programs: remove one first.`,
            {
              retryAfterSeconds: 60,
            },
          )
        const { asks } = offered
        const row = {
          ...{ launch_id: random.token(16), account, program, device, asks, information: null, created_at },
          ...{ launched_at: null, run_at: null, outcome: null, reason: null },
        }
        await store.addLaunch(tx, row)
        return { launchId: row.launch_id, program, asks: JSON.parse(asks) }
      }),

    async tell(caller, launchId, told, address) {
      const { launch, program } = await mustFind(caller, launchId)
      const values = onlyAsked(told, launch)
      await database.write((tx) => store.changeLaunch(tx, launchId, { information: JSON.stringify(values) }))
      const act = { action: 'launch.made', ...actOf(launch), address } as const
      try {
        await calling.launch(program, launch, values)
      } catch (error) {
        if (error instanceof Failure && error.code === 'program-refused')
          await database.write(async (tx) => {
            await store.removeLaunch(tx, launchId)
            audit(tx, { ...act, result: error.code })
          })
        throw error
      }
      await database.write(async (tx) => {
        const launched_at = launch.launched_at ?? clock.wallNow()
        if (!(await store.changeLaunch(tx, launchId, { launched_at }))) throw notLaunched()
        if (launch.launched_at === null) audit(tx, act)
      })
    },

    async run(caller, launchId, run) {
      const { launch, program } = await mustFind(caller, launchId)
      if (launch.launched_at === null)
        throw new Failure('information-missing', 'The program waits for the device information: send that first.')
      const { device, account } = caller
      const callId = random.token(16)
      await database.write(async (tx) => {
        if ((await store.ownerOf(tx, device)) !== account) throw notLaunched()
        const started_at = clock.wallNow()
        const others = await store.beginRun(tx, { call_id: callId, device, started_at }, started_at - longestRunMs)
        if (others >= mostRuns)
          throw new Failure('too-many-requests', `${mostRuns} runs of this device are under way: wait for one of them.`)
      })
      const end = (outcome: RunOutcome, reason: string | null) =>
        database.write(async (tx) => {
          await store.endRun(tx, callId)
          await store.changeLaunch(tx, launchId, { run_at: clock.wallNow(), outcome, reason })
          tx.afterCommit(() => needs.ran(outcome))
        })
      const told = { ...run, values: onlyAsked(run.values, launch) }
      const step = await calling.run(program, launch, told).catch(async (error: unknown) => {
        if (error instanceof Failure) await end('unreachable', error.message)
        throw error
      })
      await end(...endOf(step))
      return step
    },

    async remove({ device, account }, launchId, address) {
      const launch = await store.findLaunch(launchId)
      if (launch?.device !== device || launch.account !== account) throw notLaunched()
      await database.write(async (tx) => {
        if (!(await store.removeLaunch(tx, launchId))) throw notLaunched()
        audit(tx, { action: 'launch.removed', ...actOf(launch), address })
      })
    },

    removed: store.removeOfDevice,
  }
}

interface Found {
  launch: LaunchRow
  program: ProgramRow
}

/** A program is told what it asked for, and nothing else that a device knows. */
function onlyAsked(values: Record<string, Json>, { asks }: LaunchRow): Record<string, Json> {
  const asked = new Set<string>(JSON.parse(asks))
  return Object.fromEntries(Object.entries(values).filter(([name]) => asked.has(name)))
}

function endOf(step: ProgramStep): [RunOutcome, string | null] {
  if ('ask' in step) return ['asked', null]
  if ('scan' in step) return ['scanning', null]
  return 'done' in step ? ['done', null] : ['failed', step.failed.reason]
}

function actOf({ account, device, launch_id }: LaunchRow) {
  return { account, device, subject: launch_id, actor: { kind: 'device', id: device } } as const
}

function notLaunched(): Failure {
  return new Failure('not-found', 'This program is not launched here any more: launch it anew.')
}
