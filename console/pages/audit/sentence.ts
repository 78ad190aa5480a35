/** An entry of the audit log as a sentence, with names where they are known. */
import type { AuditAction, AuditEntry } from '@fairlead/protocol/contract'
import type { Names } from '../../live/names.ts'
import type { AuditWords } from '../../messages/audit.ts'
import type { About } from '../../messages/en-audit.ts'

export function resultIn(result: string, words: AuditWords): string {
  if (result === 'done') return words.done
  const known: Readonly<Record<string, string>> = words.results
  return known[result] ?? words.otherResult(result)
}

export function sentenceOf(entry: AuditEntry, names: Names, words: AuditWords): string {
  const { action, actor, device = words.someDevice, subject = '' } = entry
  const sentence: ((about: About) => string) | undefined = words.sentences[action]
  const about = { who: whoOf(actor, names, words), device, subject: nameOf(action, subject, names, words) }
  // A newer relay may tell of what this page has no words for.
  return sentence === undefined ? `${about.who}: ${action}` : sentence(about)
}

function whoOf({ kind, id = '' }: AuditEntry['actor'], names: Names, words: AuditWords): string {
  const { whoIs } = words
  if (kind === 'user') return names.users.get(id) ?? whoIs.user(id)
  if (kind === 'key') return whoIs.key(names.keys.get(id) ?? id)
  return kind === 'device' ? whoIs.device(id) : whoIs[kind]
}

function nameOf(action: AuditAction, subject: string, names: Names, words: AuditWords): string {
  if (action.startsWith('user.')) return names.users.get(subject) ?? subject
  return action.startsWith('key.') ? words.whoIs.keyOf(names.keys.get(subject) ?? subject) : subject
}
