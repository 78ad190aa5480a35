/** The namespace declarations in force at one place of a document, innermost last. */
import { ns } from './namespaces.ts'
import { isNamespaceUri } from './xml-characters.ts'
import { XmlError } from './xml-error.ts'

const xmlnsUri = 'http://www.w3.org/2000/xmlns/'

/** Bounded by `maxNamespaces`, so that looking up costs the same however long the document is. */
export interface Scope {
  readonly prefixes: string[]
  readonly uris: string[]
  /** How many are in force; what lies beyond is over. Shortening the arrays would cost more than reading does. */
  size: number
}

/** @returns the namespace of that prefix ('' is the default one), or undefined if it is not bound */
export function lookUp(scope: Scope, prefix: string): string | undefined {
  for (let at = scope.size - 1; at >= 0; at--) if (scope.prefixes[at] === prefix) return scope.uris[at]
  if (prefix === '') return ''
  return prefix === 'xml' ? ns.xml : undefined
}

/**
 * Adds a declaration of the element that began when `first` were in force.
 * Source: Namespaces in XML 1.0 §2.2 and §3, reserved prefixes and constraints.
 */
export function declare(scope: Scope, prefix: string, uri: string, first: number, offset: number): void {
  if (uri !== '' && !isNamespaceUri(uri)) throw new XmlError('restricted', offset, 'A namespace is not a URI.')
  if (uri === '' && prefix !== '') throw new XmlError('malformed', offset, 'A prefix is bound to no namespace.')
  if (prefix === 'xmlns' || uri === xmlnsUri) throw new XmlError('malformed', offset, 'xmlns cannot be bound.')
  if ((prefix === 'xml') !== (uri === ns.xml)) throw new XmlError('malformed', offset, 'xml cannot be bound anew.')
  for (let at = first; at < scope.size; at++)
    if (scope.prefixes[at] === prefix) throw new XmlError('malformed', offset, 'A namespace declaration stands twice.')
  scope.prefixes[scope.size] = prefix
  scope.uris[scope.size++] = uri
}
