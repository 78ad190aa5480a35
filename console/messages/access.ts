/** The words of who may do what on a device, in each language. */
import { useWords } from '../language.ts'
import { enAccess } from './en-access.ts'
import { jaAccess } from './ja-access.ts'

export function useAccessWords(): typeof enAccess {
  return useWords({ en: enAccess, ja: jaAccess })
}
