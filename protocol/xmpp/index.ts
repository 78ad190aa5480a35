/** XMPP on the wire: bytes to values and back, nothing opened, nothing waited for. */
export { type BoshAnswer, readAnswer } from './bosh-answer.ts'
export { BodyError, type BoshBody, type BoshCondition, readBody, readSid } from './bosh-body.ts'
export { type BodyAttributes, renderBody } from './bosh-render.ts'
export { type Frame, readFrame, renderClose, renderOpen } from './framing.ts'
export { isDeviceId, isResource, type Jid, readDomain, readJid, renderBareJid, renderJid } from './jid.ts'
export { ns } from './namespaces.ts'
export {
  decodeBase64,
  mechanismsOf,
  type PlainMessage,
  readExternal,
  readPlain,
  readSaslAnswer,
  readSaslRequest,
  renderPlain,
  type SaslAnswer,
  type SaslCondition,
  SaslError,
  type SaslRequest,
  saslElement,
  saslFailure,
  saslMechanisms,
} from './sasl.ts'
export { beginScram, isFromServer, proveSecret, type ScramClient, type ScramProof } from './scram-client.ts'
export {
  deriveKeys,
  fakeCredentials,
  minIterations,
  type ScramCredentials,
  type ScramHash,
  type ScramKeys,
  saltBytes,
  scramMechanisms,
} from './scram-keys.ts'
export { scramNonce } from './scram-message.ts'
export {
  type ClientFirst,
  challengeClient,
  readClientFirst,
  type ScramExchange,
  type ScramSuccess,
  verifyClient,
} from './scram-server.ts'
export {
  type ErrorFacts,
  errorOf,
  iqError,
  iqResult,
  isIqAnswer,
  isIqRequest,
  isStanza,
  payloadOf,
  type StanzaCondition,
  type StanzaErrorType,
  streamErrorOf,
} from './stanza.ts'
export { findChild, isElement, textOf, type Xml, xml } from './xml.ts'
export { defaultXmlLimits, XmlError, type XmlErrorKind, type XmlLimits } from './xml-error.ts'
export { readXml, type XmlOptions } from './xml-reader.ts'
export { createXmlReader, type XmlReader } from './xml-slices.ts'
export { escapeText, escapeValue, type RenderOptions, renderXml } from './xml-writer.ts'
