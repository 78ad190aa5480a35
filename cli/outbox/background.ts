/** Who sends the outbox when nobody waits for it: one process of its own, that ends when there is nothing more to send. */
import { spawn } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as passing } from 'node:timers/promises'
import { backoffMs } from '@fairlead/base'
import { isInHand } from './outbox.ts'
import { type SendingNeeds, sendKept } from './sending.ts'

const limits = { firstMs: 1_000, longestMs: 30_000 }

/** The command that such a process runs. */
export function sendingCommand(): string[] {
  const [program = ''] = process.argv.slice(1)
  return [process.execPath, ...process.execArgv, program, 'outbox', 'send', '--until-empty']
}

/** Starts one, whose life has nothing to do with this one's. One that runs already does all that there is. */
export function startSender(): void {
  const [program = '', ...words] = sendingCommand()
  const sender = spawn(program, words, { detached: true, stdio: 'ignore' })
  // What cannot be started is tried again by the next command.
  sender.on('error', () => {})
  sender.unref()
}

/** @returns when nothing is left that can be sent, or when another process does it */
export async function sendUntilEmpty(needs: SendingNeeds, fraction: () => number): Promise<void> {
  using turn = await takeTurn(needs.outbox.folder)
  if (!turn) return
  for (let attempt = 0; ; ) {
    const { left, sent } = await sendOnce(needs)
    if (left === 0) return
    attempt = sent > 0 ? 0 : attempt + 1
    await passing(backoffMs(attempt, limits, fraction()))
  }
}

/** All that waits for nobody's word. @returns how many went, and how many are to be tried again */
export async function sendOnce(needs: SendingNeeds): Promise<{ left: number; sent: number }> {
  let [left, sent] = [0, 0]
  for (const job of await needs.outbox.list()) {
    if (job.waitsFor) continue
    if (isInHand(job, needs.now())) {
      left++
      continue
    }
    // Now or never, and whoever asked for it was killed in between: never.
    if (job.expiresAt === job.createdAt) {
      await needs.outbox.remove(job)
      continue
    }
    const outcome = await sendKept(job, needs)
    if (outcome.is === 'sent') sent++
    else if (outcome.is === 'gone') continue
    else if (outcome.is === 'kept') {
      left++
      if (job.why !== outcome.why) await needs.outbox.change(job, { why: outcome.why })
    } else if (outcome.is === 'asks') await needs.outbox.change(job, { waitsFor: 'answer', why: outcome.question })
    else await needs.outbox.change(job, { waitsFor: 'refused', why: outcome.error.message })
  }
  return { left, sent }
}

/**
 * Two at once would do no harm, only twice the work: a job has one key.
 * @returns undefined: another process has it
 */
async function takeTurn(folder: string): Promise<Disposable | undefined> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  // SQLite's lock is the system's: it ends with the process, however that ends.
  const lock = new DatabaseSync(join(dirname(folder), 'sender.lock'), { timeout: 0 })
  try {
    lock.exec('BEGIN EXCLUSIVE')
    return { [Symbol.dispose]: () => lock.close() }
  } catch (error) {
    lock.close()
    const isBusy = error instanceof Error && 'errcode' in error && error.errcode === sqliteBusy
    if (isBusy) return undefined
    throw error
  }
}

/** Source: sqlite.org/rescode.html */
const sqliteBusy = 5
