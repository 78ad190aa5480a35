/** The page for whoever comes for their documents (H1): who they are, what waits for them, print, delete, done; without script. */
import { encodeQR } from 'qr'
import type { WaitingJob, WalkUpProblem, WalkUpView } from '../walk-up/walk-up.ts'
import { type Html, html } from './look.ts'
import { walkUpWords } from './walk-up-words.ts'
import type { Language } from './words.ts'

export interface WalkUpFacts {
  /** Of the device. */
  name: string
  language: Language
  token: string
  /** Who is known and touches nothing is gone. */
  leaveAfterSeconds: number
  /** Undefined: nobody has begun it here. */
  view: WalkUpView | undefined
  problem: WalkUpProblem | undefined
  /** In words, instead of a problem. */
  notice?: string
  /** They have asked for these to be deleted, and are asked once more. */
  toDelete?: readonly WaitingJob[]
}

/** Seconds until it looks again. */
const looksAgain = { connecting: 1, checking: 1, phone: 2 } as const
const quietModules = 4

export function renderWalkUp(facts: WalkUpFacts): string {
  const { view, language, name } = facts
  const say = walkUpWords[language]
  const seconds = view && secondsUntilLook(view, facts)
  const again = seconds === undefined ? html`` : html`<meta http-equiv="refresh" content="${seconds};url=/walk-up">`
  return html`<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${say.title} · ${name}</title>
<link rel="stylesheet" href="/panel.css">
<link rel="stylesheet" href="/walk-up.css">
<link rel="icon" href="data:,">
${again}
</head>
<body>
<main class="walk-up"><p class="quiet top"><span>${name}</span><a href="/">${say.toPanel}</a></p>
<section>${inside(facts)}</section></main>
</body>
</html>
`.html
}

function secondsUntilLook({ state, jobs }: WalkUpView, { leaveAfterSeconds }: WalkUpFacts): number {
  if (state !== 'known') return looksAgain[state]
  // Of whoever has left nothing is to stay on the screen.
  return jobs === undefined ? 1 : leaveAfterSeconds + 1
}

function inside(facts: WalkUpFacts): Html {
  const { view, language, token } = facts
  const say = walkUpWords[language]
  if (!view) return ask(facts)
  if (facts.toDelete) return confirm(facts.toDelete, facts)
  switch (view.state) {
    case 'connecting':
      return html`<h1>${say.connecting}</h1><p>${say.connectingMeans}</p>${leave(token, say.giveUp)}`
    case 'checking':
      return html`<h1>${say.checking}</h1>`
    case 'phone':
      return html`<div class="phone">${view.url === undefined ? html`` : qrCode(view.url)}<div><h1>${say.phoneTitle}</h1><p>${say.phoneMeans}</p>${leave(token, say.giveUp)}</div></div>`
    case 'known':
      return known(view, facts)
  }
}

function ask({ language, token, problem, notice }: WalkUpFacts): Html {
  const say = walkUpWords[language]
  const words = notice ?? (problem && say.problem(problem))
  return html`<h1>${say.title}</h1><p>${say.means}</p>
${words === undefined ? html`` : html`<p class="notice" role="alert">${words}</p>`}
<form method="post" action="/walk-up">
<input type="hidden" name="token" value="${token}">
<label for="code">${say.code}</label>
<input id="code" name="code" type="password" maxlength="64" autocomplete="off" autocapitalize="off" spellcheck="false" autofocus>
<div class="choices"><button type="submit">${say.show}</button>
<button type="submit" class="second" name="phone" value="yes">${say.phone}</button></div>
</form>`
}

function known(view: WalkUpView, { language, token, notice }: WalkUpFacts): Html {
  const say = walkUpWords[language]
  const { jobs, printed, deleted } = view
  const news = [...(printed > 0 ? [say.printed(printed)] : []), ...(deleted > 0 ? [say.removed(deleted)] : [])].map(
    (words) => html`<p class="good" role="status">${words}</p>`,
  )
  const bad = [...(notice === undefined ? [] : [notice]), ...view.not].map(
    (words) => html`<p class="notice" role="alert">${words}</p>`,
  )
  const title = html`<h1>${say.hello(view.person ?? '')}</h1>${news}${bad}`
  if (jobs === undefined) return html`${title}<p>${say.fetching}</p>`
  if (jobs.length === 0)
    return html`${title}${printed + deleted > 0 ? html`` : html`<p>${say.nothing}</p>`}${leave(token, say.leave, 'first')}`
  return html`${title}
<form method="post" action="/walk-up/choose">
<input type="hidden" name="token" value="${token}">
<ul class="waiting">${jobs.map((job) => row(job, timeIn(language), say.copies))}</ul>
<div class="choices"><button type="submit" name="do" value="print">${say.print}</button>
<button type="submit" class="second" name="do" value="ask">${say.remove}</button>
<button type="submit" class="quietly" name="do" value="leave">${say.leave}</button></div>
</form>`
}

function row({ jobId, name, copies, createdAt }: WaitingJob, when: (at: string) => string, say: (n: number) => string) {
  const more = [when(createdAt), ...(copies > 1 ? [say(copies)] : [])]
  return html`<li><label><input type="checkbox" name="job" value="${jobId}" checked><span><b>${name}</b><span class="quiet">${more.join(' · ')}</span></span></label></li>`
}

function timeIn(language: Language): (at: string) => string {
  const format = { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hour12: false } as const
  return (at) => new Date(at).toLocaleString(language, format)
}

function confirm(jobs: readonly WaitingJob[], { language, token }: WalkUpFacts): Html {
  const say = walkUpWords[language]
  return html`<h1>${say.removeTitle(jobs.length)}</h1><p>${say.removeMeans}</p>
<form method="post" action="/walk-up/choose">
<input type="hidden" name="token" value="${token}">
<ul class="waiting">${jobs.map(({ jobId, name }) => html`<li><input type="hidden" name="job" value="${jobId}"><b>${name}</b></li>`)}</ul>
<div class="choices"><button type="submit" class="danger" name="do" value="delete">${say.removeNow}</button>
<button type="submit" class="second" name="do" value="keep">${say.keep}</button></div>
</form>`
}

function leave(token: string, words: string, look = 'second'): Html {
  return html`<form method="post" action="/walk-up/choose">
<input type="hidden" name="token" value="${token}">
<div class="choices"><button type="submit" class="${look}" name="do" value="leave">${words}</button></div>
</form>`
}

/** Drawn as one path: the page's policy forbids styles in it, and needs none. */
function qrCode(text: string): Html {
  const modules = encodeQR(text, 'raw', { ecc: 'medium', border: quietModules })
  const path = modules.flatMap((line, y) => line.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : ''))).join('')
  return html`<svg class="qr" role="img" aria-label="QR" viewBox="0 0 ${modules.length} ${modules.length}" shape-rendering="crispEdges"><rect width="100%" height="100%" fill="#fff"/><path d="${path}" fill="#000"/></svg>`
}
