/** The panel page: what a device's own 5-inch touch screen would show (console.md), as HTML without any script. */
import type { Json } from '@fairlead/protocol/contract'
import type { DeviceView } from '../device-view.ts'
import type { ProgramsView } from '../programs/programs.ts'
import type { PullOfDevice } from '../pull/pull-view.ts'
import { jobsSection } from './jobs-section.ts'
import { keySection } from './key-section.ts'
import { bar, type Html, html, icon } from './look.ts'
import { pinSection } from './pin-section.ts'
import { programSection, refreshSeconds } from './program-section.ts'
import { pullSection } from './pull-section.ts'
import { scanScreens } from './scan-screen.ts'
import { walkUpWords } from './walk-up-words.ts'
import { explain, type Language, languages, type Words, words } from './words.ts'

/** What is known of the device, and how old that is. */
export interface Known {
  objects: Record<string, Json> | undefined
  ageSeconds: number
}

export interface PageFacts {
  view: DeviceView
  programs: ProgramsView
  pull: PullOfDevice
  known: Known
  language: Language
  /** Proves that a form was made by this page. */
  token: string
  /** A page that a virtual device has printed, and nobody has answered yet. */
  inTray: string | undefined
}

/** Without a year: a device is rarely in one state for longer, and `datetime` has it whole. */
const whenFormat = { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hour12: false } as const

const languageNames: Record<Language, string> = { en: 'English', ja: '日本語' }

export function renderPage(facts: PageFacts): string {
  const title = nameOf(facts)
  const seconds = refreshSeconds(facts.programs)
  const refresh = seconds === undefined ? html`` : html`<meta http-equiv="refresh" content="${seconds}">`
  return html`<!doctype html>
<html lang="${facts.language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<link rel="stylesheet" href="/panel.css">
<link rel="stylesheet" href="/programs.css">
<link rel="icon" href="data:,">
<script src="/panel.js" defer></script>
<noscript>${refresh}</noscript>
</head>
<body>
<main id="panel" aria-live="polite">${{ html: renderPanel(facts) }}</main>
</body>
</html>
`.html
}

export function nameOf({ known, view }: Pick<PageFacts, 'known' | 'view'>): string {
  return textOf(known.objects?.['name']) ?? view.id
}

/** The inside of the page, which is asked for again and again. */
export function renderPanel(facts: PageFacts): string {
  const { programs, pull, language, token, known, view } = facts
  const say = words[language]
  // While a program runs the column is its own, but for the documents that come of it.
  const others = programs.run
    ? html``
    : html`${pullSection(pull, token, language)}${notices(known, say)}${supplies(known, say)}`
  return html`${header(facts)}
<div class="columns ${programs.run || pull.pulls.some(({ scan }) => scan) ? 'running' : ''}">
<div class="column">${walkUpLink(facts)}${pinSection(view, token, say)}${confirmation(facts, say)}${standing(facts, say)}${keySection(view.refusedKey, language)}${maintenance(facts, say)}${particulars(facts, say)}${reset(facts, say)}</div>
<div class="column">${scanScreens(pull.pulls, programs.run?.runId, token, language)}${programSection(programs, token, language)}${jobsSection(view.jobs, token, say)}${others}</div>
</div>`.html
}

function header({ view, known, language }: PageFacts): Html {
  const objects = known.objects ?? {}
  const name = textOf(objects['name']) ?? textOf(objects['model']) ?? view.id
  const more = [textOf(objects['location']), textOf(objects['model']), view.id].filter(
    (text, at, all) => text !== undefined && text !== name && all.indexOf(text) === at,
  )
  const choices = languages.map((each) =>
    each === language
      ? html`<span aria-current="true" lang="${each}">${languageNames[each]}</span>`
      : html`<a href="/?lang=${each}" lang="${each}">${languageNames[each]}</a>`,
  )
  return html`<header><div><h1>${name}</h1><p>${more.join(' · ')}</p></div><nav>${choices}</nav></header>`
}

function walkUpLink({ view, language }: PageFacts): Html {
  if (!view.hasWalkUps) return html``
  const say = walkUpWords[language]
  return html`<section class="confirmation"><a class="start" href="/walk-up">${say.title}</a><p class="quiet">${say.means}</p></section>`
}

function standing({ view, language }: PageFacts, say: Words): Html {
  const { state } = view.standing
  const since = new Date(view.standingSinceMs)
  const time = since.toLocaleString(language, whenFormat)
  return html`<section class="standing ${state}">
<p class="state">${icon(state)}<strong>${say.states[state]}</strong></p>
<p>${explain(view.standing, say)}</p>
<p class="quiet"><time datetime="${since.toISOString()}">${say.since(time)}</time> · ${say.relay} <span class="address">${view.relay}</span></p>
</section>`
}

function confirmation({ view, token, inTray }: PageFacts, say: Words): Html {
  if (!view.waitsForConfirmation) return html``
  const page = view.mayPrintPage
    ? html`<form method="post" action="/print-page">
<input type="hidden" name="token" value="${token}">
<div><h2>${say.pageTitle}</h2><p>${say.pageMeans}</p></div>
<button type="submit" class="second">${say.printPage}</button>
</form>`
    : html``
  const tray =
    inTray === undefined
      ? html``
      : html`<div class="tray"><h2>${say.inTray}</h2><pre tabindex="0">${inTray}</pre></div>`
  return html`<section class="confirmation">
<form method="post" action="/confirm">
<input type="hidden" name="token" value="${token}">
<div><h2>${say.claimed}</h2><p>${say.confirmMeans}</p></div>
<button type="submit">${say.confirm}</button>
</form>
${page}${tray}
</section>`
}

function maintenance({ view, token }: PageFacts, say: Words): Html {
  const on = view.sessionMaintenance
  return html`<section class="maintenance">
<form method="post" action="/mode">
<input type="hidden" name="token" value="${token}">
<input type="hidden" name="mode" value="${on ? 'off' : 'on'}">
<div><h2 id="maintenance">${say.maintenance}</h2><p class="quiet">${say.offMeans}</p></div>
<button type="submit" role="switch" aria-checked="${String(on)}" aria-labelledby="maintenance" title="${on ? say.turnOff : say.turnOn}"><span class="knob"></span><span class="word">${on ? say.maintenanceOn : say.maintenanceOff}</span></button>
</form>
</section>`
}

/** Folded away: nobody presses it by mistake, and what it takes away is said before. */
function reset({ view, token, language }: PageFacts, say: Words): Html {
  if (view.resetDueAt !== undefined) {
    const time = new Date(view.resetDueAt).toLocaleString(language, whenFormat)
    return html`<section><p class="notice">${say.resetUntil(time)}</p></section>`
  }
  if (!view.mayReset) return html``
  return html`<section class="reset"><details>
<summary>${say.reset}</summary>
<p>${say.resetMeans}</p>
<form method="post" action="/reset">
<input type="hidden" name="token" value="${token}">
<button type="submit">${say.resetVerb}</button>
</form>
</details></section>`
}

function supplies({ objects, ageSeconds }: Known, say: Words): Html {
  // A machine that uses nothing up has no such list: nothing is missing there.
  if (objects && objects['supplies'] === undefined) return html``
  const rows = listOf(objects?.['supplies']).map((supply) => supplyRow(supply, say))
  const inside =
    objects === undefined
      ? html`<p class="notice">${say.noAnswer}</p>`
      : rows.length === 0
        ? html`<p class="quiet">${say.noSupplies}</p>`
        : html`<ul class="supplies">${rows}</ul>`
  const age = objects === undefined ? html`` : html`<span class="quiet">${say.told(ageSeconds)}</span>`
  return html`<section><div class="heading"><h2>${say.supplies}</h2>${age}</div>${inside}</section>`
}

function supplyRow(supply: Record<string, Json>, say: Words): Html {
  const { percent, level } = supply
  const isNumber = typeof percent === 'number'
  const unsaid = level === 'some' || level === 'other' ? say.levels[level] : say.levels.unknown
  const isLow = isNumber && percent <= 10
  const amount = isNumber ? `${Math.round(percent)} %` : level === 0 ? say.empty : unsaid
  const name = textOf(supply['description']) ?? textOf(supply['type']) ?? ''
  return html`<li class="${isLow ? 'low' : ''}"><span class="name">${name}</span><span class="amount">${amount}</span>${bar(isNumber ? percent : null, textOf(supply['color']) ?? null)}</li>`
}

function particulars({ known, view }: PageFacts, say: Words): Html {
  const objects = known.objects
  if (objects === undefined) return html``
  const status = textOf(objects['status'])
  const rows: [string, string | undefined][] = [
    [say.status, status && (say.statuses[status] ?? status)],
    [say.pages, pagesOf(objects['pages'])],
    [say.address, textOf(objects['ip'])],
    [say.serial, textOf(objects['serial']) ?? view.id],
  ]
  const list = rows.flatMap(([name, value]) =>
    value === undefined ? [] : [html`<div><dt>${name}</dt><dd>${value}</dd></div>`],
  )
  return html`<section><dl>${list}</dl></section>`
}

function notices({ objects }: Known, say: Words): Html {
  const alerts = Array.isArray(objects?.['alerts']) ? objects['alerts'] : []
  const told = alerts.filter((each) => typeof each === 'string')
  return html`${told.map((alert) => html`<p class="notice">${say.alerts[alert] ?? inWords(alert)}</p>`)}`
}

function inWords(kebab: string): string {
  const text = kebab.replaceAll('-', ' ')
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function pagesOf(pages: Json | undefined): string | undefined {
  if (typeof pages !== 'object' || pages === null || Array.isArray(pages)) return undefined
  return pages['value'] === undefined ? undefined : String(pages['value'])
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

function listOf(value: Json | undefined): Record<string, Json>[] {
  if (!Array.isArray(value)) return []
  return value.filter(
    (item): item is Record<string, Json> => typeof item === 'object' && item !== null && !Array.isArray(item),
  )
}
