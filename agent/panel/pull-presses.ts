/** What the panel's buttons for pull services do. */
import type { Pull } from '../pull/pull.ts'

/** By the form's address. What is refused is thrown as a `Failure`, in one sentence. */
export function pullPresses(pull: Pull): Readonly<Record<string, (form: URLSearchParams) => void>> {
  const given = (form: URLSearchParams, name: string) => form.get(name) ?? ''
  return {
    '/pull'(form) {
      const kind = (['print', 'keep', 'send'] as const).find((each) => each === form.get('kind'))
      if (kind) pull.touch(given(form, 'service'), kind, given(form, 'touch'))
    },
    '/pull-scan': (form) => pull.sayOfScan(given(form, 'pull'), Number(given(form, 'turn')), given(form, 'word')),
    '/pull-give-up': (form) => pull.giveUp(given(form, 'pull')),
    '/pull-seen': (form) => pull.dismiss(given(form, 'pull')),
    '/print-content': (form) => pull.printContent(given(form, 'content'), given(form, 'touch')),
    '/delete-content': (form) => pull.deleteContent(given(form, 'content')),
  }
}
