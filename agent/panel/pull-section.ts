/** Pull services on the panel: what can be touched, what is under way and what became of it, and the content that is kept here. */
import type { PullOfDevice, PullView } from '../pull/pull-view.ts'
import type { Why } from '../pull/why.ts'
import { type Html, html } from './look.ts'
import { type PullWords, pullWords } from './pull-words.ts'
import { type Language, type Words, words } from './words.ts'

const whenFormat = { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hour12: false } as const

export function pullSection(pull: PullOfDevice, token: string, language: Language): Html {
  return html`${services(pull, token, language)}${kept(pull, token, language)}`
}

function services({ services, pulls, lacksScanner }: PullOfDevice, token: string, language: Language): Html {
  // What is being scanned stands above all this.
  const told = pulls.filter(({ scan }) => !scan)
  if (services.length === 0 && told.length === 0) return html``
  const say = pullWords[language]
  const rows = services.map(({ id, title, kinds }) => {
    const buttons = kinds.map(({ kind, touch }) => {
      const hidden = { service: id, kind, touch }
      return button(
        '/pull',
        token,
        hidden,
        say.kinds[kind],
        title,
        kind === 'keep' || kinds.length === 1 ? 'second' : '',
      )
    })
    return html`<li class="service"><div><h3>${title}</h3></div><div class="touches">${buttons}</div></li>`
  })
  const lacks = lacksScanner ? html`<p class="notice">${say.lacksScanner}</p>` : html``
  // What is touched stays where it is, whatever becomes of it below.
  return html`<section class="jobs pull"><h2>${say.services}</h2><ul>${rows}${told.map((each) => pullRow(each, token, language))}</ul>${lacks}</section>`
}

function pullRow(view: PullView, token: string, language: Language): Html {
  const say = pullWords[language]
  const { id, title, name, isOver, changedAtMs, state } = view
  const time = when(changedAtMs, language)
  const why = whyInWords(view, say, words[language]).map((text) => html`<p class="notice">${text}</p>`)
  const end = isOver
    ? button('/pull-seen', token, { pull: id }, say.seen, title)
    : state === 'fetched'
      ? html``
      : button('/pull-give-up', token, { pull: id }, say.giveUp, title)
  const heading = name === undefined || name === title ? title : `${title}: ${name}`
  return html`<li class="told ${isOver ? 'over' : 'open'}"><div><h3>${heading}</h3><p>${fate(view, say)}</p>${why}<p class="quiet"><time datetime="${new Date(changedAtMs).toISOString()}">${time}</time></p></div>${end}</li>`
}

/** What became of one, and why, for whoever shows it elsewhere. */
export function pullInWords(view: PullView, language: Language): { fate: string; why: string[] } {
  const say = pullWords[language]
  return { fate: fate(view, say), why: whyInWords(view, say, words[language]) }
}

/** Never more than is known. */
function fate(view: PullView, say: PullWords): string {
  const { state, title, to, kind, hasLeft } = view
  switch (state) {
    case 'fetching':
    case 'fetched':
      return say.fetching
    case 'scanning':
      return say.scanning
    case 'sending':
      return say.sending
    case 'passing-on':
      return say.passingOn(title, to)
    case 'handed':
      return printed(view, say)
    case 'stored':
    case 'refused':
    case 'taken':
      return say[state](title)
    case 'passed-on':
      return say.passedOn(title, to)
    case 'not-known':
      return say.notKnown(title, to)
    case 'given-up':
      return kind === 'send' && hasLeft ? `${say.givenUp} ${say.mayHaveIt(title)}` : say.givenUp
    case 'nothing':
      return say.nothing
    case 'failed':
      return say.failed
    default:
      return say.kept
  }
}

function printed({ job }: PullView, say: PullWords): string {
  switch (job?.state) {
    case 'done':
      return say.printed(job.pages)
    case 'failed':
      return say.notPrinted
    case 'cancelled':
      return say.printCancelled
    default:
      return say.mayBePrinted
  }
}

function whyInWords({ why, message, job, isOver }: PullView, say: PullWords, panel: Words): string[] {
  const told = [
    ...(why ? [reasonOf(why, say, panel)] : []),
    ...(message ? [say.says(message)] : []),
    ...(job?.reason ? [job.reason] : []),
  ]
  return why && !isOver ? [`${told.join(' ')} ${say.triesAgain}`] : told
}

function reasonOf(why: Why, say: PullWords, panel: Words): string {
  switch (why.kind) {
    case 'trouble':
      return why.trouble.kind === 'refused' ? say.notRunning(why.trouble.host) : panel.trouble(why.trouble)
    case 'status':
      return [statusInWords(why.status, say), ...(why.said ? [say.says(why.said)] : [])].join(' ')
    case 'astray':
      return say.astray
    case 'too-large':
      return say.tooLarge(sizeInWords(why.mostBytes))
    case 'too-long':
      return say.tooLong
    case 'wrong-type':
      return say.wrongType(why.type)
    case 'no-room':
      return `${say.noRoom} (${why.detail})`
    case 'shelf-full':
      return say.shelfFull
    case 'scan':
      return [say.scan[why.problem], ...(why.detail ? [`(${why.detail})`] : [])].join(' ')
  }
}

function statusInWords(status: number, say: PullWords): string {
  if (status === 401 || status === 403) return say.letsNobodyIn(status)
  if (status === 404 || status === 410) return say.nothingThere(status)
  return status === 429 || status === 503 ? say.busy(status) : say.status(status)
}

function kept({ contents }: PullOfDevice, token: string, language: Language): Html {
  if (contents.length === 0) return html``
  const say = pullWords[language]
  const rows = contents.map(({ id, name, bytes, atMs, title, print }) => {
    const hidden = { content: id, touch: print ?? '' }
    const again = print === undefined ? html`` : button('/print-content', token, hidden, say.kinds.print, name)
    // Folded away: nobody deletes by mistake.
    return html`<li class="content"><div><h3>${name}</h3><p class="quiet">${say.keptSince(sizeInWords(bytes), when(atMs, language), title)}</p></div>${again}
<details><summary aria-label="${say.delete}: ${name}">${say.delete}</summary><p>${say.deleteMeans}</p>${button('/delete-content', token, { content: id }, say.deleteVerb, name, 'harm')}</details></li>`
  })
  return html`<section class="jobs kept"><h2>${say.kept}</h2><ul>${rows}</ul></section>`
}

function button(
  action: string,
  token: string,
  hidden: Readonly<Record<string, string>>,
  verb: string,
  what: string,
  look = '',
): Html {
  const inputs = Object.entries({ token, ...hidden }).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  )
  return html`<form method="post" action="${action}">${inputs}<button type="submit" class="${look}" aria-label="${verb}: ${what}">${verb}</button></form>`
}

function when(ms: number, language: Language): string {
  return new Date(ms).toLocaleString(language, whenFormat)
}

/** As people read it. */
function sizeInWords(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`
  const [size, unit] = bytes < 1_000_000 ? [bytes / 1000, 'kB'] : [bytes / 1_000_000, 'MB']
  return `${size < 10 ? size.toFixed(1) : Math.round(size)} ${unit}`
}
