/** Which attributes a client gets of all that there are (RFC 8011 §4.2.5.1). */
import type { IppAttributes, IppValue } from '@fairlead/protocol/ipp'

/** @param groups by the names that stand for all in them @param all those that `all` stands for */
export function select(
  groups: Readonly<Record<string, IppAttributes>>,
  requested: readonly string[],
  all: readonly string[],
): IppAttributes {
  const wanted = new Set(requested)
  const whole = wanted.has('all') ? all : []
  const chosen = new Map<string, readonly IppValue[]>()
  for (const [group, attributes] of Object.entries(groups)) {
    const isWhole = wanted.has(group) || whole.includes(group)
    for (const [name, values] of attributes) if (isWhole || wanted.has(name)) chosen.set(name, values)
  }
  return chosen
}
