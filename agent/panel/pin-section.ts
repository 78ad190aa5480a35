/** What the panel shows while nobody owns the device: the PIN, what to do with it, and why a try did not match. */
import type { DeviceView } from '../device-view.ts'
import { type Html, html } from './look.ts'
import type { Words } from './words.ts'

export function pinSection({ pairing, mayPairAgain, mayPrintPin, relay }: DeviceView, token: string, say: Words): Html {
  if (mayPairAgain)
    return html`<section class="confirmation">
${press('/pair-again', say.pairAgainTitle, say.pairAgainMeans, say.pairAgain, token)}
</section>`
  if (!pairing) return html``
  if (pairing.state === 'no-address')
    return html`<section class="pin"><p class="notice">${say.noLocalAddress(pairing.listen)}</p></section>`
  if (pairing.state === 'no-local-network')
    return html`<section class="pin"><p class="notice">${say.noLocalNetwork}</p></section>`
  const refused = pairing.refused ? html`<p class="notice">${say.checks[pairing.refused]}</p>` : html``
  const trouble = pairing.trouble ? html`<p class="notice">${say.trouble(pairing.trouble)}</p>` : html``
  if (pairing.state === 'press-needed')
    return html`<section class="confirmation">
${press('/press', say.pressTitle, pairing.doubts.map((doubt) => say.doubts[doubt]).join(' '), say.press, token)}
${trouble}
</section>`
  if (pairing.state === 'sending') return html`<section class="pin"><p>${say.sending}</p>${trouble}</section>`
  const { pin } = pairing
  // Where there is trouble it is no matter of a moment.
  if (pin === undefined)
    return html`<section class="pin">
<h2>${say.pin}</h2>
${pairing.trouble ? trouble : html`<p>${say.pinSoon}</p>`}
</section>`
  return html`<section class="pin">
<h2>${say.pin}</h2>
<p class="digits"><span>${pin.slice(0, 4)}</span> <span>${pin.slice(4)}</span></p>
<p>${say.pinMeans(relay)}</p>
${mayPrintPin ? printForm(say, token) : html``}
${refused}${trouble}
</section>`
}

function printForm(say: Words, token: string): Html {
  return html`<form method="post" action="/print-pin">
<input type="hidden" name="token" value="${token}">
<button type="submit" class="second">${say.printPin}</button>
</form>`
}

function press(action: string, title: string, means: string, verb: string, token: string): Html {
  return html`<form method="post" action="${action}">
<input type="hidden" name="token" value="${token}">
<div><h2>${title}</h2><p>${means}</p></div>
<button type="submit">${verb}</button>
</form>`
}
