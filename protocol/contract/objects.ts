/** Objects of a device and what was said of them: the inside of a request and of its answer. */

export type Json = string | number | boolean | null | Json[] | { [name: string]: Json }

/** Codes of an object that could not be read or set (contract part 3). */
export type ObjectErrorCode = 'unknown-object' | 'not-supported' | 'read-only' | 'bad-value' | 'too-big' | 'no-answer'

export interface ObjectError {
  code: ObjectErrorCode
  message: string
}

/** Every object asked for is in exactly one of the two. For a SET, `values` holds what now holds at the device. */
export interface ObjectAnswer {
  values: Record<string, Json>
  errors: Record<string, ObjectError>
}
