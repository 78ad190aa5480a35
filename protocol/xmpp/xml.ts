/** An XML element as a value: what every reader makes and every writer takes. */

/**
 * An element with its namespace resolved; prefixes are gone.
 *
 * `attributes` is keyed by the local name, or `{namespace}local` for a prefixed attribute
 * (`{urn:xmpp:xbosh}restart`, `{http://www.w3.org/XML/1998/namespace}lang`). A Map: no prototype to poison (S-X4).
 */
export interface Xml {
  readonly name: string
  /** Namespace URI; '' for none. */
  readonly ns: string
  readonly attributes: ReadonlyMap<string, string>
  /** Elements and text in document order; adjacent text is one string, never empty. */
  readonly children: readonly (Xml | string)[]
}

/** Makes an element. Attributes that are undefined are left out. */
export function xml(
  name: string,
  ns: string,
  attributes: Record<string, string | undefined> = {},
  ...children: (Xml | string)[]
): Xml {
  const given = new Map<string, string>()
  for (const key of Object.keys(attributes)) {
    const value = attributes[key]
    if (value !== undefined) given.set(key, value)
  }
  return {
    name,
    ns,
    attributes: given,
    children: children.includes('') ? children.filter((child) => child !== '') : children,
  }
}

export function isElement(child: Xml | string): child is Xml {
  return typeof child !== 'string'
}

/** The first child element of that name and namespace. */
export function findChild(parent: Xml, name: string, ns: string): Xml | undefined {
  for (const child of parent.children) if (isElement(child) && child.name === name && child.ns === ns) return child
  return undefined
}

/** The element's own text, without that of elements in it. */
export function textOf(element: Xml): string {
  let text = ''
  for (const child of element.children) if (!isElement(child)) text += child
  return text
}
