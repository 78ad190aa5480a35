/** XMPP on the wire: bytes to values and back, nothing opened, nothing waited for. */
export { BodyError, type BoshBody, type BoshCondition, readBody } from './bosh-body.ts'
export { type BodyAttributes, renderBody } from './bosh-render.ts'
export { ns } from './namespaces.ts'
export { findChild, isElement, textOf, type Xml, xml } from './xml.ts'
export { defaultXmlLimits, XmlError, type XmlErrorKind, type XmlLimits } from './xml-error.ts'
export { readXml, type XmlOptions } from './xml-reader.ts'
export { createXmlReader, type XmlReader } from './xml-slices.ts'
export { type RenderOptions, renderXml } from './xml-writer.ts'
