/** A share of the IPP fuzzing, and codecs with faults that it must find. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  createRequestReader,
  createResponseReader,
  encodeRequest,
  encodeResponse,
  type IppReader,
  type IppRequest,
} from '@fairlead/protocol/ipp'
import { assertFound, playShare } from './for-tests.ts'
import { type IppCodec, ippTarget } from './ipp-target.ts'
import { play } from './play.ts'

const sound: IppCodec = { createRequestReader, createResponseReader, encodeRequest, encodeResponse }

test('made-up IPP messages are refused or read, and written again the same', () =>
  playShare(ippTarget(), 1000, { read: 200, malformed: 50, value: 50, cut: 50, duplicate: 1, 'too-long': 2 }))

/** A reader that does something else to what was read. */
function reading(change: (head: IppRequest) => IppRequest): IppCodec {
  return {
    ...sound,
    createRequestReader(options): IppReader<IppRequest> {
      const reader = createRequestReader(options)
      return {
        write(bytes) {
          const read = reader.write(bytes)
          return read && { ...read, head: change(read.head) }
        },
        end: () => reader.end(),
      }
    },
  }
}

const faults: Record<string, [codec: IppCodec, kind: RegExp]> = {
  'a reader that loses a group': [reading((head) => ({ ...head, groups: head.groups.slice(1) })), /written otherwise/],
  'a reader that breaks on a name of JavaScript': [
    reading((head) => {
      if (head.groups.some(({ attributes }) => attributes.has('1-__proto__'))) throw new TypeError('planted')
      return head
    }),
    /^thrown/,
  ],
  'a reader that keeps pieces that are used again': [
    {
      ...sound,
      createRequestReader(options) {
        const kept: Uint8Array[] = []
        const follow = createRequestReader(options)
        return {
          write(bytes) {
            kept.push(bytes)
            const read = follow.write(bytes)
            return read && { ...read, head: createRequestReader(options).write(Buffer.concat(kept))?.head ?? read.head }
          },
          end: () => follow.end(),
        }
      },
    },
    /pieces say something else|^thrown/,
  ],
  'a limit that is not kept': [
    { ...sound, createRequestReader: ({ maxValues: _, ...options } = {}) => createRequestReader(options) },
    /a limit was not kept/,
  ],
  'responses that are refused for what requests may': [
    { ...sound, createResponseReader: (options) => createResponseReader({ ...options, maxDepth: 0 }) },
    /refused as a response/,
  ],
}

for (const [fault, [codec, kind]] of Object.entries(faults))
  test(`found: ${fault}`, () => assertFound(ippTarget(codec), 2000, kind))

test('what is found in a message is made small', async () => {
  const broken = reading((head) => ({ ...head, requestId: head.requestId + head.groups.length }))
  const { findings } = await play(ippTarget(broken), { seed: 1, inputs: 1000 })
  assert.ok((findings[0]?.input.length ?? 100) <= 10)
})
