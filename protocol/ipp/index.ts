/** IPP on the wire: bytes to values and back, nothing opened, nothing waited for. */
export {
  attributesFrom,
  attributesOf,
  findAll,
  findOne,
  type IppSyntax,
  ipp,
  mustFindOne,
} from './attributes.ts'
export { dateTimeOf, msOf } from './date-time.ts'
export { encodeRequest, encodeResponse } from './encode.ts'
export {
  createRequestReader,
  createResponseReader,
  decodeRequest,
  decodeResponse,
  type IppRead,
  type IppReader,
} from './head-reader.ts'
export {
  defaultIppLimits,
  IppError,
  type IppErrorKind,
  type IppLimits,
  type IppOpening,
  type IppVersion,
} from './ipp-error.ts'
export type {
  IppAttributes,
  IppDateTime,
  IppGroup,
  IppRange,
  IppRequest,
  IppResolution,
  IppResponse,
  IppStringTag,
  IppValue,
} from './message.ts'
export { type IppOperation, ippOperations } from './operations.ts'
export { type IppStatus, ippStatus } from './status.ts'
export type { IppGroupKind, IppOutOfBand, IppTag } from './tags.ts'
