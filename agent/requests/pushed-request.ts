/** Reads what the relay pushed (contract part 4): strict in what is done, lenient towards a newer relay's extra fields. */
import { Failure } from '@fairlead/base'
import { type Json, readJson } from '@fairlead/protocol/contract'
import { z } from 'zod'

export type PushedRequest = { timeoutMs: number } & (
  | { kind: 'get'; objects: string[] }
  | { kind: 'set'; values: Record<string, Json> }
  | { kind: 'command'; command: string; args: Record<string, Json> }
)

const Pushed = z.object({
  get: z.array(z.string()).min(1).optional(),
  set: z.record(z.string(), z.json()).optional(),
  command: z.string().optional(),
  arguments: z.record(z.string(), z.json()).optional(),
  timeoutSeconds: z.number().min(1).max(300).default(30),
})

/** @throws {Failure} `invalid-request` with the words that the device answers */
export function readPushedRequest(text: string): PushedRequest {
  const read = Pushed.safeParse(readJson(text))
  if (!read.success) throw new Failure('invalid-request', 'The request is none that this device understands.')
  const { get, set, command, timeoutSeconds } = read.data
  const timeoutMs = timeoutSeconds * 1000
  const given = [get, set, command].filter((part) => part !== undefined)
  if (given.length !== 1)
    throw new Failure('invalid-request', 'The request is not exactly one of get, set and command.')
  if (get) return { kind: 'get', objects: get, timeoutMs }
  if (set) return { kind: 'set', values: set as Record<string, Json>, timeoutMs }
  return {
    kind: 'command',
    command: command ?? '',
    args: (read.data.arguments ?? {}) as Record<string, Json>,
    timeoutMs,
  }
}
