/** What the forms of programs do (L1). A press that comes too late, because something else has happened, does nothing. */
import type { Programs } from '../programs/programs.ts'
import type { Language } from './words.ts'

const longestAnswer = 1024

/** By the form's address. What comes of a press is mostly there in a moment, and shown at once then. */
export function programPresses(
  programs: Programs,
): Readonly<Record<string, (form: URLSearchParams, language: Language) => Promise<void>>> {
  const run = (form: URLSearchParams) => form.get('run') ?? ''
  const thenLook =
    (press: (form: URLSearchParams, language: Language) => void) =>
    async (form: URLSearchParams, language: Language) => {
      press(form, language)
      await programs.settled()
    }
  return {
    '/program': thenLook((form, language) => programs.touch(form.get('program') ?? '', language)),
    '/program-agree': thenLook((form) => programs.agree(turnOf(form))),
    '/program-answer': thenLook((form) => programs.answer(turnOf(form), answersOf(form))),
    '/program-again': thenLook((form) => programs.tryAgain(turnOf(form))),
    '/program-cancel': thenLook((form) => programs.cancel(run(form))),
    '/program-close': thenLook((form) => programs.close(run(form))),
  }
}

function turnOf(form: URLSearchParams): number {
  return Number(form.get('turn') ?? Number.NaN)
}

/** Longer than the page lets anybody type is cut off. */
function answersOf(form: URLSearchParams): Record<string, string> {
  const fields = [...form].filter(([name]) => name.startsWith('field-'))
  return Object.fromEntries(fields.map(([name, value]) => [name.slice('field-'.length), value.slice(0, longestAnswer)]))
}
