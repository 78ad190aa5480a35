/** Fuzzes the IPP codec: messages by the grammar and broken ones, as requests and as responses, whole and in pieces. */
import {
  createRequestReader,
  createResponseReader,
  encodeRequest,
  encodeResponse,
  type IppAttributes,
  IppError,
  type IppRequest,
  type IppResponse,
} from '@fairlead/protocol/ipp'
import type { Chance } from './chance.ts'
import { makeMessage } from './ipp-messages.ts'
import { Broken, type Counts, count, expect } from './story.ts'
import { type Target, tryEach, wordsFor } from './target.ts'

/** What is fuzzed; a test hands in broken ones to see that they are caught. */
export interface IppCodec {
  createRequestReader: typeof createRequestReader
  createResponseReader: typeof createResponseReader
  encodeRequest: typeof encodeRequest
  encodeResponse: typeof encodeResponse
}

/** So that each limit is met in small messages as well. */
const tight = { maxBytes: 300, maxDepth: 2, maxGroups: 3, maxAttributes: 6, maxValues: 9 }

export function ippTarget(
  codec: IppCodec = { createRequestReader, createResponseReader, encodeRequest, encodeResponse },
): Target {
  return {
    describe: 'the IPP codec, as requests and as responses',
    inputs: 1_000_000,
    batch: 200,
    async open({ trying }) {
      const counts: Counts = {}
      return {
        counts,
        make,
        tryOut: (inputs) =>
          tryEach(inputs, (input) => {
            trying(input)
            try {
              tryOne(codec, input, counts)
              return undefined
            } catch (error) {
              return error instanceof Broken ? error.message : `thrown: ${wordsFor(error)}`
            }
          }),
        async [Symbol.asyncDispose]() {},
      }
    },
  }
}

function make(chance: Chance): Uint8Array {
  const message = makeMessage(chance)
  if (chance.oneIn(3)) return message
  const changed = Buffer.from(message)
  for (let change = chance.below(3); change >= 0; change--) changed[chance.below(changed.length)] = chance.below(256)
  return chance.oneIn(4) ? changed.subarray(0, chance.below(changed.length)) : changed
}

function tryOne(codec: IppCodec, input: Uint8Array, counts: Counts): void {
  const request = outcomeOf(() => codec.createRequestReader(), input, input.length)
  count(counts, request.error?.kind ?? 'read')
  const pieces = outcomeOf(() => codec.createRequestReader(), input, 1 + ((input[input.length >> 1] ?? 0) & 15))
  expect(wordsOf(pieces) === wordsOf(request), 'pieces say something else', () => [wordsOf(pieces), wordsOf(request)])
  const narrow = outcomeOf(() => codec.createRequestReader(tight), input, input.length)
  if (narrow.head !== undefined) expect(isWithin(narrow.head, narrow.ends), 'a limit was not kept')
  else
    expect(narrow.error.kind === 'too-large' || request.head === undefined, 'tighter limits refuse for another reason')
  if (request.head !== undefined) {
    const written = codec.encodeRequest(request.head)
    expect(
      Buffer.from(written).equals(input.subarray(0, request.ends)),
      'a request is written otherwise than it was read',
    )
  }
  const response = outcomeOf(() => codec.createResponseReader(), input, input.length)
  expect(
    response.head !== undefined || request.head === undefined,
    'what is read as a request is refused as a response',
  )
  if (response.head !== undefined) tryResponse(codec, response.head)
}

/** Of an attribute that comes twice the first stands: the same bytes come only the second time. */
function tryResponse(codec: IppCodec, response: IppResponse): void {
  const written = codec.encodeResponse(response)
  const again = outcomeOf(() => codec.createResponseReader(), written, written.length)
  expect(again.head !== undefined, 'a response cannot be read again')
  expect(
    Buffer.from(codec.encodeResponse(again.head)).equals(written),
    'a response is read otherwise than it was written',
  )
}

type Outcome<Head> = { head: Head; ends: number; error?: never } | { error: IppError; head?: never; ends?: never }

interface Reader<Head> {
  write(bytes: Uint8Array): { head: Head; rest: Uint8Array } | undefined
  end(): never
}

function outcomeOf<Head>(open: () => Reader<Head>, input: Uint8Array, size: number): Outcome<Head> {
  const reader = open()
  try {
    for (let at = 0; at < input.length; at += size) {
      // What was written may be reused: the reader must have taken what it needs.
      const piece = new Uint8Array(input.subarray(at, at + size))
      const read = reader.write(piece)
      if (read !== undefined) return { head: read.head, ends: at + piece.length - read.rest.length }
      piece.fill(0xaa)
    }
    return reader.end()
  } catch (error) {
    if (error instanceof IppError) return { error }
    throw error
  }
}

function wordsOf({ head, ends, error }: Outcome<IppRequest>): string {
  if (error !== undefined) return `${error.kind} ${error.message} ${error.offset} ${JSON.stringify(error.opening)}`
  return `${ends} ${Buffer.from(encodeRequest(head)).toString('latin1')}`
}

function isWithin({ groups }: IppRequest, ends: number): boolean {
  let attributes = 0
  let values = 0
  function fits(all: IppAttributes, depth: number): boolean {
    if (depth > tight.maxDepth) return false
    attributes += all.size
    return [...all.values()].every((each) => {
      values += each.length
      return each.every((value) => value.tag !== 'collection' || fits(value.value, depth + 1))
    })
  }
  const isFlat = groups.every((group) => fits(group.attributes, 0))
  const isFew = groups.length <= tight.maxGroups && attributes <= tight.maxAttributes && values <= tight.maxValues
  return isFlat && isFew && ends <= tight.maxBytes
}
