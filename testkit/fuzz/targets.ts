/** The targets by name, each loaded only when it is played. */
import type { Target } from './target.ts'

/** In the order in which a run without names plays them. */
export const targets: Readonly<Record<string, () => Promise<Target>>> = {
  xml: async () => (await import('./xml-target.ts')).xmlTarget(),
  session: async () => (await import('./session-target.ts')).sessionTarget(),
}
