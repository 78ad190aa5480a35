/** A scan that is being made, on top of the panel (A14): what the person is asked, the buttons for it, and how far it is. */
import type { PullView } from '../pull/pull-view.ts'
import type { ScanWord } from '../pull/scanning.ts'
import { type Html, html } from './look.ts'
import { pullWords } from './pull-words.ts'
import { type ScanWords, scanWords } from './scan-words.ts'
import type { Language } from './words.ts'

type Scan = NonNullable<PullView['scan']>

/** One for each; but for that of a program, which has it on its own screen. */
export function scanScreens(pulls: readonly PullView[], ofRun: string | undefined, token: string, language: Language) {
  return html`${pulls.filter(({ id, scan }) => scan && id !== ofRun).map((view) => screen(view, token, language))}`
}

function screen(view: PullView, token: string, language: Language): Html {
  const asks = view.scan?.words.length
  const giveUp = press('/pull-give-up', { token, pull: view.id }, pullWords[language].giveUp, view.title, 'second')
  return html`<section class="run" ${{ html: asks ? '' : 'data-soon' }}>
<p class="quiet">${view.title}</p>
${scanLines(view, language)}
${scanButtons(view, giveUp, token, language)}
</section>`
}

/** Nothing of one that is not being scanned. */
export function scanLines({ scan }: PullView, language: Language): Html {
  if (!scan) return html``
  const say = scanWords[language]
  const { failed, words } = scan
  const why = failed && [say.between[failed.problem] ?? pullWords[language].scan[failed.problem]]
  const notice =
    why && html`<p class="notice">${[...why, ...(failed.detail ? [`(${failed.detail})`] : [])].join(' ')}</p>`
  const line = scanInWords(scan, language)
  return html`${notice ?? html``}${words.length > 0 ? html`<h2>${line}</h2>` : html`<p class="wait">${line}</p>`}`
}

/** What somebody may say of it now, and how it is left. */
export function scanButtons({ id, title, scan }: PullView, leave: Html, token: string, language: Language): Html {
  if (!scan?.words.length) return html`<div class="buttons">${leave}</div>`
  const { words, turn } = scan
  const say = scanWords[language]
  const each = words.map((word) => {
    const look = word === 'another' || word === 'go-on' ? 'second' : ''
    const isFirst = word === 'finished' || (word === words[0] && !words.includes('finished'))
    return press('/pull-scan', { token, pull: id, turn, word }, verbOf(word, scan, say), title, look, isFirst)
  })
  return html`<div class="buttons choices">${each}${leave}</div>`
}

function verbOf(word: ScanWord, { stage }: Scan, say: ScanWords): string {
  return word === 'finished' && stage === 'stopped' ? say.sendWhatThereIs : say.words[word]
}

export function scanInWords(scan: Scan, language: Language): string {
  const { stage, pages, words } = scan
  const say = scanWords[language]
  switch (stage) {
    case 'looking':
    case 'choose':
    case 'binding':
      return say[stage]
    case 'ready':
      return say.waits
    case 'at-work':
      return say.atWork(pages)
    case 'more':
      return say.more(pages)
    default:
      return say.stopped(pages, words.includes('go-on'))
  }
}

/** @param isFirst where the keyboard is, when the page comes */
function press(
  action: string,
  fields: Record<string, string | number>,
  verb: string,
  what: string,
  look: string,
  isFirst = false,
): Html {
  const hidden = Object.entries(fields).map(
    ([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`,
  )
  return html`<form method="post" action="${action}">${hidden}<button type="submit" class="${look}" aria-label="${verb}: ${what}" ${{ html: isFirst ? 'autofocus' : '' }}>${verb}</button></form>`
}
