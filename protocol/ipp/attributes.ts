/** Finds attributes by name and the syntax that they must have, and makes them. */
import { IppError } from './ipp-error.ts'
import type {
  IppAttributes,
  IppDateTime,
  IppGroup,
  IppRange,
  IppResolution,
  IppStringTag,
  IppValue,
} from './message.ts'
import type { IppOutOfBand } from './tags.ts'

/** What has a value of its own, by its syntax. Text and names come with or without their language. */
interface ValueBySyntax extends Record<IppStringTag, string> {
  integer: number
  enum: number
  boolean: boolean
  octetString: Uint8Array
  dateTime: IppDateTime
  resolution: IppResolution
  rangeOfInteger: IppRange
  collection: IppAttributes
}

export type IppSyntax = keyof ValueBySyntax

const withoutLanguage: { readonly [tag: string]: string } = { textWithLanguage: 'text', nameWithLanguage: 'name' }

/**
 * All values of an attribute, of any of these syntaxes (`media` is a keyword or a name); undefined where it is not there.
 * @throws {IppError} where a value is of another syntax
 */
export function findAll<Syntax extends IppSyntax>(
  attributes: IppAttributes,
  name: string,
  ...syntaxes: readonly [Syntax, ...Syntax[]]
): readonly ValueBySyntax[Syntax][] | undefined {
  return attributes.get(name)?.map((value) => {
    const syntax = withoutLanguage[value.tag] ?? value.tag
    if (!(syntaxes as readonly string[]).includes(syntax) || !('value' in value))
      throw new IppError('syntax', `The attribute ${name} must be ${syntaxes.join(' or ')}, and is ${value.tag}.`)
    return value.value as ValueBySyntax[Syntax]
  })
}

/** The one value of an attribute. @throws {IppError} where it is of another syntax or there are several */
export function findOne<Syntax extends IppSyntax>(
  attributes: IppAttributes,
  name: string,
  ...syntaxes: readonly [Syntax, ...Syntax[]]
): ValueBySyntax[Syntax] | undefined {
  const all = findAll(attributes, name, ...syntaxes)
  if (all !== undefined && all.length > 1)
    throw new IppError('syntax', `The attribute ${name} must have one value, and has ${all.length}.`)
  return all?.[0]
}

/** As `findOne`. @throws {IppError} also where it is not there */
export function mustFindOne<Syntax extends IppSyntax>(
  attributes: IppAttributes,
  name: string,
  ...syntaxes: readonly [Syntax, ...Syntax[]]
): ValueBySyntax[Syntax] {
  const one = findOne(attributes, name, ...syntaxes)
  if (one === undefined) throw new IppError('missing', `The attribute ${name} is missing.`)
  return one
}

/** The attributes of the first group of a kind; none where there is no such group. */
export function attributesOf(groups: readonly IppGroup[], kind: IppGroup['kind']): IppAttributes {
  return groups.find((group) => group.kind === kind)?.attributes ?? new Map()
}

/** A group, or the members of a collection, in this order; what is undefined is left out. */
export function attributesFrom(given: Readonly<Record<string, readonly IppValue[] | undefined>>): IppAttributes {
  const attributes = new Map<string, readonly IppValue[]>()
  for (const [name, values] of Object.entries(given)) if (values !== undefined) attributes.set(name, values)
  return attributes
}

function maker<Syntax extends IppSyntax>(tag: Syntax) {
  return (...values: readonly ValueBySyntax[Syntax][]) => values.map((value) => ({ tag, value }) as IppValue)
}

/** The values of one attribute, by their syntax: `ipp.keyword('one-sided', 'two-sided-long-edge')`. */
export const ipp = {
  integer: maker('integer'),
  enum: maker('enum'),
  boolean: maker('boolean'),
  octetString: maker('octetString'),
  dateTime: maker('dateTime'),
  resolution: maker('resolution'),
  rangeOfInteger: maker('rangeOfInteger'),
  collection: maker('collection'),
  text: maker('text'),
  name: maker('name'),
  keyword: maker('keyword'),
  uri: maker('uri'),
  uriScheme: maker('uriScheme'),
  charset: maker('charset'),
  naturalLanguage: maker('naturalLanguage'),
  mimeMediaType: maker('mimeMediaType'),
  /** That there is no value, and why. */
  none: (tag: IppOutOfBand): readonly IppValue[] => [{ tag }],
}
