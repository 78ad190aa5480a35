/** `fairlead get`, `set` and `command`: one request to one device; `fairlead request`: what became of it. */
import type { CommandAnswered, ObjectsAnswered, RequestPending } from '@fairlead/protocol/contract'
import type { RequestOptions } from '@fairlead/sdk'
import type { Command } from 'commander'
import { readAssignments } from '../assignments.ts'
import { wholeNumber } from '../read-option.ts'
import { openClient } from '../relay-access.ts'
import type { CommonFlags, Terminal } from '../terminal.ts'
import { requestAnswerInWords, requestInWords } from '../words.ts'
import { withAccess } from './with-access.ts'

interface RequestFlags extends CommonFlags {
  timeout?: number
  deliverWithin?: number
  idempotencyKey?: string
}

/** @returns exit status: 1 if an object failed, or the outcome is not `answered` */
export type Exit = (status: 0 | 1) => void

export function addRequestCommands(program: Command, terminal: Terminal, exit: Exit): void {
  withTimes(
    program
      .command('get')
      .argument('<ID>')
      .argument('<OBJECT...>', 'as toner.black, or an OID')
      .description('reads objects of a device'),
  ).action(async (id: string, objects: string[], flags: RequestFlags) => {
    tell(await openClient(flags, terminal).request(id, { get: objects }, optionsOf(flags)), flags)
  })

  withKey(
    program
      .command('set')
      .argument('<ID>')
      .argument('<OBJECT=TEXT...>', 'as location="2nd floor"; what is not text goes as OBJECT:=JSON')
      .description('sets objects of a device and tells what now holds there'),
  ).action(async (id: string, words: string[], flags: RequestFlags) => {
    tell(await openClient(flags, terminal).request(id, { set: readAssignments(words) }, optionsOf(flags)), flags)
  })

  withKey(
    program
      .command('command')
      .argument('<ID>')
      .argument('<NAME>')
      .argument('[ARGUMENT=TEXT...]', 'what the command needs; what is not text goes as ARGUMENT:=JSON, as seconds:=5')
      .description('has a device do something it offers: identify, print-test-page …'),
  ).action(async (id: string, name: string, words: string[], flags: RequestFlags) => {
    const body = { command: name, arguments: readAssignments(words) }
    tell(await openClient(flags, terminal).request(id, body, optionsOf(flags)), flags)
  })

  withAccess(
    program.command('request').argument('<REQUEST-ID>').description('tells what became of a request that had to wait'),
  ).action(async (requestId: string, flags: CommonFlags) => {
    const request = await openClient(flags, terminal).findRequest(requestId)
    terminal.print(flags.json ? JSON.stringify(request) : requestInWords(request, terminal.now()))
    const failed = request.outcome !== 'answered' || request.code !== undefined || hasErrors(request)
    exit(failed ? 1 : 0)
  })

  function tell(answer: ObjectsAnswered | CommandAnswered | RequestPending, { json }: RequestFlags): void {
    const failed = 'outcome' in answer || hasErrors(answer)
    terminal.print(json ? JSON.stringify(answer) : requestAnswerInWords(answer))
    exit(failed ? 1 : 0)
  }
}

function hasErrors(answer: object): boolean {
  return 'errors' in answer && Object.keys(Object(answer.errors)).length > 0
}

function withTimes(command: Command): Command {
  return withAccess(command)
    .option('--timeout <seconds>', 'how long to wait for the answer (1 to 300)', wholeNumber(1, 300, 'seconds'))
    .option(
      '--deliver-within <seconds>',
      'if the device is offline, wait for it so long (up to 604800, a week)',
      wholeNumber(0, 604_800, 'seconds'),
    )
}

function withKey(command: Command): Command {
  return withTimes(command).option(
    '--idempotency-key <key>',
    'the same key and request is done once, however often it is sent',
  )
}

function optionsOf({ timeout, deliverWithin, idempotencyKey }: RequestFlags): RequestOptions {
  return {
    ...(timeout !== undefined && { timeoutSeconds: timeout }),
    ...(deliverWithin !== undefined && { deliverWithinSeconds: deliverWithin }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  }
}
