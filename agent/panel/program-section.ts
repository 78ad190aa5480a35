/** The programs that are offered on the panel (L1), a tile for each: one touch launches it. */
import type { ProgramsView } from '../programs/programs.ts'
import { type Html, html } from './look.ts'
import { runScreen } from './program-run.ts'
import { programWords } from './program-words.ts'
import type { Language } from './words.ts'

/** While a program runs its screen stands there. */
export function programSection(
  { offered, ageSeconds = 0, run }: ProgramsView,
  token: string,
  language: Language,
): Html {
  const say = programWords[language]
  if (run) return runScreen(run, token, language)
  if (offered.length === 0) return html``
  const tiles = offered.map(
    ({ program, title, description }) => html`<li><form method="post" action="/program">
<input type="hidden" name="token" value="${token}">
<input type="hidden" name="program" value="${program}">
<button type="submit"><strong>${title}</strong>${description === '' ? html`` : html`<span>${description}</span>`}</button>
</form></li>`,
  )
  return html`<section class="programs"><div class="heading"><h2>${say.programs}</h2><span class="quiet">${say.age(ageSeconds)}</span></div><ul>${tiles}</ul></section>`
}

/** For pages without script: soon while something comes by itself, never while somebody types. */
export function refreshSeconds({ run }: ProgramsView): number | undefined {
  if (run?.stage.name === 'asking' && !run.problem) return undefined
  return run?.isUnderWay ? 2 : 15
}
