/** What a device says to a request: the body of the response that goes to the relay (A10, contract part 4). */
import type { Json, ObjectAnswer } from '@fairlead/protocol/contract'

export type Answer = ObjectAnswer | { result: Json } | { refused: string }
