/** The words of the audit log, in each language. */
import { useWords } from '../language.ts'
import { enAudit } from './en-audit.ts'
import { jaAudit } from './ja-audit.ts'

export type AuditWords = typeof enAudit

export function useAuditWords(): AuditWords {
  return useWords({ en: enAudit, ja: jaAudit })
}
