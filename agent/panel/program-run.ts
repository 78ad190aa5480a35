/** The screen of a run (L1): what a program asks, what it waits for, and what became of it; its words are text, whatever is in them. */
import type { Json } from '@fairlead/protocol/contract'
import type { RunView } from '../programs/programs.ts'
import { type Html, html } from './look.ts'
import { type ProgramWords, programWords } from './program-words.ts'
import { pullInWords } from './pull-section.ts'
import { scanButtons, scanLines } from './scan-screen.ts'
import type { Language } from './words.ts'

type StageOf<Name extends RunView['stage']['name']> = Extract<RunView['stage'], { name: Name }>
type Field = StageOf<'asking'>['step']['ask']['fields'][number]

/** More choices than fit on a small screen go into a list that opens. */
const mostButtons = 4

export function runScreen(run: RunView, token: string, language: Language): Html {
  // What is passed on is looked at on, after the run has ended.
  const comesByItself = run.isUnderWay || run.upload?.isOver === false
  // The question names it.
  const title = run.stage.name === 'consent' ? html`` : html`<p class="quiet">${run.title}</p>`
  return html`<section class="run" ${{ html: comesByItself ? 'data-soon' : '' }}>
${title}
${inside(run, token, programWords[language], language)}
</section>`
}

function inside(run: RunView, token: string, say: ProgramWords, language: Language): Html {
  const { stage, problem } = run
  const cancel = press('/program-cancel', { token, run: run.runId }, say.cancel, 'second')
  if (problem) {
    const verb = problem.kind === 'interrupted' ? say.goOn : say.tryAgain
    return html`<p class="notice">${say.problem(problem)}</p>
${buttons(cancel, press('/program-again', { token, turn: run.turn }, verb))}`
  }
  switch (stage.name) {
    case 'consent':
      return consent(run, stage, token, say)
    case 'asking':
      return asking(run, stage, token, say)
    case 'scanning':
      return html`<h2>${stage.title}</h2>${uploadLines(run, say, language)}
${run.upload?.scan ? scanButtons(run.upload, cancel, token, language) : buttons(cancel, run.upload?.state === 'sending' ? close(run, token, say.byItself) : html``)}`
    case 'ended':
      return html`${ended(run, stage, say, language)}${buttons(close(run, token, say.close))}`
    default:
      return html`<p class="wait">${say.stages[stage.name]}</p>${buttons(cancel)}`
  }
}

function consent(run: RunView, { values }: StageOf<'consent'>, token: string, say: ProgramWords): Html {
  const rows = Object.entries(values).map(
    ([name, value]) => html`<div><dt>${own(say.objects, name) ?? name}</dt><dd>${inShort(value)}</dd></div>`,
  )
  return html`<h2>${say.consent(run.title)}</h2><p>${say.consentMeans}</p><dl>${rows}</dl>
${buttons(
  press('/program-cancel', { token, run: run.runId }, say.notNow, 'second'),
  press('/program-agree', { token, turn: run.turn }, say.launch),
)}`
}

/** Cancelling is a form of its own: what is typed need not be right for that. */
function asking(run: RunView, { step }: StageOf<'asking'>, token: string, say: ProgramWords): Html {
  const { title, fields } = step.ask
  return html`<h2>${title}</h2>
<form id="asked" class="asked" method="post" action="/program-answer">
${hidden({ token, turn: run.turn })}
${fields.map((each) => field(each, own(run.answers, each.name), say))}
</form>
${buttons(
  press('/program-cancel', { token, run: run.runId }, say.cancel, 'second'),
  html`<button type="submit" form="asked">${say.goOn}</button>`,
)}`
}

/** @param before what was typed for it earlier in this run */
function field({ name, label, type, value = '', choices }: Field, before: string | undefined, say: ProgramWords): Html {
  const stands = before ?? value
  if (choices) return choice(name, label, stands, choices, say)
  const typing = {
    text: html`type="text"`,
    email: html`type="email" inputmode="email" autocapitalize="off"`,
    number: html`type="number" inputmode="decimal" step="any"`,
    choice: html``,
  }[type]
  return html`<label>${label}<input name="field-${name}" ${typing} value="${stands}" maxlength="1024" autocomplete="off"></label>`
}

function choice(name: string, label: string, stands: string, choices: readonly string[], say: ProgramWords): Html {
  if (choices.length <= mostButtons) {
    const radios = choices.map(
      (each) =>
        html`<label><input type="radio" name="field-${name}" value="${each}"${{ html: each === stands ? ' checked' : '' }}><span>${each}</span></label>`,
    )
    return html`<fieldset><legend>${label}</legend>${radios}</fieldset>`
  }
  const options = choices.map((each) => html`<option${{ html: each === stands ? ' selected' : '' }}>${each}</option>`)
  const none = choices.includes(stands) ? html`` : html`<option value="">${say.noChoice}</option>`
  return html`<label>${label}<select name="field-${name}">${none}${options}</select></label>`
}

function ended(run: RunView, { end }: StageOf<'ended'>, say: ProgramWords, language: Language): Html {
  switch (end.kind) {
    case 'done': {
      const { title, lines } = end.step.done
      return html`<h2>${title}</h2>${lines.map((text) => html`<p>${text}</p>`)}`
    }
    case 'failed':
      return html`<p class="notice">${end.reason === '' ? say.failedSilently : end.reason}</p>`
    case 'uploaded':
      return run.upload ? uploadLines(run, say, language) : html`<p class="notice">${say.uploadUnknown}</p>`
    default:
      return html`<p class="notice">${say.ends[end.kind]}</p>`
  }
}

/** A program may name a field `constructor`. */
function own(texts: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.hasOwn(texts, name) ? texts[name] : undefined
}

function uploadLines({ upload }: RunView, say: ProgramWords, language: Language): Html {
  if (!upload) return html`<p class="wait">${say.stages.scanning}</p>`
  if (upload.scan) return scanLines(upload, language)
  const { fate, why } = pullInWords(upload, language)
  return html`<p class="${upload.isOver ? 'fate' : 'wait'}">${fate}</p>${why.map((text) => html`<p class="notice">${text}</p>`)}`
}

function close({ runId }: RunView, token: string, verb: string): Html {
  return press('/program-close', { token, run: runId }, verb, 'second')
}

function press(action: string, fields: Record<string, string | number>, verb: string, look = ''): Html {
  return html`<form method="post" action="${action}">${hidden(fields)}<button type="submit" class="${look}">${verb}</button></form>`
}

function hidden(fields: Record<string, string | number>): Html {
  return html`${Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)}`
}

function buttons(...each: Html[]): Html {
  return html`<div class="buttons">${each}</div>`
}

/** A list of supplies is not read at a glance: how many there are says enough. */
function inShort(value: Json): string {
  if (Array.isArray(value)) return `${value.length}`
  if (typeof value !== 'object' || value === null) return String(value).slice(0, 120) || '—'
  return inShort(value['value'] ?? '…')
}
