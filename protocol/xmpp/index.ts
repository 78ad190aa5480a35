/** XMPP on the wire: bytes to values and back, nothing opened, nothing waited for. */
export { ns } from './namespaces.ts'
export { findChild, isElement, textOf, type Xml, xml } from './xml.ts'
