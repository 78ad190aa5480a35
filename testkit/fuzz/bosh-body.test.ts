/** A share of the fuzzing of what reads XMPP on the wire, and readers with faults that it must find. */
import { test } from 'node:test'
import { BodyError, readBody } from '@fairlead/protocol/xmpp'
import { boshBodyTarget } from './bosh-body-target.ts'
import { assertFound, playShare } from './for-tests.ts'

test('B-030 to B-040 a body is read by its rules, or refused; answers, frames, SASL and addresses as well', () =>
  playShare(boshBodyTarget(), 20_000, { accepted: 1500, refused: 10_000, frames: 5000, sasl: 500, jids: 250 }))

const faults: Record<string, [read: typeof readBody, kind: RegExp]> = {
  'a reader that forgives a sign before a rid': [
    (bytes, options) =>
      readBody(Buffer.from(Buffer.from(bytes).toString('latin1').replace("rid='+", "rid='"), 'latin1'), options),
    /must be refused is read wrongly/,
  ],
  'a reader that takes a large rid': [
    (bytes, options) => ({ ...readBody(bytes, options), rid: 2 ** 53 }),
    /whose body it is/,
  ],
  'a reader that refuses a pause': [
    (bytes, options) => {
      const body = readBody(bytes, options)
      if (body.pause !== undefined) throw new BodyError('bad-request', 'planted', {})
      return body
    },
    /refused that is right/,
  ],
  'a reader that does not clamp': [
    (bytes, options) => {
      const body = readBody(bytes, options)
      return body.wait === 65_535 ? { ...body, wait: 65_536 } : body
    },
    /wait is read wrongly/,
  ],
  'a reader that breaks': [
    (bytes, options) => {
      const body = readBody(bytes, options)
      if (body.children.length > 1) throw new RangeError('planted')
      return body
    },
    /^thrown/,
  ],
}

for (const [fault, [read, kind]] of Object.entries(faults))
  test(`found: ${fault}`, () => assertFound(boshBodyTarget({ readBody: read }), 10_000, kind))
