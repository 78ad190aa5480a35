/** What services, devices and relays say to each other: the type, the check and the document in one. */
export type { Json, ObjectAnswer, ObjectError, ObjectErrorCode } from './objects.ts'
