/** The documents that the device has in hand, as somebody in front of it sees them, and the button that gives one up. */
import type { JobView } from '../jobs/jobs.ts'
import { type Html, html } from './look.ts'
import type { Words } from './words.ts'

/** So many are read at a glance; the others wait behind them. */
const mostShown = 8

export function jobsSection(jobs: readonly JobView[], token: string, say: Words): Html {
  if (jobs.length === 0) return html``
  const rows = jobs.slice(0, mostShown).map((job) => row(job, token, say))
  const more = jobs.length > mostShown ? html`<p class="quiet">${say.moreJobs(jobs.length - mostShown)}</p>` : html``
  return html`<section class="jobs"><h2>${say.jobs}</h2><ul>${rows}</ul>${more}</section>`
}

function row({ id, name, user, state, pages, reason, isUnwanted }: JobView, token: string, say: Words): Html {
  const quiet = [user, say.jobStates[state] ?? state, pages === undefined ? undefined : say.pagesOut(pages)]
  const why = reason === undefined ? html`` : html`<p class="notice">${reason}</p>`
  const isOver = isUnwanted || !mayBeCancelled.has(state)
  const end = isOver
    ? html``
    : html`<form method="post" action="/cancel-job">
<input type="hidden" name="token" value="${token}">
<input type="hidden" name="job" value="${id}">
<button type="submit" class="second" aria-label="${say.cancelJob}: ${name ?? id}">${say.cancelJob}</button>
</form>`
  return html`<li><div><h3>${name ?? id}</h3><p class="quiet">${quiet.filter((text) => text !== undefined).join(' · ')}</p>${why}</div>${end}</li>`
}

const mayBeCancelled: ReadonlySet<string> = new Set(['recorded', 'waiting', 'fetched', 'executing'])
