/** What an agent's error-status is in the contract's words (RFC 3416 §3, RFC 1157 §4.1.1 for 2 to 4). */
import type { ObjectError, ObjectErrorCode } from '@fairlead/protocol/contract'

const names: Readonly<Record<number, string>> = {
  1: 'tooBig',
  2: 'noSuchName',
  3: 'badValue',
  4: 'readOnly',
  5: 'genErr',
  6: 'noAccess',
  7: 'wrongType',
  8: 'wrongLength',
  9: 'wrongEncoding',
  10: 'wrongValue',
  11: 'noCreation',
  12: 'inconsistentValue',
  13: 'resourceUnavailable',
  14: 'commitFailed',
  15: 'undoFailed',
  16: 'authorizationError',
  17: 'notWritable',
  18: 'inconsistentName',
}

/** Version 1 has no status for "you may not write this": its agents say noSuchName for an object just read. */
const writeCodes: Readonly<Record<number, ObjectErrorCode>> = {
  1: 'too-big',
  2: 'read-only',
  3: 'bad-value',
  4: 'read-only',
  6: 'read-only',
  7: 'bad-value',
  8: 'bad-value',
  9: 'bad-value',
  10: 'bad-value',
  11: 'read-only',
  12: 'bad-value',
  16: 'read-only',
  17: 'read-only',
}

const called = (status: number) => names[status] ?? `error-status ${status}`

export function readError(status: number): ObjectError {
  if (status === 1) return { code: 'too-big', message: 'The value is too big for the device to send.' }
  return { code: 'not-supported', message: `The device refuses to tell it (${called(status)}).` }
}

export function writeError(status: number, object: string): ObjectError {
  return {
    code: writeCodes[status] ?? 'not-supported',
    message: `The device refuses to set ${object} (${called(status)}).`,
  }
}
